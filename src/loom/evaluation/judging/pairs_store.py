"""What is read of jobs in which a judge compared the outputs of two runs. Rows do not leave this file."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, select

from loom.core.ids import JobId, RunId
from loom.core.jsonvalue import Json, decoded
from loom.engine.models import ExecutionState, JobKind, JobState
from loom.engine.tables import execution, job, run
from loom.storage.blobs import unpack

__all__ = ["EndedPair", "ended_pairs", "run_of", "unfinished_judging"]

_FINAL = [state for state in JobState if state.final]


@dataclass(frozen=True, slots=True)
class EndedPair:
    """One pair as stored."""

    key: bytes
    """Of the case."""

    outcome: Json | None
    error: str | None


def unfinished_judging(connection: Connection, spec: bytes) -> JobId | None:
    """The newest job with this specification, by its hash, that is not over."""
    query = (
        select(job.c.id)
        .where(job.c.kind == JobKind.JUDGING, job.c.spec == spec, job.c.state.not_in(_FINAL))
        .order_by(job.c.row.desc())
        .limit(1)
    )
    found = connection.execute(query).scalar()
    return None if found is None else JobId(found)


def run_of(connection: Connection, job_id: JobId) -> RunId:
    """The run of a job that has one."""
    return RunId(connection.execute(select(run.c.id).where(run.c.job == job_id)).scalar_one())


def ended_pairs(connection: Connection, run_id: RunId) -> Iterator[EndedPair]:
    """Those that have ended, in the order of the suite, repetition by repetition."""
    columns = (execution.c.item_key, execution.c.output, execution.c.error)
    query = (
        select(*columns)
        .where(execution.c.run == run_id, execution.c.state != ExecutionState.RUNNING)
        .order_by(execution.c.repetition, execution.c.number)
    )
    for key, output, error in connection.execute(query):
        yield EndedPair(key, None if output is None else decoded(unpack(output)), error)
