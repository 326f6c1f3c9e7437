"""Earlier tests as stored: jobs with one execution. Rows do not leave this file."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Connection, Row, Select, cast, func, or_, select

from loom.calls.models import Purpose
from loom.calls.store import UNPRICED
from loom.calls.tables import account, attempt, call
from loom.core.ids import ExecutionId, RunId
from loom.engine.models import JobKind
from loom.engine.tables import execution, job, run

__all__ = ["Answer", "Served", "StoredTest", "answers_of", "find_tests", "list_tests", "served"]

_R, _J, _E, _T = run.c, job.c, execution.c, attempt.c
_MOST_ALIKE = 5


@dataclass(frozen=True, slots=True)
class StoredTest:
    """A test, and what its execution came to."""

    row: int
    id: RunId
    worker: str
    model: str
    endpoint: str
    simulated: bool
    created_us: int
    spec: bytes
    principal: str
    job_state: str
    reason: str | None
    paid_nano: int
    unpriced: int
    """Attempts that may have been paid at a price nobody knows."""

    execution: ExecutionId | None
    """None before it has begun."""

    state: str | None
    stop_reason: str
    output: bytes | None
    """Packed."""

    problems: tuple[str, ...]
    error: str | None
    cached: bool
    latency_us: int


class Served(NamedTuple):
    """What the answers for an execution took."""

    input_tokens: int
    output_tokens: int


class Answer(NamedTuple):
    """What a model sent."""

    body: bytes
    """Packed."""

    streamed: bool


def list_tests(connection: Connection, worker: str | None, before: int | None, size: int) -> list[StoredTest]:
    """The newest first; with `before`, those that were opened before that row."""
    query = _tests().order_by(_R.row.desc()).limit(size)
    if worker is not None:
        query = query.where(_R.target == worker)
    if before is not None:
        query = query.where(_R.row < before)
    return [_test(row) for row in connection.execute(query).all()]


def find_tests(connection: Connection, tail: bytes) -> list[StoredTest]:
    """A few whose id, or whose job's id, ends with `tail`; newest first."""
    sqlite = connection.dialect.name == "sqlite"

    def ends(column: Any) -> Any:
        digits: Any = func.lower(func.hex(column)) if sqlite else func.encode(column, "hex")
        return digits.endswith(tail.hex())

    query = _tests().where(or_(ends(_R.id), ends(_J.id))).order_by(_R.row.desc()).limit(_MOST_ALIKE)
    return [_test(row) for row in connection.execute(query).all()]


def served(connection: Connection, executions: Sequence[ExecutionId]) -> dict[ExecutionId, Served]:
    """What the answers for each of `executions` took; none for one where no answer told it."""
    query = (
        select(
            call.c.execution,
            cast(func.coalesce(func.sum(_T.input_tokens), 0), BigInteger),
            cast(func.coalesce(func.sum(_T.output_tokens), 0), BigInteger),
        )
        .join(attempt, _T.id == call.c.served_by)
        .where(call.c.execution.in_(executions), call.c.purpose == Purpose.GENERATE)
        .group_by(call.c.execution)
        .having(func.count(_T.input_tokens) > 0)
    )
    return {
        ExecutionId(name): Served(tokens_in, tokens_out)
        for name, tokens_in, tokens_out in connection.execute(query).all()
    }


def answers_of(connection: Connection, name: ExecutionId) -> list[Answer]:
    """The answers that an execution was given, in order, as they came."""
    query = (
        select(_T.answer, _T.streamed)
        .join(call, _T.id == call.c.served_by)
        .where(call.c.execution == name, call.c.purpose == Purpose.GENERATE, _T.answer.is_not(None))
        .order_by(call.c.row)
    )
    return [Answer(body, bool(streamed)) for body, streamed in connection.execute(query).all()]


def _tests() -> Select[Any]:
    outcome = (_E.state, _E.stop_reason, _E.output, _E.problems, _E.error, _E.cached, _E.latency_us)
    of_job = (_J.spec, _J.principal, _J.state.label("job_state"), _J.reason, account.c.spent_nano)
    tries = select(func.count()).select_from(call).join(attempt, _T.call == call.c.id)
    unpriced = tries.where(call.c.execution == _E.id, UNPRICED).correlate(execution).scalar_subquery()
    return (
        select(run, *of_job, unpriced.label("unpriced"), _E.id.label("execution"), *outcome)
        .join(job, _J.id == _R.job)
        .join(account, account.c.id == _J.account)
        .outerjoin(execution, _E.run == _R.id)
        .where(_J.kind == JobKind.TEST)
    )


def _test(row: Row[Any]) -> StoredTest:
    return StoredTest(
        row.row,
        RunId(row.id),
        row.target,
        row.model,
        row.endpoint,
        row.simulated,
        row.created_us,
        row.spec,
        row.principal,
        row.job_state,
        row.reason,
        row.spent_nano,
        row.unpriced,
        None if row.execution is None else ExecutionId(row.execution),
        row.state,
        row.stop_reason or "",
        row.output,
        tuple(row.problems.split("\n")) if row.problems else (),
        row.error,
        bool(row.cached),
        row.latency_us or 0,
    )
