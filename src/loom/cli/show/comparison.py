"""How a comparison looks: the verdict, the differences with their intervals, the cases that changed."""

from typing import TYPE_CHECKING

from loom.cli.show.console import Part, console, put
from loom.cli.show.format import percent, points, show_usd
from loom.cli.show.runs import named
from loom.cli.show.table import show_table
from loom.core.ids import short

if TYPE_CHECKING:
    from loom.evaluation.comparing.comparison import Comparison, Difference
    from loom.evaluation.store import RunRow

__all__ = ["show_comparison"]

_STYLES = {"better": "pass", "worse": "fail", "not separable": "warn", "no verdict": "warn"}
_MARKS = {"better": "✓", "worse": "✗", "not separable": "=", "no verdict": "○"}
_NONE = "no verdict"
_MOST_NAMES = 12
_AXIS = 41
_SHORTEST_AXIS = 11
_HANG = 16


def show_comparison(result: "Comparison", a: "RunRow", b: "RunRow", *, hint: bool = True) -> None:
    """The answer first, then why, then which cases; then, with `hint`, what to do next."""
    console().print()
    verdict = f"{_MARKS[result.verdict]} {result.verdict.upper()}"
    put(*_claim(result), label=(f"{verdict}  ", _STYLES[result.verdict]))
    put(*named(a), label=("  A  ", "muted"))
    put(*named(b), label=("  B  ", "muted"))
    if result.main is not None:
        console().print()
        _table(result)
        if result.verdict != _NONE:
            _show_axis(result.main)
    console().print()
    _flips("fixed", ("✓", "pass"), result.fixed)
    _flips("broken", ("✗", "fail"), result.broken)
    _flips("only in A", "○", result.only_a)
    _flips("only in B", "○", result.only_b)
    _flips("unscored", "○", result.unscored)
    _flips("scored by others", "○", result.scored_by_others)
    following = _next(result, a, b) if hint else ""
    if following:
        put((following, "muted"), label=("  next", "muted"), hang=_HANG)


def _next(result: "Comparison", a: "RunRow", b: "RunRow") -> str:
    """The command that most people want now."""
    if result.scored_differently and not result.scored_by_others and a.state == "completed":
        return f"loom rescore {short(a.id)} --like {short(b.id)}"
    return f"loom runs show {short(b.id)} --failures" if result.fixed + result.broken else ""


def _claim(result: "Comparison") -> list[Part]:
    main = result.main
    if main is None or result.verdict == _NONE:
        return [result.reason]
    change = main.change
    interval = f"[{points(change.interval.low)}, {points(change.interval.high)}]"
    return [
        f"{result.measure} ",
        (f"{points(change.mean)} points {interval}", "accent"),
        f": {result.reason}",
    ]


def _table(result: "Comparison") -> None:
    rows: list[tuple[Part, ...]] = []
    for label, difference in (("pass rate", result.pass_rate), ("score", result.score)):
        if difference is not None:
            rows.append((label, percent(difference.a), percent(difference.b), *_change(difference)))
    cost, latency = result.cost_nano_usd, result.latency_ms
    if cost is not None:
        rows.append(("cost per case", _usd(cost.a), _usd(cost.b), _usd(cost.b - cost.a, sign=True), ""))
    if latency is not None:
        change = f"{latency.b - latency.a:+,.0f} ms".replace("-", "−")
        rows.append(("model time", f"{latency.a:,.0f} ms", f"{latency.b:,.0f} ms", change, ""))
    show_table(rows, ("", "A", "B", "B − A", "95 % interval"), right=range(1, 5), indent=2)


def _change(difference: "Difference") -> tuple[str, str]:
    interval = difference.change.interval
    return f"{points(difference.change.mean)} points", f"[{points(interval.low)}, {points(interval.high)}]"


def _usd(nano: float, *, sign: bool = False) -> str:
    mark = ("−" if nano < 0 else "+") if sign else ""
    return mark + show_usd(abs(round(nano)))


def _show_axis(difference: "Difference") -> None:
    """Where there is room."""
    worse, better = "  worse ", " better"
    cells = min(_AXIS, console().width - len(worse + better))
    if cells >= _SHORTEST_AXIS:
        put(f"{_axis(difference, cells)}{better}", label=(worse, "muted"))


def _axis(difference: "Difference", number: int) -> str:
    """The interval on an axis with zero in the middle: `····├──●──┤·│·····`."""
    interval, mean = difference.change.interval, difference.change.mean
    reach = max(abs(interval.low), abs(interval.high), 0.05) * 1.1

    def place(value: float) -> int:
        return round((value / reach + 1) / 2 * (number - 1))

    cells = ["·"] * number
    low, high = place(interval.low), place(interval.high)
    cells[low : high + 1] = ["─"] * (high - low + 1)
    cells[number // 2] = "│"
    cells[low], cells[high], cells[place(mean)] = "├", "┤", "●"
    return "".join(cells)


def _flips(label: str, mark: Part, names: tuple[str, ...]) -> None:
    if not names:
        return
    more = len(names) - _MOST_NAMES
    shown = ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
    sign, style = (mark, "") if isinstance(mark, str) else mark
    put((shown, "muted"), label=(f"  {sign} {len(names)} {label}  ", style), hang=_HANG)
