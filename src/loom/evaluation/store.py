"""What the evaluation room writes and reads: scores, and executions with them. Rows do not leave this file."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    any_,
    case,
    cast,
    func,
    insert,
    literal,
    or_,
    select,
)

from loom.calls.backend import Received
from loom.calls.models import Purpose
from loom.calls.tables import account, attempt, call
from loom.core.ids import AccountId, ExecutionId, JobId, RunId
from loom.engine.models import ExecutionState, JobKind, JobState
from loom.engine.tables import execution, job, run
from loom.evaluation.tables import score
from loom.storage.blobs import unpack
from loom.storage.statements import Phase, Statement

__all__ = [
    "ExecutionRow",
    "Place",
    "RunRow",
    "StoredOutput",
    "add_score",
    "ended_executions",
    "execution_rows",
    "executions",
    "find_runs",
    "list_runs",
    "of_folder",
    "outputs",
    "paid_nano",
    "places",
    "runs_elsewhere",
    "runs_where",
    "unfinished_executions",
]

_E, _R, _T = execution.c, run.c, attempt.c
_ID_BYTES = 16

add_score = Statement(
    "score.add",
    insert(score),
    params=("execution", "scorer", "value", "reason", "details"),
    phase=Phase.INSERT,
)


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run, and how its job stands."""

    id: RunId
    job: JobId
    account: AccountId
    kind: str
    state: str
    reason: str | None
    target: str
    suite: str | None
    suite_hash: bytes | None
    model: str
    endpoint: str
    simulated: bool
    planned: int
    created_us: int
    config_hash: bytes
    done: int
    """Executions that have ended."""

    lease_until_us: int
    """While running: until when its holder is taken to be alive without another sign of life."""

    folder: str | None = None
    """The folder that was worked in; None: not known."""

    def standing(self, now_us: int) -> str:
        """The state, or `interrupted` when whoever worked on it is gone."""
        return (
            "interrupted" if self.state == JobState.RUNNING and self.lease_until_us < now_us else self.state
        )


@dataclass(slots=True)
class ExecutionRow:
    """An execution that has ended, with its scores and what it took."""

    id: ExecutionId
    item_key: bytes
    repetition: int
    state: ExecutionState
    stop_reason: str | None
    output: bytes | None
    """Packed."""

    problems: str | None
    error: str | None
    cached: bool
    latency_us: int
    scores: dict[bytes, tuple[float | None, str]] = field(
        default_factory=dict[bytes, tuple[float | None, str]]
    )
    """By scorer hash: value and reason."""

    worth_nano: int | None = None
    """What its answers cost when they were first given, cached or not; None when unknown, or without an answer."""

    input_tokens: int = 0
    output_tokens: int = 0


def list_runs(
    connection: Connection,
    limit: int,
    *,
    kinds: Collection[JobKind] | None = None,
    folder: str | None = None,
    skip: int = 0,
) -> list[RunRow]:
    """The newest first; with `kinds` only those of such jobs, with `folder` not those known to be of another."""
    query = _runs().order_by(_R.row.desc()).limit(limit).offset(skip)
    if kinds is not None:
        query = query.where(job.c.kind.in_(kinds))
    if folder is not None:
        query = query.where(of_folder(folder))
    return [_run(row) for row in connection.execute(query)]


def of_folder(folder: str) -> ColumnElement[bool]:
    """Whether a run is of `folder`, or may be."""
    return or_(_R.folder.is_(None), _R.folder == folder)


def runs_elsewhere(connection: Connection, folder: str) -> int:
    """How many runs are of other folders."""
    return connection.execute(select(func.count()).select_from(run).where(_R.folder != folder)).scalar_one()


def runs_where(connection: Connection, condition: ColumnElement[bool]) -> list[tuple[int, RunRow]]:
    """Those of which `condition` holds, each with its place in the order in which they were opened."""
    return [(row.row, _run(row)) for row in connection.execute(_runs().where(condition).order_by(_R.row))]


def ended_executions(connection: Connection, run_id: RunId) -> int:
    """How many executions of a run have ended."""
    query = select(func.count()).where(_E.run == run_id, _E.state != ExecutionState.RUNNING)
    return connection.execute(query).scalar_one()


def unfinished_executions(connection: Connection, run_id: RunId) -> list[ExecutionId]:
    """The executions of a run that were begun and have not ended."""
    query = select(_E.id).where(_E.run == run_id, _E.state == ExecutionState.RUNNING)
    return [ExecutionId(name) for name in connection.execute(query).scalars()]


def find_runs(connection: Connection, tail: bytes) -> list[RunRow]:
    """Those whose id, or whose job's id, ends with `tail`; newest first."""
    sqlite = connection.dialect.name == "sqlite"

    def ends(column: Any) -> Any:
        digits = func.lower(func.hex(column)) if sqlite else func.encode(column, "hex")
        return digits.like("%" + tail.hex())

    whole = len(tail) == _ID_BYTES  # the index finds it
    named = or_(_R.id == tail, _R.job == tail) if whole else or_(ends(_R.id), ends(_R.job))
    query = _runs().where(named).order_by(_R.row.desc())
    return [_run(row) for row in connection.execute(query)]


def _runs() -> Select[Any]:
    ended = (
        select(func.count())
        .where(_E.run == _R.id, _E.state != ExecutionState.RUNNING)
        .correlate(run)
        .scalar_subquery()
    )
    done = case(
        (job.c.state == JobState.COMPLETED, _R.planned), else_=ended
    )  # a large run takes long to count
    columns = (job.c.kind, job.c.state, job.c.reason, job.c.account, job.c.lease_until_us, done.label("done"))
    return select(run, *columns).join(job, job.c.id == _R.job)


