"""The measures of two runs beside each other: each with its change, how sure that is, and what it means."""

from collections.abc import Sequence

from loom.evaluation.comparing.comparison import Difference
from loom.evaluation.reading.changes import MeasureRow
from loom.workshop.pages.format import milliseconds, money, percent, points, score, signed, times
from loom.workshop.views import charts
from loom.workshop.views.badges import Badge, known
from loom.workshop.views.cells import Badges, Number, Range, Text
from loom.workshop.views.marks import IntervalMark, Scale
from loom.workshop.views.tables import Card, Column, Row, Shape, Table
from loom.workshop.views.tones import Tone

__all__ = ["measures_table"]

_PRICES = frozenset({"cost", "latency"})


def measures_table(found: Sequence[MeasureRow], a: str, b: str) -> Table:
    """Every measure of `found`, rates on one scale and price and speed on another."""
    rates = [one for one in found if one.name not in _PRICES]
    prices = [one for one in found if one.name in _PRICES]
    reach = charts.Difference.reaching(*(100 * end for one in rates for end in _ends(one.difference)))
    ratio = charts.Difference.reaching(*(100 * end for one in prices for end in _relative(one.difference)))
    columns = (
        Column("measure", "Measure"),
        Column("a", a, shape=Shape.NUMBER, priority=2),
        Column("b", b, shape=Shape.NUMBER, priority=2),
        Column("change", "Change", shape=Shape.NUMBER, card=Card.CORNER),
        Column("interval", f"−{reach:g} to +{reach:g}", shape=Shape.GROWING),
        Column("verdict", "Verdict"),
    )
    rows = [_rate_row(one, Scale(-reach, reach)) for one in rates]
    if prices:
        rows.append(Row("prices", group=("Price and speed", "", "", "", f"−{ratio:,g} to +{ratio:,g} %", "")))
        rows += [_price_row(one, Scale(-ratio, ratio)) for one in prices]
    return Table("Measures", columns, tuple(rows))


def _ends(one: Difference) -> tuple[float, float, float]:
    return one.change.interval.low, one.change.mean, one.change.interval.high


def _relative(one: Difference) -> tuple[float, float, float]:
    """Low, mean and high as shares of the first side."""
    low, mean, high = (end / one.a if one.a else 0.0 for end in _ends(one))
    return low, mean, high


def _rate_row(one: MeasureRow, scale: Scale) -> Row:
    difference, is_rate = one.difference, one.name == "pass rate"
    low, mean, high = (100 * end for end in _ends(difference))
    badge = _badge(one, up="better", down="worse", up_is_good=True)
    shown = points(difference.change.mean) if is_rate else signed(difference.change.mean)
    value = percent if is_rate else score
    mark = IntervalMark(low, mean, high, scale, f"{shown}, {low:+.1f} to {high:+.1f} points", badge.tone, 0.0)
    return Row(
        f"measure-{one.name.replace(' ', '-')}",
        (
            Text(one.name.capitalize() if is_rate or one.name == "score" else one.name, mono=False),
            Number(value(difference.a), difference.a),
            Number(value(difference.b), difference.b),
            Number(shown, difference.change.mean, strong=True),
            Range(mark),
            Badges((badge,)),
        ),
    )


def _price_row(one: MeasureRow, scale: Scale) -> Row:
    difference, is_cost = one.difference, one.name == "cost"
    low, mean, high = (100 * end for end in _relative(difference))
    up, down = ("dearer", "cheaper") if is_cost else ("slower", "faster")
    badge = _badge(one, up=up, down=down, up_is_good=False)
    shown = times(mean / 100)
    mark = IntervalMark(low, mean, high, scale, f"{shown}, {low:+.0f} to {high:+.0f} %", badge.tone, 0.0)
    a, b = (money(round(value)) if is_cost else milliseconds(value) for value in (difference.a, difference.b))
    return Row(
        f"measure-{one.name.replace(' ', '-')}",
        (
            Text("Cost per case" if is_cost else "Latency"),
            Number(a, difference.a),
            Number(b, difference.b),
            Number(shown, mean, strong=True),
            Range(mark),
            Badges((badge,)),
        ),
    )


def _badge(one: MeasureRow, *, up: str, down: str, up_is_good: bool) -> Badge:
    change = one.difference.change
    if not one.judged or not change.separable:
        return known("not separable" if one.judged else "no verdict")
    rises = change.mean > 0
    tone = Tone.PASS if rises is up_is_good else Tone.FAIL
    return Badge(up if rises else down, tone, "up" if rises else "down")
