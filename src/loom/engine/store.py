"""What the engine writes and reads. Rows do not leave this file."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Text, bindparam, case, insert, literal, or_, select, update

from loom.calls.backend import Received
from loom.calls.models import Purpose
from loom.calls.tables import attempt, call
from loom.core.errors import ConflictError, NotFoundError
from loom.core.ids import AccountId, CallId, ExecutionId, JobId, RunId
from loom.core.jsonvalue import canonical
from loom.engine.models import ExecutionState, Job, JobKind, JobState, NewJob, NewRun, Steer
from loom.engine.tables import execution, job, run, step
from loom.storage.blobs import keep_blob, load_blob, unpack
from loom.storage.statements import Merge, Phase, Statement, Write

__all__ = [
    "ROOT",
    "Existing",
    "Lease",
    "OutrunError",
    "StoredStep",
    "add_step",
    "claim_job",
    "done_execution",
    "end_job",
    "existing_executions",
    "fence_job",
    "finish_execution",
    "lease_of",
    "load_job",
    "lost",
    "new_job",
    "new_run",
    "open_execution",
    "steer_job",
    "stored_steps",
]

ROOT = b""
"""The `parent` of an execution that was not forked."""

_MANY = 500
_J, _E = job.c, execution.c
_OPEN_STATES = (JobState.PENDING, JobState.RUNNING, JobState.PAUSED)

_insert_job = Statement(
    "job.open",
    insert(job),
    params=(
        "id",
        "kind",
        "spec",
        "state",
        "epoch",
        "lease_until_us",
        "account",
        "project",
        "principal",
        "created_us",
    ),
    phase=Phase.INSERT,
)

_insert_run = Statement(
    "run.open",
    insert(run),
    params=(
        "id",
        "job",
        "config_hash",
        "target",
        "suite",
        "suite_hash",
        "model",
        "endpoint",
        "simulated",
        "planned",
        "created_us",
        "folder",
    ),
    phase=Phase.INSERT,
)


def lost() -> ConflictError:
    """What a holder is told when its job is no longer its own."""
    return ConflictError("another process has taken this job over; this one stops")


fence_job = Statement(
    "job.fence",
    update(job)
    .where(_J.id == bindparam("job_id"), _J.epoch == bindparam("our_epoch"))
    .values(lease_until_us=bindparam("until_us")),
    params=("job_id", "our_epoch", "until_us"),
    phase=Phase.FENCE,
    merge=Merge.LAST,
    key=2,
    refusal=lost,
)


class OutrunError(ConflictError):
    """Of two who found a job free at the same moment, the other was faster."""


claim_job = Statement(
    "job.claim",
    update(job)
    .where(
        _J.id == bindparam("job_id"),
        _J.epoch == bindparam("seen_epoch"),
        or_(*(_J.state == state for state in _OPEN_STATES)),
    )
    .values(
        epoch=_J.epoch + 1,
        state=JobState.RUNNING.value,
        steer=None,
        reason=None,
        holder=bindparam("new_holder"),
        lease_until_us=bindparam("until_us"),
    ),
    params=("job_id", "seen_epoch", "new_holder", "until_us"),
    phase=Phase.FENCE,
    refusal=lambda: OutrunError("another process claimed this job at the same moment"),
)

end_job = Statement(
    "job.end",
    update(job)
    .where(_J.id == bindparam("job_id"), _J.epoch == bindparam("our_epoch"), _J.state == JobState.RUNNING)
    .values(
        state=bindparam("new_state"),
        reason=bindparam("why"),
        finished_us=bindparam("now_us"),
        holder=None,
        lease_until_us=0,
    ),
    params=("job_id", "our_epoch", "new_state", "why", "now_us"),
    phase=Phase.UPDATE,
    refusal=lost,
)

steer_job = Statement(
    "job.steer",
    update(job)
    .where(_J.id == bindparam("job_id"), _J.state == JobState.RUNNING)
    .values(steer=case((_J.steer == Steer.STOP, Steer.STOP), else_=bindparam("wish", type_=Text()))),
    params=("job_id", "wish"),
    phase=Phase.UPDATE,
    refusal=lambda: ConflictError("the job is not running"),
)

open_execution = Statement(
    "execution.open",
    insert(execution),
    params=("id", "run", "parent", "item_key", "number", "repetition", "state", "started_us"),
    phase=Phase.INSERT,
)

done_execution = Statement(
    "execution.done",
    insert(execution),
    params=(
        "id",
        "run",
        "parent",
        "item_key",
        "number",
        "repetition",
        "state",
        "stop_reason",
        "output",
        "problems",
        "error",
        "cached",
        "latency_us",
        "started_us",
    ),
    phase=Phase.INSERT,
)

finish_execution = Statement(
    "execution.finish",
    update(execution)
    .where(_E.id == bindparam("execution_id"), _E.state == bindparam("was"))
    .values(
        state=bindparam("new_state"),
        stop_reason=bindparam("why"),
        output=bindparam("result"),
        problems=bindparam("found"),
        error=bindparam("trouble"),
        cached=bindparam("from_cache"),
        latency_us=bindparam("took_us"),
    ),
    params=("execution_id", "was", "new_state", "why", "result", "found", "trouble", "from_cache", "took_us"),
    phase=Phase.UPDATE,
)

add_step = Statement(
    "step.add", insert(step), params=("execution", "seq", "kind", "call", "content"), phase=Phase.INSERT
)


def new_job(new: NewJob, now_us: int) -> list[Write]:
    """The writes that create `new`, without its account."""
    spec, keep = keep_blob(canonical(new.spec))
    return [
        keep,
        _insert_job(
            new.id, new.kind, spec, JobState.PENDING, 0, 0, new.account, new.project, new.principal, now_us
        ),
    ]


def new_run(new: NewRun, job_id: JobId, now_us: int) -> list[Write]:
    """The writes that create `new`."""
    config, keep = keep_blob(canonical(new.config))
    row = (new.target, new.suite, new.suite_hash, new.model, new.endpoint, new.simulated, new.planned)
    return [keep, _insert_run(new.id, job_id, config, *row, now_us, new.folder)]


@dataclass(frozen=True, slots=True)
class Lease:
    """Who works on a job, and until when without another sign of life."""

    state: JobState
    epoch: int
    holder: str | None
    until_us: int
    steer: str | None


def lease_of(connection: Connection, job_id: JobId) -> Lease:
    """The lease as last committed.

    Raises:
        NotFoundError: when there is no such job.
    """
    row = connection.execute(
        select(_J.state, _J.epoch, _J.holder, _J.lease_until_us, _J.steer).where(_J.id == job_id)
    ).one_or_none()
    if row is None:
        raise NotFoundError(f"there is no job {job_id.hex()}")
    return Lease(JobState(row.state), row.epoch, row.holder, row.lease_until_us, row.steer)


def load_job(connection: Connection, job_id: JobId) -> Job:
    """The job with its specification.

    Raises:
        NotFoundError: when there is no such job.
    """
    row = connection.execute(select(job).where(_J.id == job_id)).one_or_none()
    if row is None:
        raise NotFoundError(f"there is no job {job_id.hex()}")
    spec = json.loads(load_blob(connection, row.spec))
    return Job(
        job_id,
        JobKind(row.kind),
        JobState(row.state),
        spec,
        row.epoch,
        AccountId(row.account),
        row.project,
        row.principal,
        row.reason,
    )


@dataclass(frozen=True, slots=True)
class Existing:
    """An execution that is already there."""

    id: ExecutionId
    finished: bool


def existing_executions(
    connection: Connection, run_id: RunId, keys: Sequence[bytes]
) -> dict[tuple[bytes, int, bytes], Existing]:
    """Executions of `run_id` for `keys`, by item key, repetition and parent."""
    found: dict[tuple[bytes, int, bytes], Existing] = {}
    columns = (_E.item_key, _E.repetition, _E.parent, _E.id, _E.state)
    for start in range(0, len(keys), _MANY):
        query = select(*columns).where(_E.run == run_id, _E.item_key.in_(keys[start : start + _MANY]))
        for key, repetition, parent, identifier, state in connection.execute(query):
            found[key, repetition, parent] = Existing(
                ExecutionId(identifier), state != ExecutionState.RUNNING
            )
    return found


@dataclass(frozen=True, slots=True)
class StoredStep:
    """A step as stored: a model turn by the receipt it was read from, any other by its content."""

    call: CallId | None
    received: Received | None
    content: bytes | None


def stored_steps(
    connection: Connection, executions: Sequence[ExecutionId]
) -> dict[ExecutionId, list[StoredStep]]:
    """The steps of each execution, in order.

    A model turn is its call, so only other steps, and turns inherited from another execution, have rows of their
    own; the execution's calls fill the places between them.
    """
    found: dict[ExecutionId, list[StoredStep]] = {}
    for start in range(0, len(executions), _MANY):
        some = executions[start : start + _MANY]
        placed: dict[bytes, dict[int, StoredStep]] = {}
        for row in connection.execute(_PLACED.where(step.c.execution.in_(some))):
            placed.setdefault(row.execution, {})[row.seq] = _stored(row)
        turns: dict[bytes, list[StoredStep]] = {}
        for row in connection.execute(_TURNS.where(call.c.execution.in_(some)).order_by(call.c.row)):
            turns.setdefault(row.execution, []).append(_stored(row))
        for name in some:
            if steps := _in_order(placed.get(name, {}), turns.get(name, [])):
                found[name] = steps
    return found


_PLACED = (
    select(step.c.execution, step.c.seq, step.c.call, step.c.content, attempt.c.answer, attempt.c.streamed)
    .outerjoin(call, call.c.id == step.c.call)
    .outerjoin(attempt, attempt.c.id == call.c.served_by)
)

_TURNS = (
    select(
        call.c.execution,
        call.c.id.label("call"),
        literal(None).label("content"),
        attempt.c.answer,
        attempt.c.streamed,
    )
    .join(attempt, attempt.c.id == call.c.served_by)
    .where(call.c.purpose == Purpose.GENERATE)
)


def _stored(row: Row[*tuple[Any, ...]]) -> StoredStep:
    received = Received(unpack(row.answer), bool(row.streamed)) if row.answer is not None else None
    content = unpack(row.content) if row.content is not None else None
    return StoredStep(CallId(row.call) if row.call else None, received, content)


def _in_order(placed: dict[int, StoredStep], turns: list[StoredStep]) -> list[StoredStep]:
    own = iter(turns)
    steps: list[StoredStep] = []
    while (step_here := placed.get(len(steps)) or next(own, None)) is not None:
        steps.append(step_here)
    return steps
