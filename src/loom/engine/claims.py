"""Claiming a job: one holder at a time, by a lease that a heartbeat renews and an epoch that fences out the last one.

A holder that died is noticed at once on its own machine, and by its lease elsewhere.
"""

import os
import socket

from loom.calls.journal import Journal
from loom.calls.store import mark_unknown, release_unknown
from loom.core.clock import Clock
from loom.core.errors import ConflictError
from loom.core.failpoint import failpoint
from loom.core.ids import JobId, short
from loom.engine import store
from loom.engine.models import Job, JobState, Steer
from loom.engine.spending import new_budget
from loom.engine.telling import Telling
from loom.storage.database import Database
from loom.storage.statements import Write
from loom.storage.writer import Writer

__all__ = ["LEASE_S", "Claim", "Signs", "claim", "steer"]

LEASE_S = 15.0
_POLL_S = 0.5
_MOST_WATCHED = 1024
_THIS_PROCESS = os.urandom(4).hex()
"""Tells this process from one that had its number before, as in a container that was started again."""


class Claim:
    """A job that is ours while the lease holds."""

    def __init__(self, job: Job, epoch: int, clock: Clock, *, resumed: bool) -> None:
        """`resumed`: someone worked on it before."""
        self.job = job
        self.epoch = epoch
        self.resumed = resumed
        self.telling = Telling(job, clock)
        self.ended = False
        """Whether it has been given up: nothing more is told of it."""

        self._clock = clock
        self.renew()

    def journal(self, writer: Writer) -> Journal:
        """Where the work of this job is written down, behind its fence."""
        job = self.job
        return Journal(writer, self._clock, job.account, job.project, self.epoch, self.fence)

    def renew(self) -> None:
        """Let the lease run anew from now, with the next commit."""
        self._until_us = _lease_end(self._clock)
        self._fence = store.fence_job(self.job.id, self.epoch, self._until_us)

    def fence(self) -> Write:
        """Joins every commit for the job: proves that it is still ours, or fails the commit."""
        if self._clock.now_us() > self._until_us:
            self.renew()  # the database was away for long; the lease must not be written as one that has passed
        return self._fence


def _lease_end(clock: Clock) -> int:
    return clock.now_us() + round(LEASE_S * 1e6)


async def claim(
    database: Database,
    clock: Clock,
    job_id: JobId,
    *,
    limit_nano: int | None = None,
    signs: "Signs | None" = None,
) -> Claim:
    """Make `job_id` ours, and charge what its last holder left open as unknown.

    With `limit_nano` the job goes on within that budget, whatever it had before, what it has spent included.
    It waits at most one lease for a holder elsewhere to give a sign of life; not where `signs` were watched before.

    Raises:
        NotFoundError: when there is no such job.
        ConflictError: when it is finished, or someone is working on it.
        LimitError: when the key that opened it has nothing left of its cap for a new budget.
    """
    failpoint("claim.before")
    try:
        claimed = await _claim(database, signs or Signs(clock), job_id, limit_nano, wait=signs is None)
    except store.OutrunError:
        if signs is not None:
            raise
        claimed = await _claim(database, Signs(clock), job_id, limit_nano, wait=True)
    failpoint("claim.after")
    return claimed


async def _claim(
    database: Database, signs: "Signs", job_id: JobId, limit_nano: int | None, *, wait: bool
) -> Claim:
    clock = signs.clock
    seen = await _free(database, signs, job_id, LEASE_S + _POLL_S if wait else 0)
    job = await database.read(lambda connection: store.load_job(connection, job_id))
    now = clock.now_us()
    budget = () if limit_nano is None else await new_budget(database, job.account, limit_nano, now)
    epoch = seen.epoch + 1
    await database.writer.commit(
        store.claim_job(job_id, seen.epoch, _holder(), _lease_end(clock)),
        release_unknown(job.account, epoch),
        mark_unknown(job.account, epoch, now),
        *budget,
        *Telling(job, clock).started(resumed=seen.epoch > 0),
    )
    return Claim(job, epoch, clock, resumed=seen.epoch > 0)


async def _free(database: Database, signs: "Signs", job_id: JobId, wait_s: float) -> store.Lease:
    clock = signs.clock
    deadline = clock.monotonic() + wait_s
    while True:
        seen = await database.read(lambda connection: store.lease_of(connection, job_id))
        if seen.state.final:
            raise ConflictError(f"job {short(job_id)} is {seen.state} already; start a new one")
        if signs.is_free(job_id, seen):
            return seen
        if clock.monotonic() >= deadline:
            raise ConflictError(
                f"job {short(job_id)} is being worked on by {seen.holder}; pause it there first"
            )
        await clock.sleep(_POLL_S)


class Signs:
    """The signs of life of those who hold jobs, as seen from here.

    A lease ends at its time. One that is not renewed for as long as a lease lasts has ended too, whatever time it was
    given: the clock of its holder may be wrong, or ours.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._last: dict[JobId, tuple[store.Lease, float]] = {}
        """What was seen last of the leases that run, and since when it has been so."""

    def is_free(self, job_id: JobId, seen: store.Lease) -> bool:
        """Whether nobody works on the job whose lease this is now, as far as can be told by now."""
        if seen.state is not JobState.RUNNING or seen.until_us < self.clock.now_us() or _dead(seen.holder):
            self._last.pop(job_id, None)
            return True
        last, since = self._last.get(job_id, (None, 0.0))
        if last is None or (last.epoch, last.until_us) != (seen.epoch, seen.until_us):
            if len(self._last) >= _MOST_WATCHED:
                self._last.clear()
            since = self.clock.monotonic()
            self._last[job_id] = seen, since
        return self.clock.monotonic() - since >= LEASE_S


def _holder() -> str:
    return f"{socket.gethostname()}:{os.getpid()}:{_THIS_PROCESS}"


def _dead(holder: str | None) -> bool:
    """Whether the holder was a process of this machine that is gone, perhaps one that had our number."""
    host, _, rest = (holder or "").partition(":")
    pid, _, token = rest.partition(":")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return int(pid) == os.getpid() and token != _THIS_PROCESS


async def steer(database: Database, job_id: JobId, wish: Steer) -> None:
    """Ask the holder of `job_id`, wherever it runs, to pause or stop.

    Raises:
        ConflictError: when nobody works on it.
    """
    await database.writer.commit(store.steer_job(job_id, wish))
