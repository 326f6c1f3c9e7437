"""The list of runs: what each came to, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor

from loom.core.ids import short
from loom.evaluation.reading.runs import RunItem, RunPage, RunQuery
from loom.evaluation.statistics.rates import Rate
from loom.evaluation.store import RunRow
from loom.workshop.pages.addresses import address, run_address, size_word, worker_address
from loom.workshop.pages.format import count, exact, percent, percent_interval
from loom.workshop.views.actions import Action, ActionTone, Header
from loom.workshop.views.badges import Badge, known
from loom.workshop.views.cells import Badges, Link, Moment, Number, Range, Text
from loom.workshop.views.feedback import Empty
from loom.workshop.views.marks import IntervalMark, Scale
from loom.workshop.views.tables import Card, Chip, Column, Filter, Pager, Row, Shape, Sort, Table, sort
from loom.workshop.views.tones import Tone

__all__ = [
    "RunsPage",
    "item_badges",
    "rate_mark",
    "runs_page",
    "runs_table",
    "scale_between",
    "scale_label",
    "scale_of",
    "state_badges",
]

_PATH = "/runs"
_KEYS = ((("x",), "select"), (("c",), "compare"), (("Enter",), "open"))


@dataclass(frozen=True, slots=True)
class RunsPage:
    """Runs, filtered and sorted."""

    header: Header
    chips: tuple[Chip, ...]
    filter: Filter
    table: Table


def runs_page(found: RunPage, query: RunQuery, now_us: int, *, may_run: bool) -> RunsPage:
    """The list of `found`."""
    asked = _asked(query)
    return RunsPage(
        Header(
            "Runs",
            meta=(f"{exact(found.total)} evaluations and re-scorings",),
            actions=(Action("Evaluate", href=_evaluate(query), tone=ActionTone.FILLED, icon="play"),)
            if may_run
            else (),
        ),
        _chips(found, asked),
        _filter(found, query, asked),
        runs_table(found, query, now_us),
    )


def runs_table(found: RunPage, query: RunQuery, now_us: int) -> Table:
    """The rows of `found`."""
    scale = scale_of([item.rate for item in found.items])
    asked = _asked(query)
    following = address(_PATH, asked, cursor=found.next) if found.next else None
    first = address(_PATH, asked) if found.first > 1 else None
    return Table(
        "Runs",
        _columns(query, asked, scale),
        tuple(_row(item, scale, now_us) for item in found.items),
        Pager(
            found.first,
            found.first + len(found.items) - 1,
            found.total,
            first,
            following,
            query.size,
            _KEYS,
        ),
        _empty(asked),
        region="runs",
        select="run",
    )


def scale_of(rates: Sequence[Rate | None]) -> Scale:
    """From the tenth below the lowest interval to the tenth above the highest."""
    known_rates = [rate for rate in rates if rate is not None and rate.value is not None]
    low = min((rate.interval.low for rate in known_rates), default=0.0)
    return scale_between(low, max((rate.interval.high for rate in known_rates), default=1.0))


def scale_between(low: float, high: float) -> Scale:
    """The tenths around `low` and `high`."""
    top = ceil(10 * high) / 10
    return Scale(min(floor(10 * low) / 10, top - 0.1), top)


def scale_label(scale: Scale) -> str:
    """What stands in the column's header: `Scale 50–100 %`, which is short enough to be seen whole."""
    return f"Scale {100 * scale.low:.0f}–{percent(scale.high, 0)}"


def rate_mark(rate: Rate, scale: Scale, line: float | None = None) -> IntervalMark | None:
    """A rate with its interval, on `scale`; None where there is no rate."""
    if rate.value is None:
        return None
    low, high = rate.interval.low, rate.interval.high
    units = "".join(f", {one}" for one in rate.units)
    words = f"{percent(rate.value)}, 95 % interval {percent_interval(low, high)}, n = {exact(rate.n)}{units}"
    return IntervalMark(low, rate.value, high, scale, words, line=line)


def item_badges(item: RunItem, now_us: int) -> tuple[Badge, ...]:
    """The same of a run in a list, where nothing else says that not all was answered."""
    state, *others = state_badges(item.run, now_us, baseline=item.baseline)
    return state, *_errored(item.rate), *others


def _errored(rate: Rate | None) -> tuple[Badge, ...]:
    return (Badge(f"{exact(rate.errored)} errored", Tone.ERROR, "triangle"),) if rate and rate.errored else ()


def state_badges(run: RunRow, now_us: int, *, baseline: bool = False) -> tuple[Badge, ...]:
    """How a run stands and what to know about it."""
    badges = [known(run.standing(now_us))]
    badges += [known("baseline")] if baseline else []
    badges += [Badge("re-scored", Tone.PLAIN, "history")] if run.kind == "rescore" else []
    badges += [Badge("recorded", Tone.PLAIN, "history")] if run.kind == "record" else []
    return (*badges, *([known("simulated")] if run.simulated else []))


