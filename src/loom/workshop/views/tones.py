"""The meanings a colour may have. Each also has a second channel: an icon, a pattern or an outline."""

from enum import StrEnum

__all__ = ["Fill", "Tone"]


class Tone(StrEnum):
    """Of text and badges."""

    PLAIN = "plain"
    ACCENT = "accent"
    PASS = "pass"  # noqa: S105 - an outcome, not a password
    FAIL = "fail"
    ERROR = "error"
    WARNING = "warning"
    TIED = "tied"
    UNSCORED = "unscored"


class Fill(StrEnum):
    """Of areas: solid, pale or hatched."""

    PASS = "pass"  # noqa: S105 - an outcome, not a password
    PASS_PALE = "pass-pale"  # noqa: S105 - an outcome, not a password
    FAIL = "fail"
    ERROR = "error"
    UNSCORED = "unscored"
    NEITHER = "neither"
    ACCENT = "accent"
