"""How a worker did over time: for each suite the pass rate of its evaluations, with interval, oldest first.

A line joins only evaluations that compare: of one model, by the same scorers, over the same choice of cases.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from loom.core.ids import short
from loom.evaluation.reading.runs import RunItem
from loom.evaluation.reading.terms import Terms
from loom.evaluation.running.specification import Selection
from loom.workshop.pages.addresses import run_address, suite_address, worker_address
from loom.workshop.pages.format import VERSION_DIGITS, exact, percent, percent_interval
from loom.workshop.pages.run_names import part_of_suite
from loom.workshop.pages.runs import rate_mark, scale_label, scale_of
from loom.workshop.views.actions import Action, Crumb, Header
from loom.workshop.views.badges import known
from loom.workshop.views.cells import Badges, Link, Moment, Number, Range, Text
from loom.workshop.views.charts import LineChart, Point
from loom.workshop.views.feedback import Empty
from loom.workshop.views.tables import Card, Column, Row, Shape, Table

__all__ = ["Trend", "TrendsPage", "trends_page"]


_Line = tuple[str, Terms | None]


@dataclass(frozen=True, slots=True)
class Trend:
    """The evaluations of a worker on one suite."""

    suite: str
    address: str
    note: str
    chart: LineChart
    coming: str
    """When lines will come, where no two of its evaluations compare."""

    table: Table


@dataclass(frozen=True, slots=True)
class TrendsPage:
    """All suites on which a worker was evaluated."""

    header: Header
    trends: tuple[Trend, ...]
    empty: Empty


def trends_page(worker: str, found: Sequence[tuple[str, Sequence[RunItem]]]) -> TrendsPage:
    """`found`: for each suite the evaluations that have a rate, oldest first."""
    home = worker_address(worker)
    return TrendsPage(
        Header(
            f"{worker} over time",
            (Crumb("Workers", "/workers"), Crumb(worker, home), Crumb("Over time")),
            actions=(Action("Evaluate", href=f"{home}/eval"),),
        ),
        tuple(_trend(suite, items) for suite, items in found if items),
        Empty("No evaluation of it has come to its end yet.", Action("Evaluate", href=f"{home}/eval")),
    )


def _trend(suite: str, items: Sequence[RunItem]) -> Trend:
    number = "one evaluation" if len(items) == 1 else f"{exact(len(items))} evaluations"
    lines = list(dict.fromkeys(_line(item) for item in reversed(items)))  # that of the newest comes first
    return Trend(
        suite,
        suite_address(suite),
        f"pass rate with 95 % interval, {number}",
        _chart(suite, items, lines),
        _coming(items) if len(lines) == len(items) else "",
        _table(items),
    )


def _coming(items: Sequence[RunItem]) -> str:
    same = "by the same model, scored alike, over the same cases"
    if len(items) == 1:
        return f"One evaluation is a point. The next {same}, will be joined to it by a line."
    return f"No two of these compare. An evaluation {same}, as one of them will be joined to it by a line."


def _chart(suite: str, items: Sequence[RunItem], lines: Sequence[_Line]) -> LineChart:
    named = {_line(item): name for item, name in zip(items, _names(items), strict=True)}
    points = (_point(number, item, lines.index(_line(item))) for number, item in enumerate(items))
    return LineChart(
        f"Pass rate on {suite}, oldest first",
        tuple(point for point in points if point is not None),
        "evaluation, and when it began",
        "pass rate",
        shares=True,
        x_names=_days(items),
        names=tuple(named[line] for line in lines),
    )


def _line(item: RunItem) -> _Line:
    """What evaluations have alike whose rates compare: the model, the scorers, the choice of cases."""
    return item.run.model, item.terms


def _names(items: Sequence[RunItem]) -> tuple[str, ...]:
    """What the line of each is called: the model; scorers and cases are named where not all have the same."""
    terms = [item.terms for item in items if item.terms]
    scorers = len({one.yardstick for one in terms}) > 1
    cases = len({one.selection for one in terms}) > 1
    return tuple(", ".join(_name_of(item, scorers=scorers, cases=cases)) for item in items)


def _heading(items: Sequence[RunItem]) -> str:
    """What the names say of each."""
    models = [item.run.model for item in items]
    return "Model" if list(_names(items)) == models else "Model and terms"


def _name_of(item: RunItem, *, scorers: bool, cases: bool) -> Iterator[str]:
    yield item.run.model
    if item.terms and scorers:
        yield " and ".join(item.terms.passes_by)
    if item.terms and cases:
        yield " ".join(_cases(item.terms.selection))


def _cases(selection: Selection) -> Iterator[str]:
    if not selection.split:
        yield "train and validation"
    yield from part_of_suite(selection)


def _days(items: Sequence[RunItem]) -> tuple[str, ...]:
    """When each was started: the days, or the times where all are of one day."""
    starts = [datetime.fromtimestamp(item.run.created_us / 1e6, UTC).astimezone() for item in items]
    if len({one.date() for one in starts}) == 1:
        return tuple(f"{one:%H:%M}" for one in starts)
    return tuple(f"{one.day} {one:%b}" for one in starts)


def _point(number: int, item: RunItem, line: int) -> Point | None:
    rate = item.rate
    if rate is None or rate.value is None:
        return None
    low, high = rate.interval.low, rate.interval.high
    words = f"{_version(item)}: {percent(rate.value)}, {percent_interval(low, high)}, n = {exact(rate.n)}"
    here = run_address(item.run)
    return Point(number, rate.value, words, low, high, here, marked=item.baseline, line=line)


def _version(item: RunItem) -> str:
    """The version of the worker, else the run."""
    return item.version[:VERSION_DIGITS] if item.version else short(item.run.id)


def _table(items: Sequence[RunItem]) -> Table:
    scale = scale_of([item.rate for item in items])
    return Table(
        "Evaluations, newest first",
        (
            Column("run", "Run"),
            Column("version", "Version"),
            Column("model", _heading(items), priority=2),
            Column("pass_rate", "Pass rate", shape=Shape.NUMBER),
            Column("interval", scale_label(scale), shape=Shape.GROWING),
            Column("n", "n", shape=Shape.NUMBER),
            Column("baseline", "", card=Card.CORNER),
            Column("started", "Started", priority=2),
        ),
        tuple(
            Row(
                item.run.id.hex(),
                (
                    Link(short(item.run.id), run_address(item.run), mono=True),
                    Text(item.version[:VERSION_DIGITS] if item.version else "–", mono=True),
                    Text(name, title=name),
                    Number(percent(rate.value), rate.value),
                    Range(rate_mark(rate, scale)),
                    Number(exact(rate.n), rate.n),
                    Badges((known("baseline"),) if item.baseline else ()),
                    Moment(item.run.created_us),
                ),
            )
            for item, name in reversed(list(zip(items, _names(items), strict=True)))
            if (rate := item.rate) is not None
        ),
    )
