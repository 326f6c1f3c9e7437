"""What a kind of endpoint must do: spell a request, carry it, read what came back. Nothing about retries or money.

The three steps are apart because a receipt is kept between the second and the third: `send` returns bytes, which are
committed as they are, and `read` may be repeated from the stored bytes at any later time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from loom.calls.models import ModelAnswer, ModelRequest

__all__ = ["Backend", "Delta", "DeltaKind", "Embedded", "OnDelta", "Received", "Wire"]


class DeltaKind(StrEnum):
    """What a piece of a streamed answer belongs to."""

    TEXT = "text"
    REASONING = "reasoning"
    TOOL = "tool"


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of an answer as it streams, for people who watch; the whole comes from `Backend.read`."""

    kind: DeltaKind
    text: str


OnDelta = Callable[[Delta], None]


@dataclass(frozen=True, slots=True)
class Wire:
    """A request as it goes out."""

    body: bytes
    """Canonical JSON of everything but the transport's `stream` flag; what the cache key is made of."""

    request_id: str
    """Sent along (`X-Client-Request-Id`), so a provider's bill can be joined with our attempts."""

    timeout_s: float


@dataclass(frozen=True, slots=True)
class Received:
    """A successful response as it came in: JSON, or the server-sent events of a stream, byte for byte."""

    body: bytes
    streamed: bool = False


class Backend(Protocol):
    """One model address. Implementations hold no state a restart would miss and are safe to use concurrently."""

    @property
    def origin(self) -> str:
        """What answers: scheme, host, port and path prefix. Part of the cache key; never holds a secret."""
        ...

    def encode(self, request: ModelRequest) -> bytes:
        """The provider's spelling of `request`, canonical, without the `stream` flag."""
        ...

    async def send(self, wire: Wire, on_delta: OnDelta | None = None) -> Received:
        """Carry `wire` and return what came back; stream when `on_delta` is given.

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

    async def models(self) -> tuple[str, ...]:
        """The names the endpoint lists, sorted.

        Raises:
            ProviderError: as `send`.
        """
        ...

    async def embed(self, model: str, texts: tuple[str, ...], request_id: str) -> "Embedded":
        """One vector per text.

        Raises:
            ProviderError: as `send` and `read`.
        """
        ...

    async def aclose(self) -> None:
        """Release connections. Idempotent."""
        ...


@dataclass(frozen=True, slots=True)
class Embedded:
    """Vectors in the order of the texts, and what they cost."""

    vectors: tuple[tuple[float, ...], ...]
    input_tokens: int | None