def _run(row: Row[Any]) -> RunRow:
    return RunRow(
        RunId(row.id),
        JobId(row.job),
        AccountId(row.account),
        row.kind,
        row.state,
        row.reason,
        row.target,
        row.suite,
        row.suite_hash,
        row.model,
        row.endpoint,
        row.simulated,
        row.planned,
        row.created_us,
        row.config_hash,
        row.done,
        row.lease_until_us,
        row.folder,
    )


def execution_rows(
    connection: Connection, run_id: RunId, items: Collection[bytes] | None = None
) -> list[int]:
    """Where the executions of a run that have ended are, in the order of the suite, repetition by repetition.

    With `items`, at most a few hundred: only those of these cases.
    """
    query = (
        select(_E.row)
        .where(_E.run == run_id, _E.state != ExecutionState.RUNNING)
        .order_by(_E.repetition, _E.number)
    )
    if items is not None:
        query = query.where(_E.item_key.in_(items))
    return list(connection.execute(query).scalars())


def executions(connection: Connection, rows: Sequence[int]) -> list[ExecutionRow]:
    """The executions in `rows`, in that order; at most a few hundred at a time."""
    within = _among(connection, rows)
    found = {row.row: _execution(row) for row in connection.execute(_EXECUTIONS.where(within)).all()}
    for owner, scorer, value, reason in connection.execute(_SCORES.where(within)).all():
        found[owner].scores[scorer] = (value, reason or "")
    for owner, cost, known, tokens_in, tokens_out in connection.execute(_SERVED.where(within)).all():
        row = found[owner]
        row.worth_nano = cost if known else None
        row.input_tokens, row.output_tokens = tokens_in or 0, tokens_out or 0
    return [found[row] for row in rows]


class Place(NamedTuple):
    """Where an execution is, and of what it is one."""

    row: int
    item_key: bytes
    number: int
    repetition: int


def places(connection: Connection, *, run_id: RunId, after: int, most: int) -> list[Place]:
    """The first `most` executions of a run that have ended and lie after row `after`, in order of rows."""
    own = func.coalesce(_E.run, _E.run) == run_id  # in order of rows, as no index is
    query = (
        select(_E.row, _E.item_key, _E.number, _E.repetition)
        .where(_E.row > after, own, _E.state != ExecutionState.RUNNING)
        .order_by(_E.row)
        .limit(most)
    )
    return [Place(*row) for row in connection.execute(query).all()]


class StoredOutput(NamedTuple):
    """What an execution came to."""

    state: ExecutionState
    stop_reason: str | None
    output: bytes | None
    """Packed."""

    problems: str | None
    error: str | None
    received: Received | None
    """The model's last answer as it came."""


def outputs(connection: Connection, rows: Sequence[int], *, raw: bool) -> dict[int, StoredOutput]:
    """What the executions in `rows` came to, by row; at most a few hundred. With `raw` also the last answer."""
    within = _among(connection, rows)
    answers: dict[int, Received] = {}
    if raw:
        query = _ANSWERS.where(within).order_by(call.c.row)
        for row, answer, streamed in connection.execute(query).all():
            answers[row] = Received(unpack(answer), bool(streamed))
    return {
        row.row: StoredOutput(
            ExecutionState(row.state),
            row.stop_reason,
            row.output,
            row.problems,
            row.error,
            answers.get(row.row),
        )
        for row in connection.execute(_EXECUTIONS.where(within)).all()
    }


def _among(connection: Connection, rows: Sequence[int]) -> ColumnElement[bool]:
    """Whether an execution is in `rows`: one parameter, as a list of many is what takes the time."""
    if connection.dialect.name == "sqlite":
        listed = func.json_each(json.dumps(rows)).table_valued("value")
        return _E.row.in_(select(listed.c.value))
    return _E.row == any_(literal(list(rows), ARRAY(BigInteger)))


def _total(column: ColumnElement[int | None]) -> ColumnElement[int | None]:
    """A sum that stays an integer on PostgreSQL too."""
    return cast(func.sum(column), BigInteger)


_EXECUTIONS = select(
    _E.row,
    _E.id,
    _E.item_key,
    _E.repetition,
    _E.state,
    _E.stop_reason,
    _E.output,
    _E.problems,
    _E.error,
    _E.cached,
    _E.latency_us,
)


_SCORES = select(_E.row, score.c.scorer, score.c.value, score.c.reason).join(
    score, score.c.execution == _E.id
)

_SERVED = (
    select(
        _E.row,
        _total(_T.cost_nano),
        func.count(_T.cost_nano) == func.count(),
        _total(_T.input_tokens),
        _total(_T.output_tokens),
    )
    .select_from(execution)
    .join(call, and_(call.c.execution == _E.id, call.c.purpose == Purpose.GENERATE))
    .join(attempt, _T.id == call.c.served_by)
    .group_by(_E.row)
)


_ANSWERS = (
    select(_E.row, _T.answer, _T.streamed)
    .select_from(execution)
    .join(call, and_(call.c.execution == _E.id, call.c.purpose == Purpose.GENERATE))
    .join(attempt, _T.id == call.c.served_by)
    .where(_T.answer.is_not(None))
)


def _execution(row: Row[*tuple[Any, ...]]) -> ExecutionRow:
    return ExecutionRow(
        ExecutionId(row.id),
        row.item_key,
        row.repetition,
        ExecutionState(row.state),
        row.stop_reason,
        row.output,
        row.problems,
        row.error,
        bool(row.cached),
        row.latency_us or 0,
    )


def paid_nano(connection: Connection, accounts: Iterable[AccountId]) -> dict[AccountId, int]:
    """What each account has spent."""
    query = select(account.c.id, account.c.spent_nano).where(account.c.id.in_(list(accounts)))
    return {AccountId(name): spent for name, spent in connection.execute(query)}
