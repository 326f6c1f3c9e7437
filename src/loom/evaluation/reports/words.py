"""Numbers as reports spell them."""

from loom.evaluation.statistics import Interval

__all__ = ["interval", "percent", "points"]


def percent(share: float | None) -> str:
    """`86.5 %`; a dash for None."""
    return "–" if share is None else f"{100 * share:.1f} %"


def points(share: float) -> str:
    """A difference of rates: `+4.0`, with a true minus."""
    return f"{100 * share:+.1f}".replace("-", "−")


def interval(found: Interval) -> str:
    """`[80.1, 91.0]`, in percent."""
    return f"[{100 * found.low:.1f}, {100 * found.high:.1f}]"
