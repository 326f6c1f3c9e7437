"""Working through a job: a bounded number of executions at a time, until it is done, paused, or cannot go on.

The items come as an iterator and are taken in chunks, so memory holds what is in flight, not what is to do.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby, islice
from typing import Any

from loom.calls.halt import HaltedError
from loom.calls.journal import Journal
from loom.core.errors import LoomError, StorageError
from loom.core.ids import ExecutionId, RunId, new_id
from loom.core.jsonvalue import canonical
from loom.engine import store
from loom.engine.claims import LEASE_S, Claim
from loom.engine.executor import Executor, Ready, Task
from loom.engine.models import Begun, ExecutionState, Finished, JobState, Outcome, Steer, WorkItem
from loom.storage.blobs import pack
from loom.storage.database import Database
from loom.storage.statements import Write

__all__ = ["Ended", "Finish", "JobRunner", "Watch"]

Finish = Callable[[Finished], Awaitable[Sequence[Write]]]
"""What follows from an outcome, such as scores: written in the same commit as the outcome."""

Watch = Callable[[Finished], None]
"""Told of every outcome, in the order in which they come in."""

_CHUNK = 256
_GRACE_S = 30.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How working through a job came to its end."""

    state: JobState
    reason: str | None = None
    cause: LoomError | None = None
    """With a pause nobody asked for: why the job cannot go on now."""


async def _nothing(_finished: Finished) -> Sequence[Write]:
    return ()


