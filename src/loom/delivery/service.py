"""Following what happens: by cursor, in order, from this process and from others on the same store.

The store is the only truth. One watcher per process looks there: at once after a commit of its own, a few times a
second for those of others, and not at all while nobody follows. A reader holds a cursor and nothing else, so one that
stops reading costs nothing and can go on where it was.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import suppress

from sqlalchemy import Connection

from loom.access.models import Principal
from loom.core.errors import NotFoundError, StorageError
from loom.delivery import store
from loom.delivery.models import Event
from loom.delivery.ring import Ring
from loom.delivery.store import Tip
from loom.storage.database import Database

__all__ = ["Events"]

_LOOK_S = 0.2
"""How late an event of another process may be noticed."""

_PAUSE_S = 0.02
"""Between two looks: commits that follow each other closely are read together."""

_AT_ONCE = 500
_log = logging.getLogger(__name__)


class Events:
    """The events of one store."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rings: dict[str, Ring] = {}
        self._nudge = asyncio.Event()
        self._watcher: asyncio.Task[None] | None = None
        self._ended = False
        database.writer.listen(self._nudge.set)

    async def read(
        self, stream: str, principal: Principal, *, after: int = 0, limit: int = 500
    ) -> list[Event]:
        """At most `limit` events of `stream`, from the first one behind `after`; none when there are none yet."""
        del principal
        return await self._database.read(
            lambda connection: store.events_after(connection, stream, after, limit)
        )

    async def tip(self, stream: str, principal: Principal) -> Tip:
        """How far `stream` is.

        Raises:
            NotFoundError: when there is none of that name, or it was closed so long ago that it is gone.
        """
        del principal
        found = await self._database.read(lambda connection: store.tips(connection, (stream,)))
        if stream not in found:
            raise NotFoundError(f"there are no events of '{stream}': it does not exist, or ended days ago")
        return found[stream]

    async def follow(
        self, stream: str, principal: Principal, *, after: int = 0
    ) -> AsyncGenerator[list[Event]]:
        """The events of `stream` behind `after`, as they come, a few at a time; ends when the stream is closed.

        Raises:
            NotFoundError: as `tip`.
        """
        tip = await self.tip(stream, principal)
        if self._ended:
            return
        ring = self._enter(stream, tip)
        cursor = min(after, tip.last)
        try:
            while True:
                events = ring.after(cursor)
                if events is None:
                    events = await self.read(stream, principal, after=cursor, limit=_AT_ONCE)
                if events:
                    cursor = events[-1].seq
                    yield events
                elif ring.closed:
                    return
                else:
                    await ring.wait()
        finally:
            self._leave(stream, ring)

    async def aclose(self) -> None:
        """Let every follower end, and watch no more. Idempotent."""
        self._ended = True
        for ring in self._rings.values():
            ring.add((), closed=True)
        watcher, self._watcher = self._watcher, None
        if watcher is not None:
            watcher.cancel()
            with suppress(asyncio.CancelledError):
                await watcher

    def _enter(self, stream: str, tip: Tip) -> Ring:
        ring = self._rings.get(stream)
        if ring is None:
            ring = self._rings[stream] = Ring(tip.last)
            ring.closed = tip.closed
        ring.readers += 1
        if self._watcher is None:
            self._watcher = asyncio.create_task(self._watch())
        return ring

    def _leave(self, stream: str, ring: Ring) -> None:
        ring.readers -= 1
        if not ring.readers:
            del self._rings[stream]

    async def _watch(self) -> None:
        try:
            while self._rings:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._nudge.wait(), _LOOK_S)
                self._nudge.clear()
                try:
                    await self._look()
                except StorageError as error:
                    _log.warning("events cannot be read now: %s", error)
                await asyncio.sleep(_PAUSE_S)
        finally:
            self._watcher = None

    async def _look(self) -> None:
        known = {name: ring.last for name, ring in self._rings.items()}
        if not known:
            return
        for name, (events, tip) in (await self._database.read(lambda found: _news(found, known))).items():
            ring = self._rings.get(name)
            if ring is not None and ring.last == known[name]:
                ring.add(events, closed=tip.closed and ring.last + len(events) >= tip.last)


def _news(connection: Connection, known: dict[str, int]) -> dict[str, tuple[list[Event], Tip]]:
    """What came behind each of the `known` ends. A stream that is gone is over."""
    gone = {name: Tip(last, closed=True) for name, last in known.items()}
    found: dict[str, tuple[list[Event], Tip]] = {}
    for name, tip in (gone | store.tips(connection, tuple(known))).items():
        if tip.last > known[name] or tip.closed:
            found[name] = store.events_after(connection, name, known[name], _AT_ONCE), tip
    return found
