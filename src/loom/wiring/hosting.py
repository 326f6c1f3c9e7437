"""Jobs in the background of a server: at most so many at once, the others wait in their order.

What a server is to work through is in the store, so a server that died, or was shut down, goes on when it starts
again, or another server on the same store does. Jobs that others work on, such as `loom eval` at a terminal, are
steered but never taken over.
"""

import asyncio
import logging
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from loom.access.models import Principal, Role
from loom.access.rights import reaching_for, require
from loom.calls.attempts import refuse_unpriced
from loom.core.endpoint_config import SIMULATED_ENDPOINT
from loom.core.errors import ConflictError, LoomError, Problem, StorageError, UsageError
from loom.core.ids import JobId, short, text
from loom.engine import queue_store
from loom.engine.claims import Signs, steer
from loom.engine.models import Job, JobKind, JobState, Steer
from loom.engine.runner import Ended
from loom.engine.spending import new_budget
from loom.engine.store import lease_of, load_job
from loom.engine.telling import Telling

if TYPE_CHECKING:
    from loom.wiring.app import App

__all__ = ["JobHost", "Terms"]

_GRACE_S = 10.0
_LOOK_S = 2.0
"""How long a job that another server has left may wait to be noticed."""

_SHUT_DOWN = "the server was shut down; it goes on when the server starts again"
_EMBEDDED_AT_ONCE = 4
"""The embedded family computes in this very process: more at once is no faster, and keeps pages waiting."""

_HOSTED = (JobKind.EVALUATION, JobKind.RESCORE)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Terms:
    """What is different from when a job was opened."""

    concurrency: int | None = None
    budget_nano: int | None = None


class _Work(Protocol):
    def steer(self, wish: Steer, reason: str = "") -> None: ...

    async def run(self) -> Ended: ...


