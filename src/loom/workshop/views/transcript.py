"""What was said and done, turn by turn; and text that is still arriving."""

from dataclasses import dataclass

from loom.workshop.views.badges import Badge
from loom.workshop.views.code import Code

__all__ = ["Event", "Stream", "Turn"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One step: what was asked, answered, called or returned."""

    role: str
    """system, user, assistant, call, result, error: decides its icon and colour."""

    title: str
    text: str = ""
    code: Code | None = None
    badges: tuple[Badge, ...] = ()
    meta: tuple[str, ...] = ()
    id: str = ""
    open: bool = True

    @property
    def icon(self) -> str:
        """The second channel beside the colour."""
        icons = {
            "system": "settings",
            "user": "user",
            "assistant": "spark",
            "call": "tool",
            "result": "return",
        }
        return icons.get(self.role, "triangle" if self.role == "error" else "dot")


@dataclass(frozen=True, slots=True)
class Stream:
    """Text that arrives while one looks."""

    id: str
    label: str
    href: str | None = None
    """Where its events come from; None: nothing more comes."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """A line of a timeline."""

    at: str
    title: str
    icon: str = "dot"
    tone: str = "plain"
    note: str = ""
    href: str | None = None
    at_title: str = ""
