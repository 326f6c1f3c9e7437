"""The documented face of dead letters for programs, as in Loom 0.9: kept in memory, by one process.

What the Workshop and `loom dead-letter` keep is in the store: `loom.router.service`.
"""

import uuid
from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import TypeVar

from loom.bus.base import DEFAULT_NATS_URL, MessageBus
from loom.bus.listening import Listener
from loom.bus.subjects import DEAD_LETTERS, INCOMING_TASKS
from loom.core.jsonvalue import Json
from loom.router.models import Undelivered

__all__ = [
    "DEAD_LETTER_SUBJECT",
    "INCOMING_SUBJECT",
    "DeadLetterConsumer",
    "DeadLetterEntry",
    "ReplayRecord",
]

DEAD_LETTER_SUBJECT = DEAD_LETTERS
INCOMING_SUBJECT = INCOMING_TASKS

T = TypeVar("T")


def _now() -> str:
    return datetime.now(UTC).isoformat()


@dataclass(frozen=True, slots=True)
class DeadLetterEntry:
    """A task that could not be handed to any worker."""

    original_task: Json
    reason: str
    task_id: str | None = None
    worker_type: str | None = None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    timestamp: str = field(default_factory=_now)
    """ISO 8601, UTC."""

    def to_dict(self) -> Json:
        """For JSON."""
        return {
            "id": self.id,
            "timestamp": self.timestamp,
            "reason": self.reason,
            "task_id": self.task_id,
            "worker_type": self.worker_type,
            "original_task": self.original_task,
        }


@dataclass(frozen=True, slots=True)
class ReplayRecord:
    """That a task was sent again."""

    entry_id: str
    task_id: str | None = None
    worker_type: str | None = None
    original_reason: str = ""
    replayed_at: str = field(default_factory=_now)

    def to_dict(self) -> Json:
        """For JSON."""
        return {
            "entry_id": self.entry_id,
            "task_id": self.task_id,
            "worker_type": self.worker_type,
            "original_reason": self.original_reason,
            "replayed_at": self.replayed_at,
        }


class DeadLetterConsumer:
    """The newest `max_size` dead letters that came, and as many replays."""

    def __init__(
        self,
        actor_id: str = "dead-letter-consumer",
        max_size: int = 1000,
        nats_url: str = DEFAULT_NATS_URL,
        *,
        bus: MessageBus | None = None,
    ) -> None:
        """`bus` takes the place of the server at `nats_url`."""
        self.actor_id = actor_id
        self.max_size = max_size
        self.nats_url = nats_url
        self._bus = bus
        self._entries: OrderedDict[str, DeadLetterEntry] = OrderedDict()
        self._replays: deque[ReplayRecord] = deque(maxlen=max_size)

    async def run(self, subject: str = DEAD_LETTER_SUBJECT, queue_group: str | None = None) -> None:
        """Keep what comes on `subject`, until cancelled."""
        bus = self._bus or self._connection()
        listener = Listener(bus, subject, self.handle_message, queue_group=queue_group)
        try:
            await listener.run()
        finally:
            await listener.stop()
            if self._bus is None:
                await bus.close()

    async def handle_message(self, data: Json) -> None:
        """Keep the letter that `data` is."""
        came = Undelivered.of(data)
        self.store(came.task, came.reason, task_id=came.task_id, worker_type=came.worker_type)

    def store(
        self, original_task: Json, reason: str, *, task_id: str | None = None, worker_type: str | None = None
    ) -> DeadLetterEntry:
        """Keep a task; the oldest makes room."""
        entry = DeadLetterEntry(original_task, reason, task_id, worker_type)
        self._entries[entry.id] = entry
        while len(self._entries) > self.max_size:
            self._entries.popitem(last=False)
        return entry

    def list_entries(self, limit: int = 50, offset: int = 0) -> list[Json]:
        """Newest first."""
        return [entry.to_dict() for entry in _part(reversed(self._entries.values()), limit, offset)]

    def count(self) -> int:
        """How many are kept."""
        return len(self._entries)

    def clear(self) -> None:
        """Forget all of them; the log of replays stays."""
        self._entries.clear()

    async def replay(self, entry_id: str, bus: MessageBus) -> bool:
        """Publish the task again and forget the entry; False when there is none.

        Raises:
            BusError: when it was not sent; the entry stays.
        """
        entry = self._entries.get(entry_id)
        if entry is None:
            return False
        await bus.publish(INCOMING_SUBJECT, entry.original_task)
        self._entries.pop(entry_id, None)
        self._replays.append(ReplayRecord(entry_id, entry.task_id, entry.worker_type, entry.reason))
        return True

    def replay_log(self, limit: int = 50) -> list[Json]:
        """What was replayed, newest first."""
        return [record.to_dict() for record in _part(reversed(self._replays), limit)]

    def replay_count(self) -> int:
        """How many replays are in the log."""
        return len(self._replays)

    def _connection(self) -> MessageBus:
        from loom.bus.nats_adapter import NATSBus

        return NATSBus(self.nats_url)


def _part(values: Iterable[T], limit: int, offset: int = 0) -> list[T]:
    return list(islice(values, offset, offset + limit))