class JobHost:
    """Works through the jobs that it is given, in this process."""

    def __init__(self, app: "App") -> None:
        self._app = app
        self._signs = Signs(app.clock)
        self._most = app.settings.max_concurrent_runs
        self._arriving: set[JobId] = set()
        """Those that are being handed over at this moment."""

        self._waiting: OrderedDict[JobId, Terms] = OrderedDict()
        self._tasks: dict[JobId, asyncio.Task[None]] = {}
        self._works: dict[JobId, _Work] = {}
        self._wishes: dict[JobId, Steer] = {}
        """What was wished of a job before it was claimed."""

        self._closing = False
        self._watcher: asyncio.Task[None] | None = None

    @property
    def running(self) -> int:
        """How many jobs it works on now."""
        return len(self._tasks)

    @property
    def waiting(self) -> tuple[JobId, ...]:
        """Those whose turn has not come, in their order."""
        return tuple(self._waiting)

    def begins(self, job: JobId) -> bool:
        """Whether it is about to be worked on here, whatever the store says of it still."""
        return self._has(job) and job not in self._works

    async def start(self) -> None:
        """Go on with what a server was working through when it ended, however it ended; from now on as well."""
        await self._look()
        self._watcher = self._watcher or asyncio.create_task(self._watch(), name="loom-hosting")

    async def begin(self, job: JobId, principal: Principal) -> None:
        """Work through `job`, which was just opened; nothing where that was asked for before, and it was begun then.

        Raises:
            ForbiddenError: as `submit`.
        """
        if (await self._load(job)).state is JobState.PENDING:
            with suppress(ConflictError):  # someone has begun it this very moment
                await self.submit(job, principal)

    async def submit(self, job: JobId, principal: Principal, terms: Terms | None = None) -> None:
        """Work through `job`, new, paused or abandoned, as soon as there is room; again changes nothing.

        Raises:
            ForbiddenError: when `principal` may not start what costs money.
            ConflictError: when it is over, or someone works on it elsewhere.
        """
        require(principal, Role.RUN)
        stored = await self._load(job)
        if stored.state is JobState.PAUSED and job in self._works:  # its task outlives its end a little
            await asyncio.wait((self._tasks[job],), timeout=_LOOK_S)
        if self._has(job) and not stored.state.final:
            return
        if stored.state.final or (stored.state is JobState.RUNNING and not await self._abandoned(job)):
            raise ConflictError(f"job {short(job)} is {stored.state} already")
        if stored.kind not in _HOSTED:
            remedy = "run it again where it was begun"
            raise UsageError(
                Problem(f"is a {stored.kind}: no server works through it", short(job), remedy=remedy)
            )
        await self._host(job, terms or Terms())

    async def pause(self, job: JobId, principal: Principal) -> None:
        """Start nothing more of `job`; what is in flight ends. It can be resumed.

        Raises:
            ForbiddenError: as `submit`.
            ConflictError: when it is neither running nor waiting.
        """
        await self._steer(job, Steer.PAUSE, JobState.PAUSED, principal)

    async def stop(self, job: JobId, principal: Principal) -> None:
        """As `pause`, for good; also one that is paused.

        Raises:
            ForbiddenError: as `submit`.
            ConflictError: when it is over already.
        """
        await self._steer(job, Steer.STOP, JobState.STOPPED, principal)

    async def limit(self, job: JobId, budget_nano: int, principal: Principal) -> None:
        """From now on `job` may spend `budget_nano` in all; while it runs as well.

        Raises:
            ForbiddenError: as `submit`.
            ConflictError: when it is over.
            LimitError: when the price of its model is unknown, or the key that opened it has nothing left of its cap.
        """
        require(principal, Role.RUN)
        stored = await self._load(job)
        if stored.state.final:
            raise ConflictError(f"job {short(job)} is {stored.state}; it spends nothing more")
        await self._refuse_unpriced(stored)
        budget = await new_budget(self._app.database, stored.account, budget_nano, self._app.clock.now_us())
        await self._app.database.writer.commit(*budget)

    async def aclose(self) -> None:
        """Pause what runs, so that a server goes on with it; what is in flight has 10 s to end. Idempotent."""
        self._closing = True
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)
        self._waiting.clear()
        for work in self._works.values():
            work.steer(Steer.PAUSE, _SHUT_DOWN)
        tasks = list(self._tasks.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=_GRACE_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _refuse_unpriced(self, stored: Job) -> None:
        model, endpoint = stored.spec.get("model"), stored.spec.get("endpoint")
        if model and endpoint:
            route = await self._app.endpoints.route(model=model, endpoint=endpoint)
            refuse_unpriced(route.price, model, budgeted=True)

    async def _load(self, job: JobId) -> Job:
        return await self._app.database.read(lambda connection: load_job(connection, job))

    async def _abandoned(self, job: JobId) -> bool:
        """Whether whoever worked on it has given no sign of life for longer than they may."""
        lease = await self._app.database.read(lambda connection: lease_of(connection, job))
        return lease.state is JobState.RUNNING and self._signs.is_free(job, lease)

    async def _watch(self) -> None:
        while True:
            await self._app.clock.sleep(_LOOK_S)
            try:
                await self._look()
            except StorageError as error:
                _log.warning("jobs to be done cannot be looked up now: %s", error)

    async def _look(self) -> None:
        """Take what nobody works on. What a person has paused a moment ago is about to leave the list."""
        for one in await self._app.database.read(queue_store.hosted_jobs):
            paused = one.lease.state is JobState.PAUSED and one.reason != _SHUT_DOWN
            if not self._has(one.job) and not paused and self._signs.is_free(one.job, one.lease):
                self._take(one.job, Terms())

    async def _may_begin(self, job: JobId) -> bool:
        """Whether it is still to be done, and nobody else does it."""
        found = await self._app.database.read(lambda connection: queue_store.hosted_jobs(connection, job))
        return any(self._signs.is_free(job, one.lease) for one in found)

    def _has(self, job: JobId) -> bool:
        return job in self._arriving or job in self._waiting or job in self._tasks

    async def _host(self, job: JobId, terms: Terms) -> None:
        if self._has(job):
            return
        self._arriving.add(job)
        try:
            await self._app.database.writer.commit(queue_store.host(job))
        finally:
            self._arriving.discard(job)
        self._take(job, terms)

    def _take(self, job: JobId, terms: Terms) -> None:
        self._waiting[job] = terms
        self._fill()

    def _fill(self) -> None:
        while self._waiting and len(self._tasks) < self._most and not self._closing:
            job, terms = self._waiting.popitem(last=False)
            self._tasks[job] = asyncio.create_task(self._carry_out(job, terms))

    async def _carry_out(self, job: JobId, terms: Terms) -> None:
        try:
            if not await self._may_begin(job):
                return
            stored = await self._load(job)
            with reaching_for(stored.principal, self._app.reach):
                ended = await self._worked(stored, terms)
            if not (self._closing and ended is not None and ended.state is JobState.PAUSED):
                await self._app.database.writer.commit(queue_store.unhost(job))
        except ConflictError as error:
            if await self._may_begin(job):  # else another server was a moment faster
                await self._give_up(job, str(error))
        except LoomError as error:
            await self._give_up(job, str(error))
        except Exception:  # noqa: BLE001 - the door of background work: nobody else would hear of it
            _log.exception("job %s met an internal error", text(job))
            await self._give_up(job, "an internal error: the server's log says more")
        finally:
            del self._tasks[job]
            self._works.pop(job, None)
            self._wishes.pop(job, None)
            self._fill()

    async def _worked(self, stored: Job, terms: Terms) -> Ended | None:
        job = stored.id
        if stored.state.final:
            return None
        service = self._app.rescorings if stored.kind is JobKind.RESCORE else self._app.evaluations
        work = await service.work(
            job, concurrency=_at_once(stored, terms), budget_nano=terms.budget_nano, signs=self._signs
        )
        self._works[job] = work
        if self._closing:
            work.steer(Steer.PAUSE, _SHUT_DOWN)
        elif job in self._wishes:
            work.steer(self._wishes[job])
        ended = await work.run()
        if ended.state.final:
            await self._app.labels.apply(await self._app.reports.find(text(job)))
        return ended

    async def _give_up(self, job: JobId, reason: str) -> None:
        """Nobody is to work on it until a person says so; they are told why."""
        with suppress(LoomError):
            await self._app.database.writer.commit(queue_store.unhost(job))
            await self._put_to_rest(await self._load(job), JobState.PAUSED, reason)

    async def _steer(self, job: JobId, wish: Steer, state: JobState, principal: Principal) -> None:
        require(principal, Role.RUN)
        stored = await self._load(job)
        if stored.state.final:
            raise ConflictError(f"job {short(job)} is {stored.state} already")
        if job in self._works:
            self._works[job].steer(wish)
        elif job in self._tasks:
            self._wishes[job] = wish
        elif stored.state is JobState.RUNNING and await self._abandoned(job):
            self._wishes[job] = wish  # taken over only to be put to rest in good order
            await self._host(job, Terms())
        elif stored.state is JobState.RUNNING:
            await steer(self._app.database, job, wish)
        elif stored.state is state:
            raise ConflictError(f"job {short(job)} is {state} already")
        else:
            self._waiting.pop(job, None)
            await self._put_to_rest(stored, state, f"{state} by a person")
            await self._app.database.writer.commit(queue_store.unhost(job))

    async def _put_to_rest(self, stored: Job, state: JobState, reason: str) -> None:
        """A new state for a job that nobody works on."""
        if stored.state not in (JobState.PENDING, JobState.PAUSED):
            return
        now = self._app.clock.now_us()
        await self._app.database.writer.commit(
            queue_store.end_idle(stored.id, stored.epoch, state, reason, now if state.final else None),
            *Telling(stored, self._app.clock).ended(state, reason),
        )


def _at_once(stored: Job, terms: Terms) -> int | None:
    """How many calls may be in flight; None: as the job was opened."""
    if stored.spec.get("endpoint") != SIMULATED_ENDPOINT:
        return terms.concurrency
    return min(terms.concurrency or stored.spec.get("concurrency", 1), _EMBEDDED_AT_ONCE)
