"""Opening a job: its account, its specification and its runs, in one commit."""

from collections.abc import Sequence
from dataclasses import dataclass

from loom.access.models import Principal
from loom.calls.store import keep_account
from loom.core.clock import Clock
from loom.core.ids import AccountId, JobId, new_id, text
from loom.core.jsonvalue import Json
from loom.engine import store
from loom.engine.models import JobKind, NewJob, NewRun
from loom.storage.database import Database
from loom.storage.statements import Write

__all__ = ["JobPlan", "open_job"]


@dataclass(frozen=True, slots=True)
class JobPlan:
    """A job that someone wants."""

    kind: JobKind
    spec: Json
    """Everything needed to carry it out again elsewhere."""

    runs: Sequence[NewRun]
    limit_nano: int | None = None
    """The budget in 1e-9 USD."""

    content: Sequence[Write] = ()
    """Writes that keep what the specification refers to by hash."""


async def open_job(database: Database, clock: Clock, plan: JobPlan, principal: Principal) -> JobId:
    """Create the job that `plan` describes.

    Raises:
        StorageError: when it cannot be written.
    """
    job, account, now = JobId(new_id()), AccountId(new_id()), clock.now_us()
    new = NewJob(job, plan.kind, plan.spec, account, principal=principal.name)
    await database.writer.commit(
        *plan.content,
        keep_account(account, f"job:{text(job)}", None, plan.limit_nano, 0, 0),
        *store.new_job(new, now),
        *(write for run in plan.runs for write in store.new_run(run, job, now)),
    )
    return job
