"""Badges: a word or two that stand for a state."""

from dataclasses import dataclass

from loom.workshop.views.tones import Tone

__all__ = ["Badge", "known"]


@dataclass(frozen=True, slots=True)
class Badge:
    """A state in a word."""

    text: str
    tone: Tone = Tone.PLAIN
    icon: str | None = None
    title: str = ""
    """What the pointer shows."""

    live: bool = False
    """Pulses: the state is changing now."""


_KNOWN = {
    badge.text: badge
    for badge in (
        Badge("pass", Tone.PASS, "check"),
        Badge("fail", Tone.FAIL, "cross"),
        Badge("error", Tone.ERROR, "triangle"),
        Badge("unscored", Tone.UNSCORED, "dashed", "No scorer could judge it; it counts neither way"),
        Badge("aborted", Tone.UNSCORED, "stop"),
        Badge("pending", Tone.PLAIN, "clock"),
        Badge("running", Tone.ACCENT, "dot", live=True),
        Badge("pausing", Tone.WARNING, "pause"),
        Badge("paused", Tone.WARNING, "pause"),
        Badge("stopping", Tone.PLAIN, "stop"),
        Badge("stopped", Tone.PLAIN, "stop"),
        Badge("completed", Tone.PASS, "check"),
        Badge("failed", Tone.FAIL, "cross"),
        Badge("errored", Tone.ERROR, "triangle"),
        Badge(
            "simulated",
            Tone.WARNING,
            "screen",
            "Answered by the model that comes with Loom, not by a real one",
        ),
        Badge("not separable", Tone.TIED, "equal", "No difference can be told from chance"),
        Badge(
            "no verdict",
            Tone.UNSCORED,
            "dashed",
            "A run has not ended or was stopped, or other scorers judged it",
        ),
        Badge("better", Tone.PASS, "up"),
        Badge("worse", Tone.FAIL, "down"),
        Badge("fixed", Tone.PASS, "up"),
        Badge("broken", Tone.FAIL, "down"),
        Badge("baseline", Tone.ACCENT, "star"),
        Badge("new", Tone.ACCENT),
        Badge("stale", Tone.WARNING, "clock"),
        Badge("replayed", Tone.PLAIN, "history"),
        Badge("cached", Tone.PLAIN, "lightning", "Answered from the cache, at no cost"),
        Badge("partial", Tone.WARNING, "dashed"),
        Badge("valid", Tone.PASS, "check"),
        Badge("invalid", Tone.FAIL, "cross"),
    )
}
_OUTCOMES = {"passed": "pass", "failed": "fail", "errored": "error"}


def known(text: str, *, outcome: bool = False) -> Badge:
    """The standing badge of `text`, a plain one where there is none. `outcome`: of a case, `failed` is `fail`."""
    word = _OUTCOMES.get(text, text) if outcome else text
    return _KNOWN.get(word) or Badge(word)
