"""The runs of a leaderboard as tables and a chart: in order, each against the first, and what quality costs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from loom.core.errors import UsageError
from loom.core.ids import short
from loom.evaluation.comparing.comparison import Measure
from loom.evaluation.comparing.leaderboard import Leaderboard, Place
from loom.evaluation.reading.runs import RunItem
from loom.evaluation.statistics.intervals import Paired
from loom.evaluation.store import RunRow
from loom.workshop.pages.addresses import (
    comparison_address,
    leaderboard_address,
    run_address,
    worker_address,
)
from loom.workshop.pages.format import milliseconds, money, percent, points, score
from loom.workshop.pages.run_names import run_names
from loom.workshop.pages.runs import rate_mark, scale_between, scale_label, scale_of
from loom.workshop.views import charts
from loom.workshop.views.actions import Action
from loom.workshop.views.badges import Badge, known
from loom.workshop.views.cells import Act, Badges, Cell, Link, Number, Range, Text
from loom.workshop.views.marks import IntervalMark, Scale
from loom.workshop.views.tables import Card, Column, Row, Shape, Table
from loom.workshop.views.tones import Tone

__all__ = ["MEASURES", "Contest", "behind_table", "leaderboard_table", "price_chart"]

_SMALLEST_SHOWN = 1e-4

MEASURES = {Measure.PASS_RATE: "Pass rate", Measure.SCORE: "Score"}


@dataclass(frozen=True, slots=True)
class Contest:
    """The runs that are put in order, and how."""

    items: tuple[RunItem, ...]
    versions: tuple[str | None, ...]
    measure: Measure
    may_run: bool
    board: Leaderboard | None
    """None: they cannot be."""

    refused: UsageError | None = None
    """Why."""

    @property
    def runs(self) -> tuple[RunRow, ...]:
        """In the order asked for."""
        return tuple(item.run for item in self.items)

    @property
    def names(self) -> Mapping[bytes | None, str]:
        """What they are called beside each other, by id."""
        names = run_names(self.runs, self.versions)
        return {run.id: name for run, name in zip(self.runs, names, strict=True)}

    def item(self, place: Place) -> RunItem:
        """The run at `place`."""
        return next(item for item in self.items if item.run.id == place.run_id)

    def shown(self, value: float) -> str:
        """A value of the measure."""
        return percent(value) if self.measure is Measure.PASS_RATE else score(value)

    def address(
        self, ending: str = "", *, without: bytes | None = None, measure: Measure | None = None
    ) -> str:
        """The page, or its twin, of these runs but `without`, by its measure or another."""
        wanted = measure or self.measure
        ids = [run.id for run in self.runs if run.id != without]
        return leaderboard_address(ids, ending, measure=None if wanted is Measure.PASS_RATE else str(wanted))


@dataclass(frozen=True, slots=True)
class _Fact:
    """A column that says what the runs are, with its cells in their order."""

    column: Column
    cells: tuple[Link | Text, ...]

    def tells_apart(self, names: Sequence[str]) -> bool:
        """Whether it differs, and `names` do not say it already."""
        values = [cell.text for cell in self.cells]
        said = all(value in name for value, name in zip(values, names, strict=True))
        return len(set(values)) > 1 and not said


def leaderboard_table(contest: Contest, *, whole: bool = False) -> Table:
    """A row for each run: best first, or as they were asked for where there is no order.

    Worker, version and model are shown as far as they tell the runs apart; `whole`: always, for programs.
    """
    facts = _facts(contest, whole=whole)
    columns = (
        Column("rank", "Rank"),
        Column("run", "Run", card=Card.CORNER, shape=Shape.GROWING),
        *(one.column for one in facts),
        Column(contest.measure.replace(" ", "_"), MEASURES[contest.measure], shape=Shape.NUMBER),
    )
    if contest.board is None:
        return _unordered(contest, columns, facts)
    places = contest.board.places
    scale = scale_between(
        min(place.interval.low for place in places), max(place.interval.high for place in places)
    )
    title = f"{scale.low:.1f} to {scale.high:.1f}"
    if contest.measure is Measure.PASS_RATE:
        title = scale_label(scale)
    columns += (
        Column("interval", title, shape=Shape.GROWING),
        Column("cost", "Cost per case", shape=Shape.NUMBER, card=Card.LINE),
        Column("latency_ms", "Latency", shape=Shape.NUMBER, priority=2, card=Card.LINE),
        Column("", "", priority=2, card=Card.HIDDEN),
    )
    ranks, following = _ranks(contest.board), (*(place.tied for place in places[1:]), False)
    rows = tuple(
        Row(
            (place.run_id or b"").hex(),
            (*_who(contest, contest.item(place), rank, facts), *_came_to(contest, place, scale)),
            marker=place.tied,
            last_marked=place.tied and not next_tied,
        )
        for place, rank, next_tied in zip(places, ranks, following, strict=True)
    )
    return Table("Leaderboard", columns, rows)


def _unordered(contest: Contest, columns: tuple[Column, ...], facts: Sequence[_Fact]) -> Table:
    scale = scale_of([item.rate for item in contest.items])
    rows = [
        Row(
            item.run.id.hex(),
            (
                *_who(contest, item, "–", facts),
                Number(percent(item.rate.value if item.rate else None)),
                Range(rate_mark(item.rate, scale) if item.rate else None),
            ),
        )
        for item in contest.items
    ]
    return Table("Runs", (*columns, Column("interval", scale_label(scale), shape=Shape.GROWING)), tuple(rows))


def _facts(contest: Contest, *, whole: bool) -> tuple[_Fact, ...]:
    runs = contest.runs
    facts = (
        _Fact(
            Column("worker", "Worker", priority=2, card=Card.LINE),
            tuple(Link(run.target, worker_address(run.target)) for run in runs),
        ),
        _Fact(Column("version", "Version", priority=3), tuple(Text(one or "–") for one in contest.versions)),
        _Fact(Column("model", "Model", priority=2, card=Card.LINE), tuple(Text(run.model) for run in runs)),
    )
    names = tuple(contest.names.values())
    return tuple(one for one in facts if whole or one.tells_apart(names))


def _who(contest: Contest, item: RunItem, rank: str, facts: Sequence[_Fact]) -> tuple[Cell, ...]:
    run, number = item.run, contest.items.index(item)
    name, digits = contest.names[run.id], short(run.id)
    shown = Link(name, run_address(run), mono=name == digits, note="" if name == digits else digits)
    return (Text(rank, strong=True), shown, *(one.cells[number] for one in facts))


def _came_to(contest: Contest, place: Place, scale: Scale) -> tuple[Cell, ...]:
    value, low, high = place.value, place.interval.low, place.interval.high
    words = f"{contest.shown(value)}, 95 % interval {contest.shown(low)} to {contest.shown(high)}"
    tone = Tone.ACCENT if place.tied else Tone.TIED
    cost = None if place.cost_nano_usd is None else round(place.cost_nano_usd)
    return (
        Number(contest.shown(value), value, strong=True),
        Range(IntervalMark(low, value, high, scale, words, tone)),
        Number(money(cost), cost),
        Number(milliseconds(place.latency_ms), place.latency_ms),
        _leave_out(contest, contest.item(place)),
    )


def _leave_out(contest: Contest, item: RunItem) -> Act:
    if len(contest.items) < 3:
        return Act(())
    href = contest.address(without=item.run.id)
    return Act((Action(f"Leave {short(item.run.id)} out", href=href, icon="cross", icon_only=True),))


def _ranks(board: Leaderboard) -> Iterator[str]:
    """`1 =` for each that may be the best, else its place."""
    first = "1 =" if len(board.tied) > 1 else "1"
    for number, place in enumerate(board.places, 1):
        yield first if place.tied else str(number)


def behind_table(contest: Contest, board: Leaderboard) -> Table:
    """Every other run against the first."""
    others = [(place, place.behind) for place in board.places if place.behind is not None]
    ends = [100 * end for _, change in others for end in (change.interval.low, change.interval.high)]
    reach = charts.Difference.reaching(*ends)
    return Table(
        "Against the first",
        (
            Column("run", "Run"),
            Column("difference", "Difference", shape=Shape.NUMBER, card=Card.CORNER),
            Column("interval", f"−{reach:g} to +{reach:g} points", shape=Shape.GROWING),
            Column("p", "p", shape=Shape.NUMBER, priority=2, card=Card.LINE),
            Column("verdict", "Verdict"),
        ),
        tuple(_behind_row(contest, place, change, reach) for place, change in others),
    )


def _behind_row(contest: Contest, place: Place, change: Paired, reach: float) -> Row:
    run, best = contest.item(place).run, contest.board.places[0].run_id if contest.board else None
    low, mean, high = (100 * end for end in (change.interval.low, change.mean, change.interval.high))
    words = f"{points(change.mean)}, {low:+.1f} to {high:+.1f} points"
    badge = known("not separable") if place.tied else Badge("behind", Tone.FAIL, "down")
    mark = IntervalMark(low, mean, high, Scale(-reach, reach), words, badge.tone, 0.0)
    return Row(
        f"behind-{run.id.hex()}",
        (
            Link(contest.names[run.id], comparison_address(best or b"", run.id)),
            Number(points(change.mean), change.mean, strong=True),
            Range(mark),
            Number(_chance(place.p_value), place.p_value),
            Badges((badge,)),
        ),
    )


def _chance(p_value: float) -> str:
    return f"{p_value:.2g}" if p_value >= _SMALLEST_SHOWN else f"< {_SMALLEST_SHOWN:.4f}"


def price_chart(contest: Contest, board: Leaderboard) -> charts.Scatter | None:
    """What quality costs; None where prices are unknown or alike."""
    priced = [(place.cost_nano_usd, place) for place in board.places if place.cost_nano_usd is not None]
    if len({cost for cost, _ in priced}) < 2:
        return None
    front = [place for cost, place in priced if not any(_beats(other, cost, place) for other in priced)]
    is_rate = contest.measure is Measure.PASS_RATE
    return charts.Scatter(
        f"{MEASURES[contest.measure]} by cost",
        tuple(
            charts.Point(
                cost / 1e6,
                100 * place.value if is_rate else place.value,
                f"{contest.names[place.run_id]}: {contest.shown(place.value)}, {money(round(cost))} per case",
                href=run_address(place.run_id or b""),
                marked=place in front,
            )
            for cost, place in priced
        ),
        "USD per 1,000 cases",
        "pass rate in %" if is_rate else "mean score",
    )


def _beats(other: tuple[float, Place], cost: float, place: Place) -> bool:
    """Whether `other` is no dearer and no worse, and one of both better."""
    no_worse = other[0] <= cost and other[1].value >= place.value
    return no_worse and (other[0] < cost or other[1].value > place.value)
