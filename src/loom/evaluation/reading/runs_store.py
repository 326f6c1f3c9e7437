"""Lists of runs: filtered, sorted and counted by the database. Rows do not leave this file."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from loom.core.ids import JobId, RunId
from loom.engine.models import JobKind, JobState
from loom.engine.tables import job, run
from loom.evaluation.reading.cursors import Place
from loom.evaluation.store import RunRow, of_folder, runs_where

__all__ = [
    "Counted",
    "Counts",
    "JobHead",
    "Listed",
    "RunFilter",
    "counts",
    "job_heads",
    "last_of_each",
    "listed",
    "newest_of",
    "runs_at",
    "runs_named",
    "runs_of",
    "total",
]

_R, _J = run.c, job.c
_MEASURING = (JobKind.EVALUATION, JobKind.RECORD)
_EVALUATING = (*_MEASURING, JobKind.RESCORE)
_COLUMNS: dict[str, Any] = {
    "created": _R.row,
    "worker": _R.target,
    "suite": func.coalesce(_R.suite, ""),
    "model": _R.model,
    "planned": _R.planned,
}


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs."""

    worker: str | None = None
    suite: str | None = None
    state: str | None = None
    model: str | None = None
    text: str = ""
    """In the worker's, suite's or model's name, or the beginning or end of an id."""

    folder: str | None = None
    """Not those that are known to be of another."""


class Listed(NamedTuple):
    """A run in a list, with the value it is sorted by."""

    run: RunRow
    place: Place


class Counted(NamedTuple):
    """How often each value occurs among all runs, commonest first."""

    states: tuple[tuple[str, int], ...] = ()
    suites: tuple[tuple[str, int], ...] = ()
    models: tuple[tuple[str, int], ...] = ()


class JobHead(NamedTuple):
    """What a list shows of a job."""

    spec: bytes
    principal: str
    finished_us: int | None


def listed(
    connection: Connection, wanted: RunFilter, sort: str, after: Place | None, size: int
) -> list[Listed]:
    """The next `size` runs; `sort` is one of created, worker, suite, model, planned, with a `-` downwards."""
    by, descending = sort.removeprefix("-"), sort.startswith("-")
    column = _COLUMNS[by]
    conditions = _conditions(connection, wanted)
    if after is not None:
        last, row = after
        further = column < last if descending else column > last
        beyond = _R.row < row if descending else _R.row > row
        conditions.append(or_(further, and_(column == last, beyond)))
    order = (column.desc(), _R.row.desc()) if descending else (column, _R.row)
    places = select(_R.row, column.label("value")).join(job, _J.id == _R.job).where(*conditions)
    found = connection.execute(places.order_by(*order).limit(size)).all()
    rows = dict(runs_at(connection, [row for row, _ in found]))
    return [Listed(rows[row], (value, row)) for row, value in found]


class Counts:
    """How many runs there are of each state, suite and model."""

    def __init__(self, numbers: Mapping[tuple[str, str | None, str], int]) -> None:
        self._numbers = numbers

    @property
    def counted(self) -> Counted:
        """What filters can choose from."""
        return Counted(self._values(0), self._values(1), self._values(2))

    def total(self, *wanted: str | None) -> int:
        """How many are of this state, suite and model; None is any."""
        return sum(
            number
            for values, number in self._numbers.items()
            if all(one is None or one == value for one, value in zip(wanted, values, strict=True))
        )

    def _values(self, place: int) -> tuple[tuple[str, int], ...]:
        found: Counter[str] = Counter()
        for values, number in self._numbers.items():
            value = values[place]
            if value is not None:
                found[value] += number
        return tuple(sorted(found.items(), key=lambda one: (-one[1], one[0])))


def counts(connection: Connection) -> Counts:
    """Of all runs, in one pass."""
    columns = (_J.state, _R.suite, _R.model)
    query = select(*columns, func.count()).select_from(run).join(job, _J.id == _R.job)
    found = connection.execute(query.where(_J.kind.in_(_EVALUATING)).group_by(*columns)).all()
    return Counts({(state, suite, model): number for state, suite, model, number in found})


