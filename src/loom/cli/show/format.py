"""Numbers as people read them."""

from datetime import UTC, datetime

from loom.core.money import show_usd

__all__ = ["ago", "count", "duration", "percent", "points", "show_usd", "usd_per_case"]


def percent(share: float | None) -> str:
    """`86.5 %`."""
    return "–" if share is None else f"{100 * share:.1f} %"


def points(share: float) -> str:
    """A difference of rates: `+4.0`, with a true minus."""
    return f"{100 * share:+.1f}".replace("-", "−")


def duration(seconds: float) -> str:
    """`2.1 s`, `3 min 20 s`, `1 h 04 min`."""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def count(number: int) -> str:
    """`412`, `1,204`, `412 k`."""
    return f"{number:,}" if number < 100_000 else f"{number / 1000:,.0f} k"


def usd_per_case(nano: float) -> str:
    """Money per case, signed when it is a difference."""
    return show_usd(round(nano))


def ago(created_us: int, now: datetime | None = None) -> str:
    """`3 min ago` within a day, else the date."""
    then = datetime.fromtimestamp(created_us / 1e6, UTC)
    seconds = ((now or datetime.now(UTC)) - then).total_seconds()
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{seconds // 60:.0f} min ago"
    return (
        f"{seconds // 3600:.0f} h ago" if seconds < 86_400 else then.astimezone().strftime("%d %b %Y, %H:%M")
    )
