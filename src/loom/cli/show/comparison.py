"""How a comparison looks: the verdict, the differences with their intervals, the cases that changed."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from loom.cli.show.console import console
from loom.cli.show.format import percent, points, show_usd

if TYPE_CHECKING:
    from loom.core.jsonvalue import Json
    from loom.evaluation.comparison import Comparison, Difference

__all__ = ["comparison_json", "show_comparison"]

_STYLES = {"better": "pass", "worse": "fail", "not separable": "warn"}
_MARKS = {"better": "✓", "worse": "✕", "not separable": "="}
_MOST_NAMES = 12
_AXIS = 41


def show_comparison(result: "Comparison") -> None:
    """The answer first, then why, then which cases."""
    out = console()
    style = _STYLES[result.verdict]
    out.print(f"\n[{style}]{_MARKS[result.verdict]} {result.verdict.upper()}[/{style}]", end="  ")
    out.print(f"[accent]{result.b}[/accent] against {result.a}: {result.reason}")
    _table(result)
    if result.pass_rate is not None:
        out.print(f"  {_axis(result.pass_rate)}")
    _flips("fixed", "pass", "✓", result.fixed)
    _flips("broken", "fail", "✕", result.broken)
    for label, names in (
        ("only in A", result.only_a),
        ("only in B", result.only_b),
        ("unscored", result.unscored),
    ):
        _flips(label, "muted", "○", names)
    if result.cases_needed is not None:
        out.print(
            f"  To tell them apart it would take about [accent]{result.cases_needed}[/accent] more cases."
        )


def _table(result: "Comparison") -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="muted", padding=(0, 2, 0, 0))
    for name in ("", "A", "B", "B − A", "95 % interval"):
        table.add_column(name, justify="left" if not name else "right")
    for label, difference in (("pass rate", result.pass_rate), ("score", result.score)):
        if difference is not None:
            table.add_row(label, percent(difference.a), percent(difference.b), *_change(difference))
    cost, latency = result.cost_nano_usd, result.latency_ms
    if cost is not None:
        table.add_row("cost per case", _usd(cost.a), _usd(cost.b), _usd(cost.b - cost.a, sign=True), "")
    if latency is not None:
        change = f"{latency.b - latency.a:+,.0f} ms".replace("-", "−")
        table.add_row("model time", f"{latency.a:,.0f} ms", f"{latency.b:,.0f} ms", change, "")
    console().print(table)


def _change(difference: "Difference") -> tuple[str, str]:
    interval = difference.change.interval
    return f"{points(difference.change.mean)} points", f"[{points(interval.low)}, {points(interval.high)}]"


def _usd(nano: float, *, sign: bool = False) -> str:
    mark = ("−" if nano < 0 else "+") if sign else ""
    return mark + show_usd(abs(round(nano)))


def _axis(difference: "Difference") -> str:
    """The interval on an axis with zero in the middle: `····├──●──┤·│·····`."""
    interval, mean = difference.change.interval, difference.change.mean
    reach = max(abs(interval.low), abs(interval.high), 0.05) * 1.1

    def place(value: float) -> int:
        return round((value / reach + 1) / 2 * (_AXIS - 1))

    cells = ["·"] * _AXIS
    low, high = place(interval.low), place(interval.high)
    cells[low : high + 1] = ["─"] * (high - low + 1)
    cells[_AXIS // 2] = "│"
    cells[low], cells[high], cells[place(mean)] = "├", "┤", "●"
    return f"[muted]worse[/muted] {''.join(cells)} [muted]better[/muted]"


def _flips(label: str, style: str, mark: str, names: tuple[str, ...]) -> None:
    if not names:
        return
    more = len(names) - _MOST_NAMES
    shown = ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
    console().print(f"  [{style}]{mark} {len(names)} {label}[/{style}]", end="  ")
    console().print(shown, markup=False, style="muted")


def comparison_json(result: "Comparison") -> "Json":
    """A comparison for programs."""
    return asdict(result)
