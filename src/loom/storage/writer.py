"""The only place that executes writes: waiting writers share one commit, and a write that fails is replayed alone.

Writes of one loop tick are handed to the writer's thread together; the thread takes whatever has gathered, groups it
by statement in a fixed order, commits once, and wakes the loop once. `docs/design/writer.md` says what must hold.
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from contextlib import suppress

from loom.core.errors import LoomError, StorageError
from loom.storage.backends import DatabaseBackend
from loom.storage.statements import Write
from loom.storage.transaction import Transactor, Unit

__all__ = ["Writer"]


class Writer:
    """Commits writes durably, in order. Bound to the event loop that first commits."""

    def __init__(self, backend: DatabaseBackend) -> None:
        self._transactor = Transactor(backend)
        self._queue: queue.SimpleQueue[list[Unit] | None] = queue.SimpleQueue()
        self._waiting: list[Unit] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._closed = False
        self._listeners: list[Callable[[], None]] = []

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` after every commit of this process, in the event loop's thread."""
        self._listeners.append(listener)

    def commit(self, *writes: Write, urgent: bool = False) -> "asyncio.Future[None]":
        """Done when `writes` are durable, all of them or none. Not waiting for it does not take them back.

        `urgent` writes may use the room that is kept for receipts when the disk is full.

        Raises:
            LoomError: the refusal of the statement that did not hit what it expects; nothing was written.
            StorageError: the database cannot be written; nothing was written.
        """
        return self._wait(writes, urgent=urgent)

    def post(
        self,
        *writes: Write,
        failed: Callable[[BaseException], None],
        done: Callable[[], None] | None = None,
    ) -> None:
        """Write without waiting, after everything committed or posted before.

        `failed` is told when it cannot be, `done` when it is over, one way or the other.

        For receipts and what follows from them: on a full disk they use the room that is kept for them.
        """
        self._add(Unit(writes, urgent=True, future=None, failed=failed, done=done))

    async def flush(self) -> None:
        """Return when everything posted so far has been tried, and told of where it failed."""
        await self._wait((), urgent=True)

    async def aclose(self) -> None:
        """Write what is waiting, then end the thread. Idempotent."""
        if self._closed:
            return
        self._hand_over()
        self._closed = True
        self._queue.put(None)
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)

    def _wait(self, writes: tuple[Write, ...], *, urgent: bool) -> "asyncio.Future[None]":
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._add(Unit(writes, urgent, future))
        return future

    def _add(self, unit: Unit) -> None:
        if self._closed:
            raise StorageError("the database is closed; nothing more is written")
        if self._thread is None:
            self._loop = asyncio.get_running_loop()
            self._thread = threading.Thread(target=self._run, name="loom-writer", daemon=True)
            self._thread.start()
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._hand_over)
        self._waiting.append(unit)

    def _hand_over(self) -> None:
        if self._waiting:
            self._queue.put(self._waiting)
            self._waiting = []

    def _run(self) -> None:
        while (batch := self._queue.get()) is not None:
            ended = False
            while not self._queue.empty():
                more = self._queue.get()
                if more is None:
                    ended = True
                    break
                batch.extend(more)
            self._write(batch)
            if ended:
                break
        self._transactor.close()

    def _write(self, batch: list[Unit]) -> None:
        results: list[BaseException | None]
        try:
            results = self._transactor.run(batch)
        except Exception as error:  # noqa: BLE001 - the actor loop: whoever waits must hear of it
            wrapped = error if isinstance(error, LoomError) else StorageError(f"the database failed: {error}")
            results = [wrapped] * len(batch)
        loop = self._loop
        assert loop is not None
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(self._resolve, batch, results)

    def _resolve(self, batch: list[Unit], results: list[BaseException | None]) -> None:
        for unit, error in zip(batch, results, strict=True):
            future = unit.future
            if future is None:
                if error is not None and unit.failed is not None:
                    unit.failed(error)
                if unit.done is not None:
                    unit.done()
            elif not future.done():
                if error is None:
                    future.set_result(None)
                else:
                    future.set_exception(error)
        for listener in self._listeners:
            listener()
