"""Two people changed the same thing: what is saved now, beside what one of them typed."""

from dataclasses import dataclass

from loom.workshop.views.diff import Diff

__all__ = ["Conflict"]


@dataclass(frozen=True, slots=True)
class Conflict:
    """What came between. What was typed is still in its form."""

    said: str
    """Who saved what, and when."""

    diff: Diff
    """From what is saved now to what was typed."""

    theirs: str
    """Where what is saved now is shown, without what was typed."""

    form: str = ""
    """The id of the form that saves what was typed all the same; empty: its own button is beside it."""
