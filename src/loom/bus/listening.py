"""Listening to a subject for as long as one likes, through lost connections and messages that break their handler."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from loom.bus.base import MessageBus, Subscription
from loom.core.clock import Clock, SystemClock
from loom.core.errors import BusError
from loom.core.jsonvalue import Json

__all__ = ["Listener"]

T = TypeVar("T")
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 30.0
_log = logging.getLogger("loom.bus")


class Listener:
    """Hands every message of a subject to `handle`, at most `at_once` at a time; with one, strictly in order."""

    def __init__(
        self,
        bus: MessageBus,
        subject: str,
        handle: Callable[[Json], Awaitable[None]],
        *,
        queue_group: str | None = None,
        at_once: int = 1,
        clock: Clock | None = None,
    ) -> None:
        self._bus = bus
        self._subject = subject
        self._handle = handle
        self._group = queue_group
        self._clock = clock or SystemClock()
        self._pause_s = _FIRST_PAUSE_S
        self._room = asyncio.Semaphore(at_once)
        self._busy: set[asyncio.Task[None]] = set()
        self._subscription: Subscription | None = None
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Listen until `stop`; then what has come is handled, and this returns. A lost bus is looked for again."""
        while not self._stopping.is_set():
            subscription = await self._unless_stopped(self._subscribe())
            if subscription is not None:
                self._pause_s = _FIRST_PAUSE_S
                await self._read(subscription)
            await self._unless_stopped(self._clock.sleep(self._pause_s))

    async def stop(self) -> None:
        """Ask for no more. Idempotent."""
        self._stopping.set()
        if self._subscription is not None:
            await self._subscription.unsubscribe()

    async def _subscribe(self) -> Subscription | None:
        try:
            await self._bus.connect()
            return await self._bus.subscribe(self._subject, self._group)
        except BusError as error:
            self._pause_s = min(self._pause_s * 2, _LONGEST_PAUSE_S)
            _log.warning("%s; tried again in %.0f s", error, self._pause_s)
            return None

    async def _read(self, subscription: Subscription) -> None:
        self._subscription = subscription
        try:
            if self._stopping.is_set():
                await subscription.unsubscribe()
            async for message in subscription:
                await self._room.acquire()
                task = asyncio.create_task(self._one(message))
                self._busy.add(task)
                task.add_done_callback(self._over)
        finally:
            await asyncio.gather(*self._busy)

    def _over(self, task: asyncio.Task[None]) -> None:
        self._busy.discard(task)
        self._room.release()

    async def _one(self, message: Json) -> None:
        try:
            await self._handle(message)
        except Exception:  # noqa: BLE001 - the actor loop: one message must not stop the others
            _log.exception("a message on %s could not be handled", self._subject)

    async def _unless_stopped(self, work: Coroutine[Any, Any, T]) -> T | None:
        """What `work` gives; None, and it is cancelled, when `stop` comes first."""
        working = asyncio.create_task(work)
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
            return working.result() if working.done() else None
        finally:
            working.cancel()
            stopping.cancel()
