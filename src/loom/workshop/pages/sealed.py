"""What stands where sealed cases would: that they are closed, what opening them costs, and until when they are open."""

from dataclasses import dataclass

from loom.evaluation.sealed.seals import OPEN_MINUTES, Seal
from loom.workshop.pages.format import clock, exact
from loom.workshop.views.actions import Action, ActionTone
from loom.workshop.views.feedback import Banner, Dialog
from loom.workshop.views.tones import Tone

__all__ = ["SealedView", "sealed_view"]

_DIALOG = "look"


@dataclass(frozen=True, slots=True)
class SealedView:
    """Sealed cases, closed or open."""

    banner: Banner
    dialog: Dialog | None
    """Asks whether to open them; None when they are open, or the asker may not."""

    costs: tuple[str, ...]
    """What opening them costs, sentence by sentence."""


def sealed_view(
    seal: Seal, cases: int, post: str, *, may_run: bool, fields: tuple[tuple[str, str], ...] = ()
) -> SealedView:
    """How `cases` sealed ones of a suite stand; `post` opens them."""
    looked = _looked(seal.looks)
    number = f"{exact(cases)} sealed {'case' if cases == 1 else 'cases'}"
    if seal.open_until_us is not None:
        until = f"{number} of {seal.suite}, {looked}: open to you until {clock(seal.open_until_us)}."
        return SealedView(Banner(until, Tone.WARNING), None, ())
    closed = f"{number} of {seal.suite}, {looked}: closed."
    if not may_run:
        return SealedView(Banner(closed), None, ())
    opening = Action("Open them", post=post, dialog=_DIALOG)
    look = Action(f"Open: look {exact(seal.looks + 1)}", post=post, fields=fields, tone=ActionTone.FILLED)
    return SealedView(
        Banner(closed, action=opening),
        Dialog(_DIALOG, f"Open the {number} of {seal.suite}?", look),
        (
            "What is chosen after looking at sealed cases was not tested by them. Look once, at the end.",
            f"They were {looked} so far, by runs and by people; this is one more, under your name.",
            f"They stay open to you for {OPEN_MINUTES} minutes.",
        ),
    )


def _looked(times: int) -> str:
    match times:
        case 0:
            return "never looked at"
        case 1:
            return "looked at once"
        case _:
            return f"looked at {exact(times)} times"
