"""Two people changed the same thing: what is saved now, beside what one of them typed."""

from dataclasses import dataclass

from loom.workshop.views.actions import Action
from loom.workshop.views.diff import Diff

__all__ = ["Conflict"]


@dataclass(frozen=True, slots=True)
class Conflict:
    """What came between. What was typed is still in its form."""

    said: str
    """Who saved what, and when."""

    diff: Diff
    """From what is saved now to what is in the form."""

    theirs: str
    """Where what is saved now is shown, without what was typed."""

    form: str = ""
    """The id of the form that saves what is in it all the same; empty: its own button is beside it."""

    alone: Action | None = None
    """Saves what was typed and nothing else, where the form holds both changes, put together."""