class JobRunner:
    """Works through one claimed job, once."""

    def __init__(
        self,
        database: Database,
        journal: Journal,
        claim: Claim,
        executors: Mapping[RunId, Executor],
        *,
        finish: Finish = _nothing,
        watch: Watch | None = None,
    ) -> None:
        self._database = database
        self._journal = journal
        self._clock = journal.clock
        self._claim = claim
        self._executors = executors
        self._finish = finish
        self._watch = watch
        self._prepared: deque[tuple[Task, Ready]] = deque()
        self._refill: asyncio.Task[None] | None = None
        self._exhausted = False
        self._idle: deque[asyncio.Future[None]] = deque()
        """Of the workers that found nothing prepared."""

        self._called: asyncio.Future[None] | None = None
        """Of the one among them that was called, and has not looked yet."""

        self._halt = asyncio.Event()
        self._broken_off = False
        """Whether a task that was begun was not ended."""

        self._wish: Steer | None = None
        self._why = ""
        self._cause: LoomError | None = None
        self._bug: BaseException | None = None

    def steer(self, wish: Steer, reason: str = "") -> None:
        """Pause or stop: send nothing more, let what is on the wire come in. A stop is not turned into a pause.

        `reason` is given in place of that a person wished it.
        """
        if self._wish is not Steer.STOP:
            self._wish, self._why = wish, reason
        self._stop_sending()

    def _stop_sending(self) -> None:
        self._halt.set()
        self._journal.halt.ask()

    async def run(self, items: Iterable[WorkItem], concurrency: int) -> Ended:
        """Carry out what is still to do of `items`, `concurrency` at a time.

        What is on the wire when the job halts has 30 s to come in; what is cut off after that, or by cancelling this,
        is charged as unknown and done again on resume.
        """
        source = iter(items)
        workers = [asyncio.create_task(self._work(source, concurrency)) for _ in range(concurrency)]
        heartbeat, halted = asyncio.create_task(self._heartbeat()), asyncio.create_task(self._halt.wait())
        idle = asyncio.create_task(asyncio.wait(workers))
        try:
            await asyncio.wait((idle, halted), return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait(workers, timeout=_GRACE_S)
        except asyncio.CancelledError:
            self._wish = self._wish or Steer.PAUSE
        refill = (self._refill,) if self._refill else ()
        await _cancelled(*workers, idle, heartbeat, halted, *refill)
        for task in refill:
            if not task.cancelled():
                self._note(task.exception())
        return await self._end()

    async def _work(self, source: Iterator[WorkItem], concurrency: int) -> None:
        try:
            while not self._halt.is_set():
                prepared = await self._next(source, concurrency)
                if prepared is None:
                    return
                await self._execute(*prepared)
                self._journal.check()
        except asyncio.CancelledError:
            self._broken_off = True
            worker = asyncio.current_task()
            if worker is None or worker.cancelling():
                raise
            self._note(RuntimeError("an execution was cancelled from within"))
        except Exception as error:  # noqa: BLE001 - the actor loop: raised again when the job has been put to rest
            self._note(error)
        finally:
            self._call_one()

    def _note(self, error: BaseException | None) -> None:
        """Halt for `error`: a reason to pause, or a bug."""
        if error is None:
            return
        self._broken_off = True
        if isinstance(error, HaltedError):
            return
        if isinstance(error, LoomError):
            self._cause = self._cause or error
        else:
            self._bug = self._bug or error
        self._stop_sending()

    async def _next(self, source: Iterator[WorkItem], concurrency: int) -> tuple[Task, Ready] | None:
        """The next task; prepares more in the background before they run out."""
        while not self._halt.is_set():
            if self._refill is not None and self._refill.done():
                self._refill.result()  # a failed one stays, so that everybody who looks hears of it
                self._refill = None
            if self._refill is None and not self._exhausted and len(self._prepared) < concurrency:
                self._refill = asyncio.create_task(self._prepare(source))
                self._refill.add_done_callback(lambda _: self._call_one())
            if self._prepared:
                task = self._prepared.popleft()
                self._call_one()
                return task
            if self._refill is None:
                return None
            self._idle.append(asyncio.get_running_loop().create_future())
            await self._idle[-1]
            self._called = None
        return None

    def _call_one(self) -> None:
        """Let one idle worker look for a task, when whoever runs now has something to wait for; it calls the next.

        Were all called at once, the first would have done what needs no wait, such as all that the cache holds,
        before the others come to look.
        """
        while self._called is None and self._idle:
            first = self._idle.popleft()
            if not first.done():
                self._called = first
                first.set_result(None)

    async def _prepare(self, source: Iterator[WorkItem]) -> None:
        chunk = list(islice(source, _CHUNK))
        self._exhausted = not chunk
        for run, items in groupby(chunk, key=lambda item: item.run):
            tasks = await self._unfinished(run, list(items))
            ready = await self._executors[run].prepare(tasks)
            self._prepared.extend(zip(tasks, ready, strict=True))

    async def _unfinished(self, run: RunId, items: list[WorkItem]) -> list[Task]:
        if not self._claim.resumed:
            return [Task(ExecutionId(new_id()), item) for item in items]
        keys = list({item.key for item in items})
        existing = await self._database.read(
            lambda connection: store.existing_executions(connection, run, keys)
        )
        tasks: list[Task] = []
        for item in items:
            found = existing.get((item.key, item.repetition, _parent(item)))
            if found is None:
                tasks.append(Task(ExecutionId(new_id()), item))
            elif not found.finished:
                tasks.append(Task(found.id, item, begun=True))
        return tasks

    async def _execute(self, task: Task, ready: Ready) -> None:
        begin = Begun(partial(self._begin, task))
        outcome = await ready(begin)
        finished = Finished(task.execution, task.item, outcome, begin)
        derived = await self._finish(finished)
        end = _result(outcome)
        if task.begun or begin.asked:
            closing = store.finish_execution(task.execution, ExecutionState.RUNNING, *end)
        else:
            closing = store.done_execution(*_identity(task), *end, self._clock.now_us())
        self._journal.post(*outcome.receipts, closing, *derived)
        if self._watch is not None:
            self._watch(finished)

    def _begin(self, task: Task) -> None:
        if not task.begun:
            now_us = self._clock.now_us()
            self._journal.post(store.open_execution(*_identity(task), ExecutionState.RUNNING, now_us))

    async def _heartbeat(self) -> None:
        """Renew the lease, and hear what a person wishes."""
        while True:  # also while what is in flight ends: until then the job is ours
            await self._clock.sleep(LEASE_S / 5)
            try:
                await self._beat()
            except StorageError:
                continue  # whoever has something to write hears of it
            except LoomError as error:
                return self._note(error)

    async def _beat(self) -> None:
        job = self._claim.job.id
        lease = await self._database.read(lambda connection: store.lease_of(connection, job))
        if lease.epoch != self._claim.epoch:
            raise store.lost()
        if lease.steer is not None:
            self.steer(Steer(lease.steer))
        self._claim.renew()
        await self._journal.commit()

    async def _end(self) -> Ended:
        self._claim.ended = True
        try:
            await self._journal.flush()
        except LoomError as error:
            self._cause = self._cause or error
        ended = self._verdict()
        now = self._clock.now_us()
        try:
            await self._database.writer.commit(
                store.end_job(self._claim.job.id, self._claim.epoch, ended.state, ended.reason, now),
                *self._claim.telling.ended(ended.state, ended.reason),
                urgent=True,
            )
        except LoomError as error:
            ended = Ended(JobState.PAUSED, ended.reason or str(error), ended.cause or error)
        if self._bug is not None:
            raise self._bug
        return ended

    def _verdict(self) -> Ended:
        if self._bug is not None:
            return Ended(JobState.PAUSED, f"an internal error: {self._bug!r}")
        if self._cause is not None:
            return Ended(JobState.PAUSED, str(self._cause), self._cause)
        if self._exhausted and not self._prepared and not self._broken_off:
            return Ended(JobState.COMPLETED)  # also when it was to be halted: that came too late
        if self._wish is Steer.STOP:
            return Ended(JobState.STOPPED, self._why or "stopped by a person")
        if self._wish is Steer.PAUSE:
            return Ended(JobState.PAUSED, self._why or "paused by a person")
        return Ended(JobState.COMPLETED)


def _parent(item: WorkItem) -> bytes:
    return item.fork.parent if item.fork else store.ROOT


def _identity(task: Task) -> tuple[bytes, bytes, bytes, bytes, int, int]:
    item = task.item
    return task.execution, item.run, _parent(item), item.key, item.number, item.repetition


def _result(outcome: Outcome) -> tuple[object, ...]:
    output = None if outcome.output is None else pack(canonical(outcome.output))
    problems = "\n".join(outcome.problems) or None
    return (
        str(outcome.state),
        str(outcome.stop_reason),
        output,
        problems,
        outcome.error,
        outcome.cached,
        outcome.latency_us,
    )


async def _cancelled(*tasks: "asyncio.Task[Any]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
