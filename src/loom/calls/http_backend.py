"""What all endpoints over HTTP share, whichever API they speak: where they are, how their answers are told.

Knows no API; nothing of retries, limits, money or storage.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from loom.calls.assembly import Assembly
from loom.calls.backend import Embedded, OnDelta, Received, Wire
from loom.calls.channel import Channel
from loom.calls.models import ModelAnswer, ModelRequest
from loom.calls.reading import as_object, malformed, objects
from loom.calls.vectors import encode_embedding
from loom.core.errors import ProviderError
from loom.core.jsonvalue import Json

__all__ = ["Api", "HttpBackend"]


_MOST_MODELS = 5_000
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Api:
    """How an API's answers are read."""

    encode: Callable[[ModelRequest], bytes]
    assembly: Callable[[], Assembly]
    read: Callable[[Json, int], ModelAnswer]
    """From a document, and how many bytes it came in."""

    read_embedding: Callable[[bytes, int], Embedded]
    models: str
    """The path of the list of models,"""

    listed: str
    """the key that holds it,"""

    name: str
    """and the key of a model's name there."""


class HttpBackend(ABC):
    """One endpoint. What an adapter adds is how a request is carried."""

    def __init__(self, channel: Channel, api: Api) -> None:
        self._channel = channel
        self._api = api

    @property
    def origin(self) -> str:
        """As `Backend.origin`."""
        return self._channel.origin

    def encode(self, request: ModelRequest) -> bytes:
        """As `Backend.encode`."""
        return self._api.encode(request)

    def encode_embedding(self, model: str, texts: tuple[str, ...]) -> bytes:
        """As `Backend.encode_embedding`: most APIs spell it alike."""
        return encode_embedding(model, texts)

    @abstractmethod
    async def send(self, wire: Wire, on_delta: OnDelta | None = None) -> Received:
        """As `Backend.send`."""

    def read(self, received: Received) -> ModelAnswer:
        """As `Backend.read`."""
        body = received.body
        try:
            document = self._api.assembly().whole(body) if received.streamed else as_object(body)
            return self._api.read(document, len(body))
        except ProviderError as error:
            raise self._channel.placed(error) from None

    def read_embedding(self, received: Received, count: int) -> Embedded:
        """As `Backend.read_embedding`."""
        try:
            return self._api.read_embedding(received.body, count)
        except ProviderError as error:
            raise self._channel.placed(error) from None

    async def models(self) -> tuple[str, ...]:
        """As `Backend.models`."""
        listed = as_object(await self._channel.get(self._api.models)).get(self._api.listed)
        if not isinstance(listed, list):
            raise malformed("without a list of models")
        names = (str(entry.get(self._api.name) or "") for entry in objects(listed))
        return tuple(sorted(islice(filter(_is_name, names), _MOST_MODELS)))

    async def aclose(self) -> None:
        """As `Backend.aclose`."""
        await self._channel.aclose()


def _is_name(listed: str) -> bool:
    """What an endpoint lists is shown to people: what cannot be asked for by its name is left out."""
    return 0 < len(listed) <= _LONGEST_NAME and listed.isprintable()
