"""What can be done: buttons, links that look like buttons, and the head of a page that offers them."""

from dataclasses import dataclass
from enum import StrEnum

from loom.workshop.views.badges import Badge

__all__ = ["Action", "ActionTone", "Crumb", "Header"]


class ActionTone(StrEnum):
    """How loud."""

    PLAIN = "plain"
    FILLED = "filled"
    """One on a page: what most people came for."""

    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do. `href`: a link. `post`: a form of its own. Neither: submits the form around it."""

    label: str
    href: str | None = None
    post: str | None = None
    tone: ActionTone = ActionTone.PLAIN
    icon: str | None = None
    fields: tuple[tuple[str, str], ...] = ()
    """What a `post` sends."""

    key: str | None = None
    """The key that does the same, as `Ctrl+Enter`."""

    why_not: str | None = None
    """Disabled, for this reason."""

    dialog: str | None = None
    """The id of the dialog it opens; `post` is then what that sends."""

    name: str | None = None
    value: str | None = None
    """What a submit button sends."""

    icon_only: bool = False
    title: str = ""
    """What the pointer shows: what the label cannot say."""


@dataclass(frozen=True, slots=True)
class Crumb:
    """One step of the way to a page; without `href`, the page itself."""

    label: str
    href: str | None = None


@dataclass(frozen=True, slots=True)
class Header:
    """The head of a page."""

    title: str
    crumbs: tuple[Crumb, ...] = ()
    badges: tuple[Badge, ...] = ()
    meta: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()
    more: tuple[Action, ...] = ()
    """Behind "More"."""
