"""Pictures of a report as inline SVG: intervals, distributions, shares. No script, no style of their own, no font."""

from collections.abc import Sequence
from html import escape

from loom.evaluation.reports.words import percent, points
from loom.evaluation.statistics.intervals import Interval
from loom.evaluation.statistics.repeated import Repeated

__all__ = ["difference_plot", "distribution", "interval_plot", "reliability_plot", "shares_bar"]

_WIDTH, _EDGE = 400, 10
_INNER = _WIDTH - 2 * _EDGE


def interval_plot(value: float, found: Interval, label: str) -> str:
    """A rate from 0 to 100 % with its interval."""
    marks = "".join(_tick(_at(share), 40, f"{100 * share:.0f}") for share in (0, 0.25, 0.5, 0.75, 1))
    said = f"{label}: {percent(value)}, 95 % interval {percent(found.low)} to {percent(found.high)}"
    return _svg(44, said, _axis(14) + marks + _whisker(_at(found.low), _at(value), _at(found.high), 14))


def difference_plot(mean: float, found: Interval, label: str) -> str:
    """A difference with its interval around a line at zero; worse to the left, better to the right."""
    reach = max(abs(found.low), abs(found.high), 0.05) * 1.15

    def at(change: float) -> float:
        return _at((change / reach + 1) / 2)

    zero = f'<line class="zero" x1="{at(0):.1f}" y1="8" x2="{at(0):.1f}" y2="48"/>'
    ends = "".join(
        _tick(at(one), 60, points(one) if one else "0") for one in (-reach / 1.15, 0, reach / 1.15)
    )
    said = f"{label}: {points(mean)} points, 95 % interval {points(found.low)} to {points(found.high)}"
    return _svg(78, said, _axis(28) + zero + ends + _whisker(at(found.low), at(mean), at(found.high), 28))


def distribution(scores: Sequence[int], label: str) -> str:
    """Columns: how many cases have a mean score in each of equal parts of 0 to 1."""
    most = max(scores, default=0) or 1
    width = _INNER / len(scores)
    columns = "".join(
        f'<rect class="column" x="{_EDGE + number * width + 1:.1f}" y="{96 - 84 * count / most:.1f}" '
        f'width="{width - 2:.1f}" height="{84 * count / most:.1f}"><title>{count:,}</title></rect>'
        for number, count in enumerate(scores)
    )
    marks = "".join(_tick(_at(share), 112, f"{share:g}") for share in (0, 0.5, 1))
    return _svg(120, f"{label}: {', '.join(map(str, scores))}", columns + _axis(96) + marks)


def shares_bar(parts: Sequence[tuple[str, int]], label: str) -> str:
    """One bar in parts: each with the name of its class and how many."""
    total = sum(count for _, count in parts) or 1
    begin, pieces = float(_EDGE), ""
    for name, count in parts:
        width = _INNER * count / total
        if count:
            pieces += (
                f'<rect class="{escape(name)}" x="{begin:.1f}" y="4" width="{max(width, 1):.1f}" height="20">'
                f"<title>{count:,} {escape(name)}</title></rect>"
            )
        begin += width
    told = ", ".join(f"{count:,} {name}" for name, count in parts if count)
    return _svg(28, f"{label}: {told}", pieces)


def reliability_plot(steps: Sequence[Repeated], label: str) -> str:
    """pass^k for each k, as points with intervals from 0 to 100 %."""
    gap = _INNER / (len(steps) + 1)
    body = _axis(12) + _tick(22, 26, "100 %") + _tick(16, 100, "0 %")
    for number, one in enumerate(steps, 1):
        x = _EDGE + number * gap
        low, value, high = (104 - 92 * share for share in (one.interval.low, one.value, one.interval.high))
        body += (
            f'<line class="whisker" x1="{x:.1f}" y1="{low:.1f}" x2="{x:.1f}" y2="{high:.1f}"/>'
            f'<circle class="dot" cx="{x:.1f}" cy="{value:.1f}" r="5"><title>{percent(one.value)}</title></circle>'
            + _tick(x, 122, f"k = {one.k}")
        )
    told = ", ".join(f"k = {one.k}: {percent(one.value)}" for one in steps)
    return _svg(130, f"{label}: {told}", _axis(104) + body)


def _svg(height: int, said: str, body: str) -> str:
    head = f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(said)}">'
    return f"{head}<title>{escape(said)}</title>{body}</svg>"


def _at(share: float) -> float:
    return _EDGE + _INNER * min(1.0, max(0.0, share))


def _axis(y: int) -> str:
    return f'<line class="axis" x1="{_EDGE}" y1="{y}" x2="{_WIDTH - _EDGE}" y2="{y}"/>'


def _tick(x: float, y: int, words: str) -> str:
    return f'<text class="tick" x="{min(max(x, 16), _WIDTH - 20):.1f}" y="{y}">{escape(words)}</text>'


def _whisker(low: float, value: float, high: float, y: int) -> str:
    return (
        f'<line class="whisker" x1="{low:.1f}" y1="{y}" x2="{high:.1f}" y2="{y}"/>'
        f'<line class="end" x1="{low:.1f}" y1="{y - 7}" x2="{low:.1f}" y2="{y + 7}"/>'
        f'<line class="end" x1="{high:.1f}" y1="{y - 7}" x2="{high:.1f}" y2="{y + 7}"/>'
        f'<circle class="dot" cx="{value:.1f}" cy="{y}" r="6"/>'
    )
