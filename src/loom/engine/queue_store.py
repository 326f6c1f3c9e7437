"""What is written and read of jobs that nobody works on yet: those a server will take up, and those asked for once."""

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, insert, or_, select, update

from loom.core.errors import ConflictError
from loom.core.ids import JobId
from loom.engine.models import JobState
from loom.engine.store import Lease
from loom.engine.tables import hosted, job, once
from loom.storage.statements import Phase, Statement, Write

__all__ = [
    "AskedBefore",
    "Hosted",
    "asked_before",
    "end_idle",
    "forget_asked",
    "host",
    "hosted_jobs",
    "keep_asked",
    "unhost",
]

_J, _O = job.c, once.c
_REMEMBERED_US = 7 * 24 * 3600 * 1_000_000

host = Statement("hosted.add", insert(hosted), params=("job",), phase=Phase.KEEP)

unhost = Statement(
    "hosted.remove",
    delete(hosted).where(hosted.c.job == bindparam("job_id")),
    params=("job_id",),
    phase=Phase.SWEEP,
)

end_idle = Statement(
    "job.end_idle",
    update(job)
    .where(
        _J.id == bindparam("job_id"),
        _J.epoch == bindparam("seen_epoch"),
        or_(_J.state == JobState.PENDING, _J.state == JobState.PAUSED),
    )
    .values(state=bindparam("new_state"), reason=bindparam("why"), finished_us=bindparam("now_us")),
    params=("job_id", "seen_epoch", "new_state", "why", "now_us"),
    phase=Phase.UPDATE,
    refusal=lambda: ConflictError("someone began to work on it at the same moment; try again"),
)
"""A new state for a job that nobody works on."""

keep_asked = Statement(
    "once.add",
    insert(once),
    params=("principal", "key", "asked", "job", "at_us"),
    phase=Phase.INSERT,
)

_forget_asked = Statement(
    "once.trim",
    delete(once).where(_O.at_us < bindparam("before_us")),
    params=("before_us",),
    phase=Phase.SWEEP,
)


def forget_asked(now_us: int) -> Write:
    """Let go of the keys that are a week old: who asks again so late asks for something new."""
    return _forget_asked(now_us - _REMEMBERED_US)


@dataclass(frozen=True, slots=True)
class Hosted:
    """A job that servers are to work through."""

    job: JobId
    lease: Lease
    reason: str | None
    """Why it is as it is."""


def hosted_jobs(connection: Connection, only: JobId | None = None) -> list[Hosted]:
    """The jobs that servers are to work through, in the order in which they were handed over."""
    lease = (_J.state, _J.epoch, _J.holder, _J.lease_until_us, _J.steer)
    query = select(_J.id, *lease, _J.reason).join(hosted, hosted.c.job == _J.id).order_by(hosted.c.row)
    if only is not None:
        query = query.where(_J.id == only)
    return [
        Hosted(
            JobId(row.id),
            Lease(JobState(row.state), row.epoch, row.holder, row.lease_until_us, row.steer),
            row.reason,
        )
        for row in connection.execute(query)
    ]


@dataclass(frozen=True, slots=True)
class AskedBefore:
    """What was asked for under a key."""

    asked: bytes
    job: JobId


def asked_before(connection: Connection, principal: str, key: str) -> AskedBefore | None:
    """What `principal` asked for under `key`; None when nothing yet."""
    query = select(_O.asked, _O.job).where(_O.principal == principal, _O.key == key)
    row = connection.execute(query).one_or_none()
    return None if row is None else AskedBefore(row.asked, JobId(row.job))