def total(connection: Connection, wanted: RunFilter, known: Counts) -> int:
    """How many runs there are."""
    if not wanted.worker and not wanted.folder and not wanted.text.strip():
        return known.total(wanted.state or None, wanted.suite or None, wanted.model or None)
    query = select(func.count()).select_from(run).join(job, _J.id == _R.job)
    return connection.execute(query.where(*_conditions(connection, wanted))).scalar_one()


def last_of_each(connection: Connection) -> list[int]:
    """Where of every worker the evaluation is that was completed last."""
    newest = (
        select(func.max(_R.row))
        .join(job, _J.id == _R.job)
        .where(_J.kind.in_(_MEASURING), _J.state == JobState.COMPLETED)
        .group_by(_R.target)
    )
    return list(connection.execute(newest).scalars())


def runs_at(connection: Connection, rows: Collection[int]) -> list[tuple[int, RunRow]]:
    """Those in these places."""
    return runs_where(connection, _R.row.in_(list(rows))) if rows else []


def runs_named(connection: Connection, names: Collection[RunId]) -> list[RunRow]:
    """Those of these ids."""
    return [one for _, one in runs_where(connection, _R.id.in_(list(names)))]


def job_heads(connection: Connection, jobs: Sequence[JobId]) -> dict[JobId, JobHead]:
    """What a list shows of `jobs`."""
    query = select(_J.id, _J.spec, _J.principal, _J.finished_us).where(_J.id.in_(jobs))
    return {JobId(name): JobHead(*rest) for name, *rest in connection.execute(query).all()}


def _conditions(connection: Connection, wanted: RunFilter) -> list[ColumnElement[bool]]:
    equal = (
        (_R.target, wanted.worker),
        (_R.suite, wanted.suite),
        (_J.state, wanted.state),
        (_R.model, wanted.model),
    )
    conditions: list[ColumnElement[bool]] = [_J.kind.in_(_EVALUATING)]
    conditions += [column == value for column, value in equal if value]
    if wanted.folder is not None:
        conditions.append(of_folder(wanted.folder))
    return conditions + [_mentions(connection, word) for word in wanted.text.lower().split()]


def _mentions(connection: Connection, word: str) -> ColumnElement[bool]:
    names = (_R.target, _R.suite, _R.model)
    found = [func.lower(func.coalesce(name, "")).contains(word, autoescape=True) for name in names]
    digits = word.replace("-", "")
    if digits and all(digit in "0123456789abcdef" for digit in digits):
        sqlite = connection.dialect.name == "sqlite"
        spelled: Any = func.lower(func.hex(_R.id)) if sqlite else func.encode(_R.id, "hex")
        found += [spelled.startswith(digits), spelled.endswith(digits)]
    return or_(*found)


def newest_of(connection: Connection, workers: Collection[str], most: int) -> list[RunRow]:
    """The `most` newest ended evaluations of each of `workers`, oldest first."""
    place = func.row_number().over(partition_by=_R.target, order_by=_R.row.desc())
    ranked = (
        select(_R.row, place.label("place"))
        .join(job, _J.id == _R.job)
        .where(_R.target.in_(list(workers)), _J.kind.in_(_MEASURING), _J.state == JobState.COMPLETED)
        .subquery("ranked")
    )
    newest = select(ranked.c.row).where(ranked.c.place <= most)
    return [one for _, one in runs_where(connection, _R.row.in_(newest))]


def runs_of(connection: Connection, worker: str, suite: str, most: int) -> list[RunRow]:
    """The newest ended evaluations of `worker` on `suite`, oldest first."""
    newest = (
        select(_R.row)
        .join(job, _J.id == _R.job)
        .where(_R.target == worker, _R.suite == suite, _J.kind.in_(_MEASURING))
        .where(_J.state == JobState.COMPLETED)
        .order_by(_R.row.desc())
        .limit(most)
    )
    return [one for _, one in runs_where(connection, _R.row.in_(newest))]
