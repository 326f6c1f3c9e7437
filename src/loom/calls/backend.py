"""What a kind of endpoint must do: spell a request, carry it, read what came back. Nothing about retries or money.

The three steps are apart because a receipt is kept between the second and the third: `send` returns bytes, which are
committed as they are, and `read` may be repeated from the stored bytes at any later time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from loom.calls.models import ModelAnswer, ModelRequest
from loom.core.value import Value

__all__ = [
    "MOST_TEXTS",
    "Backend",
    "Delta",
    "DeltaKind",
    "Embedded",
    "OnDelta",
    "Received",
    "Wire",
    "WireKind",
]

MOST_TEXTS = 32
"""Texts in one embedding request: the smallest cap in use among the servers known to us."""


class DeltaKind(StrEnum):
    """What a piece of a streamed answer belongs to."""

    TEXT = "text"
    REASONING = "reasoning"
    TOOL = "tool"
    RESTART = "restart"
    """Not a piece: the answer begins again, from its beginning; the text says why."""


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of an answer as it streams, for people who watch; the whole comes from `Backend.read`."""

    kind: DeltaKind
    text: str


OnDelta = Callable[[Delta], None]


class WireKind(StrEnum):
    """What a request asks for, and so where it goes and how its answer is read."""

    CHAT = "chat"
    EMBEDDING = "embedding"


class Wire(Value):
    """A request as it goes out."""

    body: bytes
    """Canonical JSON of everything but the transport's `stream` flag; what the cache key is made of."""

    request_id: str
    """Sent along (`X-Client-Request-Id`), so a provider's bill can be joined with our attempts."""

    timeout_s: float
    kind: WireKind = WireKind.CHAT


class Received(Value):
    """A successful response as it came in: JSON, or the server-sent events of a stream, byte for byte."""

    body: bytes
    streamed: bool = False


@dataclass(frozen=True, slots=True)
class Embedded:
    """Vectors in the order of the texts, and what they cost."""

    vectors: tuple[tuple[float, ...], ...]
    """All of one length."""

    input_tokens: int | None
    """None when the provider reported none."""

    model: str = ""
    """As the provider names it; empty when it names none."""


class Backend(Protocol):
    """One model address. Implementations hold no state a restart would miss and are safe to use concurrently."""

    @property
    def origin(self) -> str:
        """What answers: scheme, host, port and path prefix. Part of the cache key; never holds a secret."""
        ...

    def encode(self, request: ModelRequest) -> bytes:
        """The provider's spelling of `request`, canonical, without the `stream` flag."""
        ...

    def encode_embedding(self, model: str, texts: tuple[str, ...]) -> bytes:
        """The provider's spelling of "a vector for each of these", canonical. One text to `MOST_TEXTS`.

        Raises:
            UsageError: when the provider has no embeddings.
        """
        ...

    async def send(self, wire: Wire, on_delta: OnDelta | None = None) -> Received:
        """Carry `wire` and return what came back; stream when `on_delta` is given, which an embedding never is.

        Raises:
            ProviderError: with `UNSENT`, `NO_ANSWER`, `THROTTLED`, `SERVER`, `PARAMETER`, `UNAUTHORIZED` or `REFUSED`.
        """
        ...

    def read(self, received: Received) -> ModelAnswer:
        """The answer in one vocabulary.

        Raises:
            ProviderError: with `MALFORMED`, or, for an error reported under a success status, what that error says.
        """
        ...

    def read_embedding(self, received: Received, count: int) -> Embedded:
        """The vectors of `count` texts.

        Raises:
            ProviderError: as `read`; `MALFORMED` also for another number of vectors.
        """
        ...

    async def models(self) -> tuple[str, ...]:
        """The names the endpoint lists, sorted.

        Raises:
            ProviderError: as `send`.
        """
        ...

    async def aclose(self) -> None:
        """Release connections. Idempotent."""
        ...
