"""What is written and read of runs whose executions were carried out elsewhere. Rows do not leave this file.

Each result is an execution with one step, which holds it as it came. Until the run is closed its executions count as
running, so nobody adds up a part of it.
"""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select, update

from loom.core.errors import ConflictError
from loom.core.hashing import hash_bytes
from loom.core.ids import ExecutionId, JobId, RunId
from loom.engine.models import ExecutionState, JobState
from loom.engine.store import ROOT, add_step, open_execution
from loom.engine.tables import execution, job, run, step
from loom.storage.blobs import pack, unpack
from loom.storage.statements import Phase, Statement, Write

__all__ = ["Recorded", "add_recorded", "close_run", "finish_recorded", "job_of", "recorded", "respecify"]

_RECORDED = "recorded"
_E, _J, _R = execution.c, job.c, run.c


def _closed() -> ConflictError:
    return ConflictError("the run is finished already; open a new one")


finish_recorded = Statement(
    "record.finish",
    update(execution)
    .where(_E.id == bindparam("execution_id"), _E.state == ExecutionState.RUNNING)
    .values(
        item_key=bindparam("key"),
        number=bindparam("place"),
        repetition=bindparam("again"),
        state=bindparam("new_state"),
        stop_reason=_RECORDED,
        output=bindparam("result"),
        problems=bindparam("found"),
        error=bindparam("trouble"),
        cached=False,
        latency_us=bindparam("took_us"),
    ),
    params=("execution_id", "key", "place", "again", "new_state", "result", "found", "trouble", "took_us"),
    phase=Phase.UPDATE,
    refusal=_closed,
)

close_run = Statement(
    "record.close",
    update(run)
    .where(_R.id == bindparam("run_id"))
    .values(suite_hash=bindparam("suite"), planned=bindparam("number"), model=bindparam("by")),
    params=("run_id", "suite", "number", "by"),
    phase=Phase.UPDATE,
)

respecify = Statement(
    "record.spec",
    update(job).where(_J.id == bindparam("job_id")).values(spec=bindparam("new_spec")),
    params=("job_id", "new_spec"),
    phase=Phase.UPDATE,
)

_still_open = Statement(
    "record.open",
    update(job)
    .where(
        _J.id == select(_R.job).where(_R.id == bindparam("run_id")).scalar_subquery(),
        _J.state == JobState.PENDING,
    )
    .values(epoch=_J.epoch + 1),  # whoever closes it from what was there before is refused
    params=("run_id",),
    phase=Phase.FENCE,
    refusal=_closed,
)


class Recorded(NamedTuple):
    """A result as it came."""

    execution: ExecutionId
    content: bytes


def add_recorded(run_id: RunId, results: Iterable[Recorded], at_us: int) -> list[Write]:
    """The writes that add `results` to an open run; until it is closed their ids stand for their cases."""
    writes = [_still_open(run_id)]
    for name, content in results:
        key = hash_bytes(name)
        writes.append(open_execution(name, run_id, ROOT, key, 0, 0, ExecutionState.RUNNING, at_us))
        writes.append(add_step(name, 0, _RECORDED, None, pack(content)))
    return writes


def recorded(connection: Connection, run_id: RunId) -> list[Recorded]:
    """The results of a run, in the order in which they came."""
    query = (
        select(_E.id, step.c.content)
        .join(step, step.c.execution == _E.id)
        .where(_E.run == run_id, step.c.kind == _RECORDED)
        .order_by(_E.row)
    )
    return [Recorded(ExecutionId(name), unpack(content)) for name, content in connection.execute(query)]


def job_of(connection: Connection, run_id: RunId) -> JobId | None:
    """The job of a run; None when there is no such run."""
    found = connection.execute(select(_R.job).where(_R.id == run_id)).scalar()
    return None if found is None else JobId(found)
