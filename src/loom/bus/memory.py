"""A bus inside one process: for tests, and for a mesh of one."""

import asyncio
from collections import defaultdict, deque

from loom.bus.base import MessageBus, Subscription
from loom.bus.wire import from_wire, to_wire
from loom.core.errors import BusError
from loom.core.jsonvalue import Json

__all__ = ["InMemoryBus", "InMemorySubscription"]

_MOST_WAITING = 65_536
"""Messages of a reader that does not read; later ones are lost to it, as with a real server."""


class InMemorySubscription(Subscription):
    """The messages of one subject in this process."""

    def __init__(self, subject: str) -> None:
        self.subject = subject
        self._waiting: deque[bytes] = deque()
        self._news = asyncio.Event()
        self._ended = False

    def hand(self, body: bytes) -> bool:
        """Put a message in line for the reader; whether there was room."""
        if self._ended or len(self._waiting) >= _MOST_WAITING:
            return False
        self._waiting.append(body)
        self._news.set()
        return True

    async def unsubscribe(self) -> None:
        self._ended = True
        self._news.set()

    @property
    def ended(self) -> bool:
        """Whether it asks for no more."""
        return self._ended

    async def __anext__(self) -> Json:
        while True:
            while not self._waiting and not self._ended:
                self._news.clear()
                await self._news.wait()
            if not self._waiting:
                raise StopAsyncIteration
            data = from_wire(self.subject, self._waiting.popleft())
            if data is not None:
                return data


class InMemoryBus(MessageBus):
    """Exact subjects, no wildcards; usable without `connect`, and after `close` when connected again."""

    def __init__(self) -> None:
        self._listeners: dict[str, dict[str | None, deque[InMemorySubscription]]] = defaultdict(
            lambda: defaultdict(deque)
        )

    async def connect(self) -> None:
        pass

    async def close(self) -> None:
        for groups in self._listeners.values():
            for listeners in groups.values():
                for one in listeners:
                    await one.unsubscribe()
        self._listeners.clear()

    async def publish(self, subject: str, data: Json) -> None:
        self._hand_out(subject, to_wire(subject, data))

    async def deliver(self, subject: str, data: Json) -> None:
        if not self._hand_out(subject, to_wire(subject, data)):
            raise BusError(f"nobody listens to {subject}; start what does, then try again")

    async def subscribe(self, subject: str, queue_group: str | None = None) -> Subscription:
        made = InMemorySubscription(subject)
        self._listeners[subject][queue_group].append(made)
        return made

    def _hand_out(self, subject: str, body: bytes) -> int:
        """To how many it went."""
        told = 0
        for group, listeners in self._listeners.get(subject, {}).items():
            for gone in [one for one in listeners if one.ended]:
                listeners.remove(gone)
            chosen = list(listeners) if group is None else list(listeners)[:1]
            told += sum(one.hand(body) for one in chosen)
            if group is not None:
                listeners.rotate(-1)
        return told
