"""A model address that speaks the OpenAI API: OpenAI, vLLM, llama.cpp, LM Studio, OpenRouter, many more.

Knows the API; nothing of retries, limits, money or storage.
"""

from loom.calls.address import root_of, versioned
from loom.calls.backend import OnDelta, Received, Wire, WireKind
from loom.calls.channel import Channel
from loom.calls.credential import Credential
from loom.calls.http import HttpClient
from loom.calls.http_backend import Api, HttpBackend
from loom.calls.lines import looks_like_events
from loom.calls.openai.codec import encode_request, read_answer
from loom.calls.openai.embedding import read_embedding
from loom.calls.openai.stream import Chunks
from loom.calls.reading import as_object
from loom.core.clock import Clock
from loom.core.errors import ProviderError
from loom.core.jsonvalue import canonical

__all__ = ["OpenAIBackend"]

_CHAT, _EMBEDDINGS = "/chat/completions", "/embeddings"
_STREAM = b',"stream":true}'
_STREAM_WITH_USAGE = b',"stream":true,"stream_options":{"include_usage":true}}'
_CAP, _NEW_CAP = b'{"max_tokens":', b'{"max_completion_tokens":'
_SPELLINGS = 2


_API = Api(encode_request, Chunks, read_answer, read_embedding, models="/models", listed="data", name="id")


class OpenAIBackend(HttpBackend):
    """One endpoint."""

    def __init__(
        self,
        base_url: str,
        credential: Credential | str | None = None,
        *,
        http: HttpClient | None = None,
        idle_s: float = 120.0,
        clock: Clock | None = None,
    ) -> None:
        """`http` and `idle_s` as `Channel` takes them; `/v1` is added to a `base_url` that names no version.

        Raises:
            InputError: when `base_url` is no address, or the key cannot be sent.
        """
        key = credential if isinstance(credential, Credential) else Credential(credential)
        root = versioned(root_of(base_url, _CHAT))
        super().__init__(Channel(root, key, key.bearer, http=http, idle_s=idle_s, clock=clock), _API)
        self._new_cap_models: set[bytes] = set()
        self._plain_stream = False

    async def send(self, wire: Wire, on_delta: OnDelta | None = None) -> Received:
        """As the protocol says, with one liberty: what an endpoint only wants spelled otherwise is spelled so
        at once and from then on. That is `max_completion_tokens` for `max_tokens`, and a stream without
        `stream_options`. The rejection that teaches it is not billed.
        """
        if wire.kind is WireKind.EMBEDDING:
            return Received(await self._channel.post(_EMBEDDINGS, wire))
        for _ in range(_SPELLINGS):
            try:
                return await self._carry(wire, on_delta)
            except ProviderError as error:
                if not self._learns(error, wire.body):
                    raise
        return await self._carry(wire, on_delta)

    async def _carry(self, wire: Wire, on_delta: OnDelta | None) -> Received:
        body = self._spelled(wire.body)
        if on_delta is not None:
            body = body[:-1] + (_STREAM if self._plain_stream else _STREAM_WITH_USAGE)
        sent = wire if body is wire.body else Wire(body, wire.request_id, wire.timeout_s)
        if on_delta is not None:
            return await self._channel.stream(_CHAT, sent, Chunks(), on_delta, looks_like_events)
        answer = await self._channel.post(_CHAT, sent)
        return Received(answer, streamed=looks_like_events(answer))

    def _spelled(self, body: bytes) -> bytes:
        """`body` with the name that this model has for the cap on its output.

        Canonical JSON puts `max_tokens` first, so it is the top-level one that is replaced.
        """
        if not body.startswith(_CAP) or not any(model in body for model in self._new_cap_models):
            return body
        return _NEW_CAP + body.removeprefix(_CAP)

    def _learns(self, error: ProviderError, body: bytes) -> bool:
        """Whether a rejection told another spelling."""
        if error.parameter == "stream_options":
            self._plain_stream = True
            return True
        if error.parameter == "max_tokens" and "max_completion_tokens" in str(error):
            self._new_cap_models.add(canonical({"model": as_object(body).get("model")})[1:-1])
            return True
        return False
