"""The answer of a page: the large number with its verdict, and the strip of figures under it."""

from dataclasses import dataclass

from loom.workshop.views.badges import Badge

__all__ = ["Figure", "Verdict"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that belongs to the answer."""

    label: str
    value: str
    note: str = ""
    """Unit, interval, share: what keeps the number from standing naked."""

    title: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer."""

    value: str
    unit: str = ""
    lines: tuple[str, ...] = ()
    """Interval, n, test."""

    badge: Badge | None = None
    badge_note: str = ""
    badge_first: bool = False
    """Above the number: where the badge is the answer."""