def _evaluate(query: RunQuery) -> str:
    """Where an evaluation of what the list shows begins."""
    if query.wanted.worker:
        return address(worker_address(query.wanted.worker, "/eval"), suite=query.wanted.suite)
    return address("/evaluate", suite=query.wanted.suite)


def _asked(query: RunQuery) -> dict[str, str | None]:
    wanted = query.wanted
    given = {"q": wanted.text, "worker": wanted.worker, "suite": wanted.suite}
    return {
        **given,
        "state": wanted.state,
        "model": wanted.model,
        "sort": _unusual(query.sort),
        "size": size_word(query.size),
    }


def _unusual(order: str) -> str | None:
    return None if order == "-created" else order


def _chips(found: RunPage, asked: dict[str, str | None]) -> tuple[Chip, ...]:
    every = sum(number for _, number in found.counted.states)
    current = asked["state"]
    return (
        Chip("All", address(_PATH, {**asked, "state": None}), exact(every), current=current is None),
        *(
            Chip(
                state.capitalize(),
                address(_PATH, {**asked, "state": state}),
                exact(number),
                current=state == current,
            )
            for state, number in found.counted.states
        ),
    )


def _filter(found: RunPage, query: RunQuery, asked: dict[str, str | None]) -> Filter:
    wanted = query.wanted
    kept = tuple((name, asked[name] or "") for name in ("state", "sort", "worker", "size") if asked[name])
    return Filter(
        _PATH,
        wanted.text,
        "Filter runs",
        "Worker, suite, model or id",
        "runs",
        kept,
        choices=(
            ("suite", _options("all suites", found.counted.suites, wanted.suite)),
            ("model", _options("all models", found.counted.models, wanted.model)),
        ),
    )


def _options(
    every: str, values: Sequence[tuple[str, int]], chosen: str | None
) -> tuple[tuple[str, str, bool], ...]:
    listed = tuple((value, f"{value} ({count(number)})", value == chosen) for value, number in values)
    return (("", every, chosen is None), *listed)


def _columns(query: RunQuery, asked: dict[str, str | None], scale: Scale) -> tuple[Column, ...]:
    def sorting(key: str, *, descending_first: bool = False) -> Sort:
        start = address(_PATH, {**asked, "sort": None})
        joint = "&" if "?" in start else "?"
        return sort(query.sort, key, f"{start}{joint}sort=", descending_first=descending_first)

    return (
        Column("run", "Run"),
        Column("worker", "Worker", sort=sorting("worker")),
        Column("suite", "Suite", sort=sorting("suite"), card=Card.NAMED),
        Column("state", "State", card=Card.CORNER),
        Column("pass_rate", "Pass rate", shape=Shape.NUMBER),
        Column("interval", scale_label(scale), shape=Shape.GROWING),
        Column("n", "n", shape=Shape.NUMBER, priority=2, card=Card.LINE),
        Column("model", "Model", priority=3, sort=sorting("model"), card=Card.LINE),
        Column(
            "started", "Started", priority=2, card=Card.LINE, sort=sorting("created", descending_first=True)
        ),
    )


def _row(item: RunItem, scale: Scale, now_us: int) -> Row:
    run, rate = item.run, item.rate
    value = None if rate is None else rate.value
    return Row(
        run.id.hex(),
        (
            Link(short(run.id), run_address(run), mono=True),
            Link(run.target, worker_address(run.target)),
            Text(run.suite or "–"),
            Badges(item_badges(item, now_us)),
            Number(percent(value), value),
            Range(rate_mark(rate, scale) if rate else None),
            _counted(rate.n if rate else 0, run.planned),
            Text(run.model),
            Moment(run.created_us),
        ),
        failed=run.state == "failed",
    )


def _counted(scored: int, planned: int) -> Number:
    """What the rate rests on; of a run that has not scored all, beside all."""
    return Number(count(scored) if scored == planned else f"{count(scored)} of {count(planned)}", scored)


def _empty(asked: dict[str, str | None]) -> Empty:
    wanted = {name for name, value in asked.items() if value and name not in ("sort", "size")}
    if wanted:
        alone = wanted == {"worker"}
        said = f"{asked['worker']} has not been evaluated yet." if alone else "No run is like that."
        return Empty(said, Action("Show all runs", href=_PATH))
    return Empty(
        "No worker has been evaluated yet. An evaluation runs a worker over a suite and says how good it is.",
        Action("Choose a suite", href="/evaluate", tone=ActionTone.FILLED),
        "loom eval WORKER --suite SUITE",
    )
