"""Numbers, money, durations and times as pages show them; knows nothing of what they measure."""

from collections.abc import Callable
from datetime import UTC, datetime
from time import gmtime, strftime, time

from loom.core.money import show_usd

__all__ = [
    "FILTERS",
    "VERSION_DIGITS",
    "clock",
    "count",
    "counted",
    "duration",
    "exact",
    "interval",
    "iso",
    "milliseconds",
    "moment",
    "moment_title",
    "money",
    "percent",
    "percent_interval",
    "points",
    "score",
    "seconds",
    "signed",
    "times",
]

_NOTHING = "–"
_DAY_S = 86_400

VERSION_DIGITS = 9
"""Of the hash of a text, as pages show it."""
_ROUNDED_FROM = 100_000


def percent(share: float | None, digits: int = 1) -> str:
    """`86.5 %` of a share in [0, 1]."""
    return _NOTHING if share is None else f"{_rounded(100 * share, digits):.{digits}f} %"


def points(share: float | None) -> str:
    """A difference of two shares: `+4.0`, with a true minus."""
    return _NOTHING if share is None else _signed(100 * share, 1)


def score(value: float | None) -> str:
    """`0.871`."""
    return _NOTHING if value is None else f"{_rounded(value, 3):.3f}".replace("-", "−")


def signed(value: float | None, digits: int = 3) -> str:
    """A difference of two scores: `+0.026`."""
    return _NOTHING if value is None else _signed(value, digits)


def times(ratio: float | None) -> str:
    """A relative change: `+26 %`."""
    return _NOTHING if ratio is None else f"{_signed(100 * ratio, 0)} %"


def interval(low: float, high: float) -> str:
    """Of scores: `0.849 to 0.892`."""
    return f"{score(low)} to {score(high)}"


def percent_interval(low: float, high: float) -> str:
    """Of shares: `82.8 to 89.5 %`."""
    return f"{_rounded(100 * low, 1):.1f} to {percent(high)}"


def money(nano_usd: int | None) -> str:
    """`$0.00039`; `unknown` where a price is."""
    return show_usd(nano_usd)


def milliseconds(number: float | None) -> str:
    """`1,204 ms`, so that a column can be compared."""
    return _NOTHING if number is None else f"{number:,.0f} ms"


def seconds(number_ms: float | None) -> str:
    """The same in a sentence: `940 ms`, `2.10 s`, `12.3 s`."""
    if number_ms is None:
        return _NOTHING
    if number_ms < 1000:
        return milliseconds(number_ms)
    return f"{number_ms / 1000:.2f} s" if number_ms < 10_000 else f"{number_ms / 1000:.1f} s"


def duration(number_s: float | None) -> str:
    """`2.1 s`, `40 s`, `3 min 20 s`, `1 h 04 min`."""
    if number_s is None:
        return _NOTHING
    if number_s < 59.5:
        return f"{number_s:.1f} s" if number_s < 9.95 else f"{number_s:.0f} s"
    minutes, rest = divmod(round(number_s), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def exact(number: int | None) -> str:
    """`1,204`."""
    return _NOTHING if number is None else f"{number:,}"


def count(number: int | None) -> str:
    """`1,204`, `412 k`, `3.52 M`: for reading, not for adding."""
    if number is None or number < _ROUNDED_FROM:
        return exact(number)
    return f"{number / 1000:,.0f} k" if number < 999_500 else f"{number / 1e6:,.2f} M"


def counted(number: int, noun: str) -> str:
    """`1 case`, `1,204 cases`."""
    return f"{exact(number)} {noun}{'' if number == 1 else 's'}"


def moment(at_us: int | None, now: datetime | None = None) -> str:
    """`now`, `12 s ago`, `3 min ago`, `5 h ago`; from a day on `20 Nov 2026, 14:03` in the server's own time."""
    if at_us is None:
        return _NOTHING
    passed = (now.timestamp() if now else time()) - at_us / 1e6
    if not -60 < passed < _DAY_S:
        return f"{datetime.fromtimestamp(at_us / 1e6, UTC).astimezone():%d %b %Y, %H:%M}".removeprefix("0")
    for unit, size, most in (("s", 1, 60), ("min", 60, 60), ("h", 3600, 24)):
        if 5 <= passed < size * most:
            return f"{passed // size:.0f} {unit} ago"
    return "now"


def clock(at_us: int) -> str:
    """`14:03`, in the server's own time."""
    return f"{datetime.fromtimestamp(at_us / 1e6, UTC).astimezone():%H:%M}"


def moment_title(at_us: int) -> str:
    """What the pointer shows: `2026-11-20 14:03:05 UTC`."""
    return strftime("%Y-%m-%d %H:%M:%S UTC", gmtime(at_us // 1_000_000))


def iso(at_us: int) -> str:
    """For machines: `2026-11-20T14:03:05Z`."""
    return strftime("%Y-%m-%dT%H:%M:%SZ", gmtime(at_us // 1_000_000))


def _signed(value: float, digits: int) -> str:
    number = _rounded(value, digits)
    return f"{number:+,.{digits}f}".replace("-", "−") if number else f"{0:.{digits}f}"


def _rounded(value: float, digits: int) -> float:
    """Without a negative zero."""
    return round(value, digits) + 0.0


FILTERS: dict[str, Callable[..., str]] = {
    function.__name__: function
    for function in (
        percent,
        points,
        score,
        signed,
        times,
        interval,
        percent_interval,
        money,
        milliseconds,
        seconds,
        duration,
        exact,
        count,
        moment,
        moment_title,
        iso,
    )
}
"""The same functions as Jinja filters."""
