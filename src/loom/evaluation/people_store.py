"""What is written and read of baselines and ratings. Both append; the newest row holds."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, bindparam, func, insert, select, update

from loom.core.ids import RunId
from loom.engine.tables import execution
from loom.evaluation.tables import baseline, rating, score
from loom.storage.statements import Phase, Statement

__all__ = [
    "Baseline",
    "OutputOf",
    "Rated",
    "Rating",
    "add_rating",
    "baseline_of",
    "baselines",
    "every_baseline",
    "judged_and_rated",
    "outputs_of",
    "rate_execution",
    "rated_in",
    "ratings_of",
    "set_baseline",
]

_B, _R, _S, _E = baseline.c, rating.c, score.c, execution.c
_MANY = 500

set_baseline = Statement(
    "baseline.set",
    insert(baseline),
    params=("project", "worker", "suite", "run", "note", "principal", "set_us", "folder"),
    phase=Phase.INSERT,
)

add_rating = Statement(
    "rating.add",
    insert(rating),
    params=("project", "subject", "execution", "rater", "value", "note", "principal", "rated_us"),
    phase=Phase.INSERT,
)

rate_execution = Statement(
    "score.rate",
    update(score)
    .where(_S.execution == bindparam("rated"), _S.scorer == bindparam("by"))
    .values(value=bindparam("new_value"), reason=bindparam("why")),
    params=("rated", "by", "new_value", "why"),
    phase=Phase.UPDATE,
)


@dataclass(frozen=True, slots=True)
class Baseline:
    """The run with which later runs of a worker on a suite are compared."""

    worker: str
    suite: str
    run: RunId
    note: str | None
    principal: str
    set_us: int
    folder: str | None = None
    """The folder in which it was set; None: not known."""


@dataclass(frozen=True, slots=True)
class Rating:
    """What a person said of an output."""

    rater: str
    value: float
    """In [0, 1]."""

    note: str | None


class OutputOf(NamedTuple):
    """The output of an execution."""

    run: RunId
    item_key: bytes
    output: bytes
    """Packed."""


@dataclass(frozen=True, slots=True)
class Rated:
    """What one person has rated of a run."""

    rater: str
    outputs: int
    mean: float


def baseline_of(
    connection: Connection, worker: str, suite: str, folder: str | None = None
) -> Baseline | None:
    """The baseline of `worker` on `suite` that holds in `folder`; None when there is none."""
    rows = connection.execute(_newest().where(_B.worker == worker, _B.suite == suite))
    return next(iter(_holding(rows, folder)), None)


def baselines(connection: Connection, folder: str | None = None) -> list[Baseline]:
    """Those that hold in `folder`, by worker and suite.

    Its own hold before those of folders that are not known, and these before the newest of any other.
    """
    return _holding(connection.execute(_newest().order_by(_B.worker, _B.suite)), folder)


def every_baseline(connection: Connection) -> list[Baseline]:
    """Those of all folders, by worker and suite, each as it was set last."""
    query = _newest().where(_B.run.is_not(None)).order_by(_B.worker, _B.suite, _B.row)
    return [_baseline(row) for row in connection.execute(query)]


def _newest() -> Select[Any]:
    newest = select(func.max(_B.row)).group_by(_B.worker, _B.suite, _B.folder)
    return select(baseline).where(_B.row.in_(newest))


def _holding(rows: Iterable[Any], folder: str | None) -> list[Baseline]:
    holding: dict[tuple[str, str], Any] = {}

    def rank(row: Any) -> tuple[bool, bool, int]:
        return folder is not None and row.folder == folder, folder is not None and row.folder is None, row.row

    for row in sorted(rows, key=rank):
        holding[row.worker, row.suite] = row
    return [_baseline(holding[pair]) for pair in sorted(holding) if holding[pair].run is not None]


def _baseline(row: Any) -> Baseline:
    return Baseline(row.worker, row.suite, RunId(row.run), row.note, row.principal, row.set_us, row.folder)


def ratings_of(connection: Connection, subjects: Sequence[bytes]) -> dict[bytes, dict[str, Rating]]:
    """What was said last of each of `subjects`, by rater."""
    found: dict[bytes, dict[str, Rating]] = {}
    for subject, said in _said(connection, subjects):
        if said.value is None:
            found.get(subject, {}).pop(said.rater, None)
        else:
            found.setdefault(subject, {})[said.rater] = Rating(said.rater, said.value, said.note)
    return {subject: ratings for subject, ratings in found.items() if ratings}


def _said(connection: Connection, subjects: Sequence[bytes]) -> Iterator[tuple[bytes, Any]]:
    if not connection.execute(select(_R.row).limit(1)).first():
        return
    for start in range(0, len(subjects), _MANY):
        query = select(rating).where(_R.subject.in_(subjects[start : start + _MANY])).order_by(_R.row)
        for row in connection.execute(query):
            yield row.subject, row


def judged_and_rated(connection: Connection, scorer: bytes) -> list[tuple[float, float]]:
    """For each output that both judged, in whichever run: the value that `scorer` gave and the mean of the raters."""
    newest = select(func.max(_R.row)).group_by(_R.subject, _R.rater)
    query = (
        select(_R.subject, func.avg(_S.value), func.avg(_R.value))
        .join(score, _S.execution == _R.execution)
        .where(_R.row.in_(newest), _R.value.is_not(None), _S.scorer == scorer, _S.value.is_not(None))
        .group_by(_R.subject)
    )
    return [(judged, rated) for _, judged, rated in connection.execute(query)]


def outputs_of(connection: Connection, executions: Sequence[bytes]) -> dict[bytes, OutputOf]:
    """The outputs of `executions`, for those that have one."""
    found: dict[bytes, OutputOf] = {}
    for start in range(0, len(executions), _MANY):
        query = select(_E.id, _E.run, _E.item_key, _E.output).where(
            _E.id.in_(executions[start : start + _MANY]), _E.output.is_not(None)
        )
        for name, run, item_key, output in connection.execute(query):
            found[name] = OutputOf(RunId(run), item_key, output)
    return found


def rated_in(connection: Connection, run: RunId) -> tuple[Rated, ...]:
    """What people have rated in a run, by rater."""
    newest = select(func.max(_R.row)).group_by(_R.subject, _R.rater)
    query = (
        select(_R.rater, func.count(), func.avg(_R.value))
        .join(execution, _E.id == _R.execution)
        .where(_E.run == run, _R.row.in_(newest), _R.value.is_not(None))
        .group_by(_R.rater)
        .order_by(_R.rater)
    )
    return tuple(Rated(rater, count, mean) for rater, count, mean in connection.execute(query))
