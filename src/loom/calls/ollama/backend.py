"""A model address that speaks Ollama's own API. Knows the API; nothing of retries, limits, money or storage."""

from loom.calls.address import root_of
from loom.calls.backend import OnDelta, Received, Wire, WireKind
from loom.calls.channel import Channel
from loom.calls.credential import Credential
from loom.calls.http import HttpClient
from loom.calls.http_backend import Api, HttpBackend
from loom.calls.ollama.codec import UNSPOKEN, encode_request, read_answer, read_embedding
from loom.calls.ollama.stream import Lines
from loom.calls.refusals import refuse_unspoken
from loom.core.clock import Clock

__all__ = ["OllamaBackend"]

_CHAT, _EMBED = "/api/chat", "/api/embed"
_WHOLE, _STREAM = b',"stream":false}', b',"stream":true}'


_API = Api(
    encode_request, Lines, read_answer, read_embedding, models="/api/tags", listed="models", name="name"
)


class OllamaBackend(HttpBackend):
    """One server."""

    def __init__(
        self,
        base_url: str = "http://localhost:11434",
        credential: Credential | str | None = None,
        *,
        http: HttpClient | None = None,
        clock: Clock | None = None,
    ) -> None:
        """`http` as `Channel` takes it. A server of one's own asks for no key.

        Raises:
            InputError: when `base_url` is no address, or the key cannot be sent.
        """
        key = credential if isinstance(credential, Credential) else Credential(credential, "OLLAMA_API_KEY")
        root = root_of(base_url, _CHAT, "/api", "/v1")
        super().__init__(Channel(root, key, key.bearer, http=http, clock=clock), _API)

    async def send(self, wire: Wire, on_delta: OnDelta | None = None) -> Received:
        if wire.kind is WireKind.EMBEDDING:
            return Received(await self._channel.post(_EMBED, wire))
        refuse_unspoken(wire.body, UNSPOKEN, self.origin)
        flag = _WHOLE if on_delta is None else _STREAM
        asked = Wire(wire.body[:-1] + flag, wire.request_id, wire.timeout_s)
        if on_delta is None:
            return Received(await self._channel.post(_CHAT, asked))
        return await self._channel.stream(_CHAT, asked, Lines(), on_delta, _is_stream)


def _is_stream(_body: bytes) -> bool:
    """A whole answer is a stream of one line."""
    return True
