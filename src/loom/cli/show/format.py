"""Numbers as people read them."""

from datetime import UTC, datetime

from loom.core.money import show_usd

__all__ = ["ago", "count", "duration", "percent", "points", "rate", "show_usd"]


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


def rate(per_second: float) -> str:
    """`4.3/s`, `120/s`."""
    return f"{per_second:,.1f}/s" if per_second < 100 else f"{per_second:,.0f}/s"


def count(number: int) -> str:
    """`412`, `1,204`, `412 k`."""
    return f"{number:,}" if number < 100_000 else f"{number / 1000:,.0f} k"


def ago(created_us: int) -> str:
    """How long since: `now`, `12 s`, `3 min`, `5 h`, `2 d`; after a month, the date."""
    then = datetime.fromtimestamp(created_us / 1e6, UTC)
    seconds = (datetime.now(UTC) - then).total_seconds()
    if seconds < 5:
        return "now"
    for unit, size, most in (("s", 1, 60), ("min", 60, 60), ("h", 3600, 24), ("d", 86_400, 31)):
        if seconds < size * most:
            return f"{seconds // size:.0f} {unit}"
    return then.astimezone().strftime("%d %b %Y")
