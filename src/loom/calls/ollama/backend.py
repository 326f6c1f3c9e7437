"""A model address that speaks Ollama's own API. Knows the API; nothing of retries, limits, money or storage."""

from loom.calls.address import root_of
from loom.calls.backend import Embedded, OnDelta, Received, Wire, WireKind
from loom.calls.channel import Channel
from loom.calls.credential import Credential
from loom.calls.http import HttpClient
from loom.calls.models import ModelAnswer, ModelRequest
from loom.calls.ollama.codec import UNSPOKEN, encode_embedding, encode_request, read_answer, read_embedding
from loom.calls.ollama.stream import Assembly, assemble
from loom.calls.reading import as_object, malformed, objects
from loom.calls.refusals import refuse_unspoken
from loom.core.clock import Clock
from loom.core.errors import ProviderError

__all__ = ["OllamaBackend"]

_CHAT, _EMBED, _TAGS = "/api/chat", "/api/embed", "/api/tags"
_WHOLE, _STREAM = b',"stream":false}', b',"stream":true}'


class OllamaBackend:
    """One server."""

    def __init__(
        self,
        base_url: str = "http://localhost:11434",
        credential: Credential | str | None = None,
        *,
        http: HttpClient | None = None,
        idle_s: float = 120.0,
        clock: Clock | None = None,
    ) -> None:
        """`http` and `idle_s` as `Channel` takes them. A server of one's own asks for no key.

        Raises:
            InputError: when `base_url` is no address, or the key cannot be sent.
        """
        key = credential if isinstance(credential, Credential) else Credential(credential, "OLLAMA_API_KEY")
        root = root_of(base_url, _CHAT, "/api", "/v1")
        self._channel = Channel(root, key, key.bearer, http=http, idle_s=idle_s, clock=clock)

    @property
    def origin(self) -> str:
        return self._channel.origin

    def encode(self, request: ModelRequest) -> bytes:
        return encode_request(request)

    def encode_embedding(self, model: str, texts: tuple[str, ...]) -> bytes:
        return encode_embedding(model, texts)

    async def send(self, wire: Wire, on_delta: OnDelta | None = None) -> Received:
        if wire.kind is WireKind.EMBEDDING:
            return Received(await self._channel.post(_EMBED, wire))
        refuse_unspoken(wire.body, UNSPOKEN, self.origin)
        flag = _WHOLE if on_delta is None else _STREAM
        asked = Wire(wire.body[:-1] + flag, wire.request_id, wire.timeout_s)
        if on_delta is None:
            return Received(await self._channel.post(_CHAT, asked))
        return await self._channel.stream(_CHAT, asked, Assembly(), on_delta, _is_stream)

    def read(self, received: Received) -> ModelAnswer:
        body = received.body
        try:
            return read_answer(assemble(body) if received.streamed else as_object(body), len(body))
        except ProviderError as error:
            raise self._channel.placed(error) from None

    def read_embedding(self, received: Received, count: int) -> Embedded:
        try:
            return read_embedding(received.body, count)
        except ProviderError as error:
            raise self._channel.placed(error) from None

    async def models(self) -> tuple[str, ...]:
        listed = as_object(await self._channel.get(_TAGS)).get("models")
        if not isinstance(listed, list):
            raise malformed("without a list of models")
        return tuple(sorted(str(entry["name"]) for entry in objects(listed) if entry.get("name")))

    async def aclose(self) -> None:
        await self._channel.aclose()


def _is_stream(_body: bytes) -> bool:
    """A whole answer is a stream of one line."""
    return True
