"""The newest events of one stream, shared by all who follow it. Reads nothing itself."""

import asyncio
from collections import deque
from collections.abc import Sequence
from itertools import islice

from loom.delivery.models import Event

__all__ = ["Ring"]

_KEPT = 2_000
_AT_ONCE = 500


class Ring:
    """What came into a stream lately. However many follow it, and however slowly, it holds one bounded copy."""

    def __init__(self, last: int) -> None:
        """Begins empty, behind event `last`."""
        self.last = last
        self.readers = 0
        self.closed = False
        """Nothing more will come."""

        self._events: deque[Event] = deque(maxlen=_KEPT)
        self._news = asyncio.Event()

    def add(self, events: Sequence[Event], *, closed: bool) -> None:
        """Take in what came, and wake who waits for it."""
        self._events.extend(events)
        if events:
            self.last = events[-1].seq
        self.closed = closed
        self._news.set()
        self._news = asyncio.Event()

    def after(self, seq: int) -> list[Event] | None:
        """The next events behind `seq`, none when there are none yet; None when it does not reach back so far."""
        if seq >= self.last:
            return []
        if not self._events or self._events[0].seq > seq + 1:
            return None
        start = seq + 1 - self._events[0].seq
        return list(islice(self._events, start, start + _AT_ONCE))

    async def wait(self) -> None:
        """Return when something has come."""
        await self._news.wait()
