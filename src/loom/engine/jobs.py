"""Opening a job: its account, its specification, its runs and its stream of events, in one commit."""

from collections.abc import Sequence
from dataclasses import dataclass

from loom.access.key_store import DrawnError
from loom.access.models import Principal
from loom.calls.store import keep_account
from loom.core.clock import Clock
from loom.core.errors import ConflictError, StorageError
from loom.core.ids import AccountId, JobId, new_id, text
from loom.core.jsonvalue import Json
from loom.delivery.models import job_stream
from loom.delivery.store import open_stream, trim
from loom.engine import store
from loom.engine.models import JobKind, NewJob, NewRun
from loom.engine.queue_store import asked_before, forget_asked, keep_asked
from loom.engine.spending import Allowance, allowance
from loom.storage.database import Database
from loom.storage.statements import Write

__all__ = ["JobPlan", "Once", "open_job"]


@dataclass(frozen=True, slots=True)
class Once:
    """A name that whoever asks gives to what they ask for; it is remembered for a week."""

    key: str
    asked: bytes
    """The hash of all that is asked for."""


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

    once: "Once | None" = None
    """So that asking for it again opens no second one."""


async def open_job(database: Database, clock: Clock, plan: JobPlan, principal: Principal) -> JobId:
    """Create the job that `plan` describes; the one that was opened before under its key, when there is one.

    Raises:
        ConflictError: when something else was asked for under that key.
        LimitError: when whoever asks has a cap, and nothing is left of it.
        StorageError: when it cannot be written.
    """
    before = await _opened_before(database, plan.once, principal)
    if before is not None:
        return before
    try:
        return await _open(database, clock, plan, principal)
    except StorageError:
        same = await _opened_before(database, plan.once, principal)  # by who asked at the same moment
        if same is None:
            raise
        return same


async def _open(database: Database, clock: Clock, plan: JobPlan, principal: Principal) -> JobId:
    """Again, when something else was taken from the same cap at the same moment."""
    while True:
        job, now = JobId(new_id()), clock.now_us()
        allowed = await allowance(database, principal.key, plan.limit_nano, now)
        try:
            await database.writer.commit(*_writes(job, plan, principal, allowed, now))
        except DrawnError:
            continue
        return job


def _writes(job: JobId, plan: JobPlan, principal: Principal, allowed: Allowance, now_us: int) -> list[Write]:
    account = AccountId(new_id())
    new = NewJob(job, plan.kind, plan.spec, account, principal=principal.name)
    writes = [
        *plan.content,
        keep_account(account, f"job:{text(job)}", allowed.payer, allowed.limit_nano, 0, 0),
        *allowed.writes,
        *store.new_job(new, now_us),
        *(write for run in plan.runs for write in store.new_run(run, job, now_us)),
        open_stream(job_stream(job), 0),
        *trim(now_us),
    ]
    if plan.once is not None:
        writes.append(keep_asked(principal.name, plan.once.key, plan.once.asked, job, now_us))
        writes.append(forget_asked(now_us))
    return writes


async def _opened_before(database: Database, once: Once | None, principal: Principal) -> JobId | None:
    if once is None:
        return None
    before = await database.read(lambda connection: asked_before(connection, principal.name, once.key))
    if before is None:
        return None
    if before.asked != once.asked:
        remedy = "send a new key for something new"
        raise ConflictError(f"the idempotency key '{once.key}' stands for another request already; {remedy}")
    return before.job
