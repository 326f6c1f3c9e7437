"""Lists of runs with what they came to, a page at a time; the last run of each worker; the runs of one over time."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from loom.core.errors import Problem, UsageError
from loom.core.ids import RunId
from loom.evaluation.models import Split
from loom.evaluation.people_store import every_baseline
from loom.evaluation.reading import runs_store
from loom.evaluation.reading.cursors import Place, read_cursor, write_cursor
from loom.evaluation.reading.held import Held
from loom.evaluation.reading.run_rates import Summaries
from loom.evaluation.reading.runs_store import Counted, RunFilter
from loom.evaluation.reading.terms import Terms
from loom.evaluation.running.specification import Selection
from loom.evaluation.statistics.rates import Rate
from loom.evaluation.store import RunRow

__all__ = [
    "SORTS",
    "RunItem",
    "RunPage",
    "RunQuery",
    "read_last_runs",
    "read_runs",
    "read_some",
    "read_trend",
]

SORTS = ("created", "worker", "suite", "model", "planned")
_NUMBERS = ("created", "planned")
_LOOKED_BACK = 10
"""Runs of a worker among which one over a whole suite is looked for."""


@dataclass(frozen=True, slots=True)
class RunQuery:
    """Which runs, in which order."""

    wanted: RunFilter = field(default_factory=RunFilter)
    sort: str = "-created"
    """One of `SORTS`, with a `-` before it downwards."""

    cursor: str | None = None
    size: int = 50
    counted: bool = True
    """Whether a page tells how long the whole list is, and what there is to choose from."""


@dataclass(frozen=True, slots=True)
class RunItem:
    """A run in a list."""

    run: RunRow
    rate: Rate | None
    """None while nothing has ended; as the last one of a worker also where no answer counts."""

    version: str | None
    """The hash of the worker's text in hexadecimal digits; None when the catalog had none."""

    baseline: bool
    """Whether later runs of its worker on its suite are compared with it."""

    principal: str
    finished_us: int | None
    terms: Terms | None
    """On which the rate was measured; None without one."""

    @property
    def sealed(self) -> bool:
        """Whether it is known to be over sealed cases."""
        return self.terms is not None and self.terms.selection.split is Split.SEALED

    @property
    def whole(self) -> bool:
        """Whether it is over a whole suite, but its sealed cases."""
        return self.terms is not None and self.terms.selection == Selection()

    @property
    def answered(self) -> bool:
        """Whether its rate says anything of its worker: there is an answer that counts, not errors alone."""
        return self.rate is not None and self.rate.n > self.rate.errored


@dataclass(frozen=True, slots=True)
class RunPage:
    """Runs, and where the list goes on."""

    items: tuple[RunItem, ...]
    total: int | None
    """None unless it was asked for."""

    first: int
    """The number of the first in the whole list, from 1."""

    next: str | None
    counted: Counted
    """What there is to choose from, over all runs; nothing unless it was asked for."""


def read_runs(connection: Connection, summaries: Summaries, query: RunQuery) -> RunPage:
    """The page that `query` asks for.

    Raises:
        UsageError: for a sort or a cursor that cannot be understood.
    """
    by = query.sort.removeprefix("-")
    if by not in SORTS:
        remedy = f"use one of {', '.join(SORTS)}, with - before it downwards"
        raise UsageError(Problem("is no order of runs", "sort", value=query.sort, remedy=remedy))
    before, after = 0, None
    if query.cursor:
        before, *after = _place(query.cursor, by)
    found = runs_store.listed(
        connection, query.wanted, query.sort, tuple(after) if after else None, query.size + 1
    )
    shown = found[: query.size]
    more = None
    if len(found) > query.size:
        more = write_cursor((int(before) + len(shown), *shown[-1].place))
    counts = runs_store.counts(connection) if query.counted else None
    return RunPage(
        _items(connection, summaries, [one.run for one in shown]),
        counts and runs_store.total(connection, query.wanted, counts),
        int(before) + 1 if shown else 0,
        more,
        counts.counted if counts else Counted(),
    )


def read_last_runs(
    connection: Connection, summaries: Summaries, completed: Held[int, RunRow]
) -> dict[str, RunItem]:
    """By the worker's name: of each the last completed evaluation over a whole suite but its sealed cases; of those
    whose last few are all over a part of one, the last of them. One without an answer that counts is only there
    where the last few are all so, and has no rate. `completed` remembers them.
    """
    places = runs_store.last_of_each(connection)
    known = {place: found for place in places if (found := completed.get(place)) is not None}
    for place, found in runs_store.runs_at(connection, [one for one in places if one not in known]):
        completed.put(place, found)
        known[place] = found
    last = _by_worker(_items(connection, summaries, list(known.values())))
    unfit = [name for name, item in last.items() if not (item.whole and item.answered)]
    if not unfit:
        return last
    newest = _items(connection, summaries, runs_store.newest_of(connection, unfit, _LOOKED_BACK))
    answered = [item for item in newest if item.answered]
    last |= _by_worker(answered) | _by_worker(item for item in answered if item.whole)
    return {name: item if item.answered else replace(item, rate=None) for name, item in last.items()}


def _by_worker(oldest_first: Iterable[RunItem]) -> dict[str, RunItem]:
    return {item.run.target: item for item in oldest_first}


def read_some(connection: Connection, summaries: Summaries, names: Collection[RunId]) -> dict[RunId, RunItem]:
    """The runs of these ids, as far as they are there."""
    found = _items(connection, summaries, runs_store.runs_named(connection, names))
    return {item.run.id: item for item in found}


def read_trend(
    connection: Connection, summaries: Summaries, worker: str, suite: str, most: int
) -> tuple[RunItem, ...]:
    """The last `most` completed evaluations of `worker` on `suite` in which an answer counts, oldest first."""
    found = _items(connection, summaries, runs_store.runs_of(connection, worker, suite, most))
    return tuple(item for item in found if item.answered)


def _place(cursor: str, by: str) -> Place:
    return read_cursor(cursor, int if by in _NUMBERS else str, int)


def _items(connection: Connection, summaries: Summaries, runs: Sequence[RunRow]) -> tuple[RunItem, ...]:
    known = summaries.of(connection, runs)
    held = {one.run for one in every_baseline(connection)}
    items: list[RunItem] = []
    for run in runs:
        rate, version, principal, finished_us, terms = known[run.id]
        items.append(RunItem(run, rate, version, run.id in held, principal, finished_us, terms))
    return tuple(items)
