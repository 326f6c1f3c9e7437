"""A model address that speaks Anthropic's Messages API. Knows the API; nothing of retries, limits, money or storage."""

from loom.calls.address import root_of, versioned
from loom.calls.anthropic.codec import UNSPOKEN, encode_request, read_answer
from loom.calls.anthropic.stream import Assembly, assemble
from loom.calls.backend import Embedded, OnDelta, Received, Wire
from loom.calls.channel import Channel
from loom.calls.credential import Credential
from loom.calls.http import HttpClient
from loom.calls.lines import looks_like_events
from loom.calls.models import ModelAnswer, ModelRequest
from loom.calls.reading import as_object, malformed, objects
from loom.calls.refusals import refuse_unspoken
from loom.core.clock import Clock
from loom.core.errors import Problem, ProviderError, UsageError

__all__ = ["AnthropicBackend"]

_MESSAGES = "/messages"
_MODELS = "/models?limit=1000"
_VERSION = {"anthropic-version": "2023-06-01"}
_STREAM = b',"stream":true}'


class AnthropicBackend:
    """One endpoint."""

    def __init__(
        self,
        base_url: str = "https://api.anthropic.com",
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
        key = (
            credential if isinstance(credential, Credential) else Credential(credential, "ANTHROPIC_API_KEY")
        )
        headers = {**_VERSION, "x-api-key": key.key} if key.key else _VERSION
        root = versioned(root_of(base_url, _MESSAGES))
        self._channel = Channel(root, key, headers, http=http, idle_s=idle_s, clock=clock)

    @property
    def origin(self) -> str:
        return self._channel.origin

    def encode(self, request: ModelRequest) -> bytes:
        return encode_request(request)

    def encode_embedding(self, model: str, texts: tuple[str, ...]) -> bytes:
        remedy = "use another endpoint for embeddings, or the simulated one"
        raise UsageError(
            Problem(
                f"has no embeddings, so none of {len(texts)} texts", self.origin, value=model, remedy=remedy
            )
        )

    async def send(self, wire: Wire, on_delta: OnDelta | None = None) -> Received:
        refuse_unspoken(wire.body, UNSPOKEN, self.origin)
        if on_delta is None:
            answer = await self._channel.post(_MESSAGES, wire)
            return Received(answer, streamed=looks_like_events(answer))
        asked = Wire(wire.body[:-1] + _STREAM, wire.request_id, wire.timeout_s)
        return await self._channel.stream(_MESSAGES, asked, Assembly(), on_delta, looks_like_events)

    def read(self, received: Received) -> ModelAnswer:
        body = received.body
        try:
            return read_answer(assemble(body) if received.streamed else as_object(body), len(body))
        except ProviderError as error:
            raise self._channel.placed(error) from None

    def read_embedding(self, received: Received, count: int) -> Embedded:
        """There is none to read: none can be encoded."""
        raise self._channel.placed(malformed(f"not {count} embeddings", received.body))

    async def models(self) -> tuple[str, ...]:
        listed = as_object(await self._channel.get(_MODELS)).get("data")
        if not isinstance(listed, list):
            raise malformed("without a list of models")
        return tuple(sorted(str(entry["id"]) for entry in objects(listed) if entry.get("id")))

    async def aclose(self) -> None:
        await self._channel.aclose()
