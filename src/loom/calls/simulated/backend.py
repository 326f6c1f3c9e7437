"""The embedded family as a backend in this process: no key, no network, no model. Spells as OpenAI does."""

import json
import re
from hashlib import blake2b

from msgspec import structs

from loom.calls.backend import Delta, DeltaKind, Embedded, OnDelta, Received, Wire, WireKind
from loom.calls.models import ModelAnswer, ModelRequest
from loom.calls.openai.codec import encode_request, read_answer
from loom.calls.openai.embedding import read_embedding
from loom.calls.openai.serving import answer_json, embeddings_json, read_embedding_texts, read_request
from loom.calls.reading import as_object
from loom.calls.simulated import Simulated, embed, simulate
from loom.calls.simulated.sizes import SIZES, size_of
from loom.calls.simulated.tokens import text_tokens
from loom.calls.vectors import encode_embedding
from loom.core.clock import Clock, SystemClock
from loom.core.errors import Fault, ProviderError
from loom.core.jsonvalue import canonical

__all__ = ["SimulatedBackend"]

_ORIGIN = "simulated:2"
_WORD = re.compile(r"\s*\S+\s*|\s+")


class SimulatedBackend:
    """Answers at once, or with `latency` as slowly as a real model of that size would."""

    def __init__(self, clock: Clock | None = None, *, latency: bool = False) -> None:
        self._clock = clock or SystemClock()
        self._latency = latency

    @property
    def origin(self) -> str:
        """The version of the family: its answers change only with it."""
        return _ORIGIN

    def encode(self, request: ModelRequest) -> bytes:
        return encode_request(request)

    def encode_embedding(self, model: str, texts: tuple[str, ...]) -> bytes:
        return encode_embedding(model, texts)

    async def send(self, wire: Wire, on_delta: OnDelta | None = None) -> Received:
        if wire.kind is WireKind.EMBEDDING:
            return Received(_embedding(wire.body))
        found = _answer(wire)
        if on_delta is None:
            await self._wait(found.latency_s)
        else:
            await self._stream(found, on_delta)
        created = self._clock.now_us() // 1_000_000
        return Received(canonical(answer_json(found.answer, f"chatcmpl-{wire.request_id}", created)))

    def read(self, received: Received) -> ModelAnswer:
        return read_answer(as_object(received.body), len(received.body))

    def read_embedding(self, received: Received, count: int) -> Embedded:
        return read_embedding(received.body, count)

    async def models(self) -> tuple[str, ...]:
        return tuple(sorted(SIZES))

    async def aclose(self) -> None:
        """There is nothing to release."""

    async def _stream(self, found: Simulated, on_delta: OnDelta) -> None:
        deltas = [Delta(DeltaKind.TEXT, word) for word in _WORD.findall(found.answer.text or "")]
        deltas += [Delta(DeltaKind.TOOL, call.raw_arguments) for call in found.answer.tool_calls]
        await self._wait(found.first_token_s)
        for delta in deltas:
            on_delta(delta)
            await self._wait((found.latency_s - found.first_token_s) / len(deltas))

    async def _wait(self, seconds: float) -> None:
        if self._latency:
            await self._clock.sleep(seconds)


def _answer(wire: Wire) -> Simulated:
    try:
        request = read_request(json.loads(wire.body))
        size_of(request.model)
    except ValueError as wrong:
        raise ProviderError(f"the simulated model cannot read this: {wrong}", Fault.REFUSED) from None
    except KeyError as unknown:
        remedy = f"use {', '.join(SIZES)}"
        raise ProviderError(f"there is no simulated model {unknown}; {remedy}", Fault.REFUSED) from None
    return simulate(_with_luck(request, wire.request_id))


def _embedding(body: bytes) -> bytes:
    """The family has one way to embed, whatever model is named."""
    model, texts = read_embedding_texts(json.loads(body))
    return canonical(embeddings_json(embed(texts), model, sum(map(text_tokens, texts))))


def _with_luck(request: ModelRequest, request_id: str) -> ModelRequest:
    """As with real models, each try at a temperature above 0 has its own luck, unless a seed fixes it."""
    if request.seed is not None or request.temperature == 0:
        return request
    luck = blake2b(request_id.encode(), digest_size=6).digest()
    return structs.replace(request, seed=int.from_bytes(luck, "big"))
