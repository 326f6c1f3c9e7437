"""A model address that speaks Anthropic's Messages API. Knows the API; nothing of retries, limits, money or storage."""

from loom.calls.address import root_of, versioned
from loom.calls.anthropic.codec import UNSPOKEN, encode_request, read_answer
from loom.calls.anthropic.stream import Events
from loom.calls.backend import Embedded, OnDelta, Received, Wire
from loom.calls.channel import Channel
from loom.calls.credential import Credential
from loom.calls.http import HttpClient
from loom.calls.http_backend import Api, HttpBackend
from loom.calls.lines import looks_like_events
from loom.calls.reading import malformed
from loom.calls.refusals import refuse_unspoken
from loom.core.clock import Clock
from loom.core.errors import Problem, UsageError

__all__ = ["AnthropicBackend"]

_MESSAGES = "/messages"
_VERSION = {"anthropic-version": "2023-06-01"}
_STREAM = b',"stream":true}'


def _no_embedding(body: bytes, count: int) -> Embedded:
    """There is none to read: none can be encoded."""
    raise malformed(f"not {count} embeddings", body)


_API = Api(
    encode_request, Events, read_answer, _no_embedding, models="/models?limit=1000", listed="data", name="id"
)


class AnthropicBackend(HttpBackend):
    """One endpoint."""

    def __init__(
        self,
        base_url: str = "https://api.anthropic.com",
        credential: Credential | str | None = None,
        *,
        http: HttpClient | None = None,
        clock: Clock | None = None,
    ) -> None:
        """`http` as `Channel` takes it; `/v1` is added to a `base_url` that names no version.

        Raises:
            InputError: when `base_url` is no address, or the key cannot be sent.
        """
        key = (
            credential if isinstance(credential, Credential) else Credential(credential, "ANTHROPIC_API_KEY")
        )
        headers = {**_VERSION, "x-api-key": key.key} if key.key else _VERSION
        root = versioned(root_of(base_url, _MESSAGES))
        super().__init__(Channel(root, key, headers, http=http, clock=clock), _API)

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
        return await self._channel.stream(_MESSAGES, asked, Events(), on_delta, looks_like_events)
