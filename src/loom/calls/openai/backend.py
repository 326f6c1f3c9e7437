"""A model address that speaks the OpenAI API: OpenAI, vLLM, llama.cpp, LM Studio, Ollama, many more.

Knows the API; nothing of retries, limits, money or storage.
"""

from typing import TYPE_CHECKING, cast

from loom.calls.backend import Embedded, OnDelta, Received, Wire
from loom.calls.http import HttpClient
from loom.calls.models import ModelAnswer, ModelRequest
from loom.calls.openai.address import api_root
from loom.calls.openai.codec import as_object, encode_request, malformed, read_answer
from loom.calls.openai.credential import Credential
from loom.calls.openai.embedding import embed
from loom.calls.openai.errors import unwrapped
from loom.calls.openai.sse import looks_like_events
from loom.calls.openai.stream import Assembly, assemble
from loom.core.clock import Clock, SystemClock
from loom.core.errors import Fault, ProviderError
from loom.core.jsonvalue import JsonValue, canonical

if TYPE_CHECKING:
    from loom.calls.openai.transport import Transport

__all__ = ["OpenAIBackend"]

_CHAT = "/chat/completions"
_STREAM = b',"stream":true}'
_STREAM_WITH_USAGE = b',"stream":true,"stream_options":{"include_usage":true}}'
_CAP, _NEW_CAP = b'{"max_tokens":', b'{"max_completion_tokens":'
_SPELLINGS = 2
_SHORT_TIMEOUT_S = 60.0
_LONGEST_TAIL = 80


class OpenAIBackend:
    """One endpoint. Without an `http` of its owner's it opens one, and `aclose` closes it."""

    def __init__(
        self,
        base_url: str,
        credential: Credential | str | None = None,
        *,
        http: HttpClient | None = None,
        idle_s: float = 120.0,
        clock: Clock | None = None,
    ) -> None:
        """`idle_s` is how long a stream may be silent.

        Raises:
            InputError: when `base_url` is no address, or the key cannot be sent.
        """
        self._origin = api_root(base_url)
        self._credential = credential if isinstance(credential, Credential) else Credential(credential)
        self._http = http or HttpClient()
        self._owns_http = http is None
        self._idle_s = idle_s
        self._clock = clock or SystemClock()
        self._opened: Transport | None = None
        self._new_cap_models: set[bytes] = set()
        self._plain_stream = False

    @property
    def origin(self) -> str:
        return self._origin

    def encode(self, request: ModelRequest) -> bytes:
        return encode_request(request)

    async def send(self, wire: Wire, on_delta: OnDelta | None = None) -> Received:
        """As the protocol says, with one liberty: what an endpoint only wants spelled otherwise is spelled so
        at once and from then on. That is `max_completion_tokens` for `max_tokens`, and a stream without
        `stream_options`. The rejection that teaches it is not billed.
        """
        for _ in range(_SPELLINGS):
            try:
                return await self._carry(wire, on_delta)
            except ProviderError as error:
                if not self._learns(error, wire.body):
                    raise
        return await self._carry(wire, on_delta)

    def read(self, received: Received) -> ModelAnswer:
        body = received.body
        try:
            return read_answer(assemble(body) if received.streamed else as_object(body), len(body))
        except ProviderError as error:
            said = f"{self._origin}: {self._credential.redact(str(error))}"
            raise ProviderError(said, error.fault, retry_after_s=error.retry_after_s) from None

    async def models(self) -> tuple[str, ...]:
        received = await self._transport().exchange("/models", Wire(b"", "models", _SHORT_TIMEOUT_S))
        document = as_object(received)
        listed = document.get("data")
        if not isinstance(listed, list):
            raise malformed("without a list of models")
        entries = filter(None, map(unwrapped, cast("list[JsonValue]", listed)))
        return tuple(sorted(str(entry["id"]) for entry in entries if entry.get("id")))

    async def embed(self, model: str, texts: tuple[str, ...], request_id: str) -> Embedded:
        async def ask(body: bytes, number: int) -> bytes:
            wire = Wire(body, f"{request_id}-{number}" if number else request_id, _SHORT_TIMEOUT_S)
            return await self._transport().exchange("/embeddings", wire)

        return await embed(model, texts, ask)

    async def aclose(self) -> None:
        if self._owns_http:
            await self._http.aclose()

    def _transport(self) -> "Transport":
        if self._opened is None:
            from loom.calls.openai.transport import Transport

            self._opened = Transport(self._http, self._origin, self._credential, self._idle_s, self._clock)
        return self._opened

    async def _carry(self, wire: Wire, on_delta: OnDelta | None) -> Received:
        body = self._spelled(wire.body)
        if on_delta is not None:
            body = body[:-1] + (_STREAM if self._plain_stream else _STREAM_WITH_USAGE)
        sent = wire if body is wire.body else Wire(body, wire.request_id, wire.timeout_s)
        if on_delta is not None:
            return await self._stream(sent, on_delta)
        answer = await self._transport().exchange(_CHAT, sent)
        return Received(answer, streamed=looks_like_events(answer))

    async def _stream(self, wire: Wire, on_delta: OnDelta) -> Received:
        assembly = Assembly()
        pieces: list[bytes] = []

        def take(piece: bytes) -> bool:
            pieces.append(piece)
            for delta in assembly.feed(piece):
                on_delta(delta)
            return assembly.done

        try:
            await self._transport().exchange(_CHAT, wire, take)
        except ProviderError as error:
            if error.fault is not Fault.NO_ANSWER or not assembly.complete:
                raise _with_tail(error, assembly.text) from error
        body = b"".join(pieces)
        if not looks_like_events(body):
            return Received(body)
        for delta in assembly.close():
            on_delta(delta)
        if not assembly.complete:
            cut = ProviderError(f"{self._origin}{_CHAT} ended its stream without finishing", Fault.NO_ANSWER)
            raise _with_tail(cut, assembly.text)
        return Received(body, streamed=True)

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


def _with_tail(error: ProviderError, text: str) -> ProviderError:
    """`error`, telling how far the answer had come."""
    if not text:
        return error
    message = f"{error}; it had written {len(text)} characters, ending in {text[-_LONGEST_TAIL:]!r}"
    return ProviderError(message, error.fault, status=error.status, retry_after_s=error.retry_after_s)
