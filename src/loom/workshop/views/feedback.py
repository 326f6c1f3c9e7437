"""What a page says back: banners, toasts, dialogs, and what stands where there is nothing or something failed."""

from dataclasses import dataclass

from loom.workshop.views.actions import Action
from loom.workshop.views.tones import Tone

__all__ = ["Banner", "Dialog", "Empty", "Failure", "Toast"]


@dataclass(frozen=True, slots=True)
class Banner:
    """A line over the page that stays."""

    text: str
    tone: Tone = Tone.PLAIN
    action: Action | None = None
    otherwise: Action | None = None
    """The other way out, where there are two."""


@dataclass(frozen=True, slots=True)
class Toast:
    """A line that passes; an error stays."""

    text: str
    undo: Action | None = None
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Dialog:
    """A question before something costly or lasting; the button names the act and its price."""

    id: str
    title: str
    action: Action
    cancel: str = "Cancel"


@dataclass(frozen=True, slots=True)
class Empty:
    """Nothing here yet: a sentence, an action, and the command that does the same."""

    text: str
    action: Action | None = None
    command: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """What happened, what is kept, what to do."""

    title: str
    lines: tuple[str, ...] = ()
    kept: str = ""
    action: Action | None = None
    id: str = ""
    """To quote when reporting it."""
