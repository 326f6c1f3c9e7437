"""What every bus promises. Messages are JSON objects; whoever is not there when one is sent misses it."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator

from loom.core.jsonvalue import Json

__all__ = ["DEFAULT_NATS_URL", "MessageBus", "Subscription"]

DEFAULT_NATS_URL = "nats://localhost:4222"


class Subscription(ABC):
    """The messages of one subject, from when it was made. Iterated once, by one reader."""

    @abstractmethod
    async def unsubscribe(self) -> None:
        """Ask for no more; what has come is still handed out, then the iteration ends. Idempotent."""

    def __aiter__(self) -> AsyncIterator[Json]:
        return self

    @abstractmethod
    async def __anext__(self) -> Json:
        """The next message, a copy of this reader's own; what is no JSON object is passed over."""


class MessageBus(ABC):
    """Carries messages from whoever publishes to whoever listens at that moment."""

    @property
    def trouble(self) -> str | None:
        """Why nothing can be sent now; None while everything is well."""
        return None

    @abstractmethod
    async def connect(self) -> None:
        """Make it ready. Idempotent.

        Raises:
            BusError: when it cannot be reached.
        """

    @abstractmethod
    async def close(self) -> None:
        """End every subscription. Idempotent; nothing when it was never connected."""

    @abstractmethod
    async def publish(self, subject: str, data: Json) -> None:
        """Send `data` to the listeners of `subject`: to all without a group, and to one of each group.

        Raises:
            BusError: when it cannot be sent.
        """

    @abstractmethod
    async def deliver(self, subject: str, data: Json) -> None:
        """As `publish`, but return only when it is on its way to somebody.

        Raises:
            BusError: when nobody listens, or it is not known whether it was sent.
        """

    @abstractmethod
    async def subscribe(self, subject: str, queue_group: str | None = None) -> Subscription:
        """Listen to `subject`; what is published after this returns is heard.

        Raises:
            BusError: when it is not connected.
        """
