"""A model that answers from a script, for tests of all above it. Opens nothing; the same each time."""

import asyncio
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

import msgspec

from loom.calls.backend import Delta, DeltaKind, Embedded, OnDelta, Received, Wire, WireKind
from loom.calls.models import (
    FinishReason,
    Message,
    ModelAnswer,
    ModelRequest,
    Part,
    Role,
    ToolCall,
    ToolSpec,
    Usage,
)
from loom.core.clock import Clock, SystemClock
from loom.core.errors import Fault, ProviderError
from loom.core.jsonvalue import Json, canonical

__all__ = ["Script", "Scripted", "ScriptedBackend"]

Scripted: TypeAlias = str | ModelAnswer | ProviderError
"""One scripted outcome: a text, an answer, or the failure to raise."""

Script: TypeAlias = Scripted | Iterable[Scripted] | Callable[[ModelRequest], Scripted]
"""One outcome for every request, one per request in turn, or a function of the request."""

_DIMENSIONS = 16


class ScriptedBackend:
    """Answers requests from a script in the order in which they are sent, and remembers them.

    A text becomes an answer whose usage counts words. A `ProviderError` is raised by `send`, one with
    `Fault.MALFORMED` by `read`. A script that has run out refuses.
    """

    def __init__(
        self,
        script: Script = "ok",
        *,
        delay_s: float = 0.0,
        gate: asyncio.Event | None = None,
        clock: Clock | None = None,
        origin: str = "scripted://",
    ) -> None:
        """A request waits for `gate`, then for `delay_s` on `clock`, before it is answered."""
        self.requests: list[ModelRequest] = []
        self.wires: list[Wire] = []
        self._next = _in_turn(script)
        self._delay_s = delay_s
        self._gate = gate
        self._clock = clock or SystemClock()
        self._origin = origin

    @property
    def origin(self) -> str:
        return self._origin

    def encode(self, request: ModelRequest) -> bytes:
        return canonical(msgspec.to_builtins(request))

    def encode_embedding(self, model: str, texts: tuple[str, ...]) -> bytes:
        return canonical({"input": texts, "model": model})

    async def send(self, wire: Wire, on_delta: OnDelta | None = None) -> Received:
        self.wires.append(wire)
        if wire.kind is WireKind.EMBEDDING:
            return Received(wire.body)
        request = _request(json.loads(wire.body))
        self.requests.append(request)
        outcome = self._next(request)
        if self._gate is not None:
            await self._gate.wait()
        if self._delay_s:
            await self._clock.sleep(self._delay_s)
        if isinstance(outcome, ProviderError):
            if outcome.fault is not Fault.MALFORMED:
                raise outcome
            return Received(str(outcome).encode())
        answer = _spoken(outcome, request) if isinstance(outcome, str) else outcome
        if on_delta is not None:
            _stream(answer, on_delta)
        return Received(canonical(msgspec.to_builtins(answer)), streamed=on_delta is not None)

    def read(self, received: Received) -> ModelAnswer:
        try:
            return _answer(json.loads(received.body))
        except (ValueError, TypeError, KeyError):
            said = received.body.decode("utf-8", "replace")
            raise ProviderError(f"not a scripted answer: {said}", Fault.MALFORMED) from None

    def read_embedding(self, received: Received, count: int) -> Embedded:
        """Vectors made of each text's hash: equal texts are equal, others unrelated."""
        asked = json.loads(received.body)
        texts: list[str] = asked["input"]
        if len(texts) != count:
            raise ProviderError(f"{len(texts)} vectors for {count} texts", Fault.MALFORMED)
        words = sum(len(text.split()) for text in texts)
        return Embedded(tuple(map(_vector, texts)), words, asked["model"])

    async def models(self) -> tuple[str, ...]:
        return ("scripted",)

    async def aclose(self) -> None:
        return


def _in_turn(script: Script) -> Callable[[ModelRequest], Scripted]:
    if callable(script):
        return script
    if isinstance(script, Scripted):
        return lambda _: script
    left: Iterator[Scripted] = iter(script)
    out = ProviderError("the script has no further answer; give it one for each request", Fault.REFUSED)
    return lambda _: next(left, out)


def _spoken(text: str, request: ModelRequest) -> ModelAnswer:
    heard = sum(len(message.text.split()) for message in request.messages)
    return ModelAnswer(text, usage=Usage(heard, len(text.split())), model=request.model)


def _answer(document: Json) -> ModelAnswer:
    usage = document["usage"]
    plain: Json = {**document, "tool_calls": _tool_calls(document), "dropped": tuple(document["dropped"])}
    plain["thinking"] = tuple(document["thinking"])
    plain["usage"] = Usage(**usage) if usage else None
    plain["finish_reason"] = FinishReason(document["finish_reason"])
    return ModelAnswer(**plain)


def _stream(answer: ModelAnswer, on_delta: OnDelta) -> None:
    if answer.reasoning:
        on_delta(Delta(DeltaKind.REASONING, answer.reasoning))
    for word in re.findall(r"\S+\s*|\s+", answer.text or ""):
        on_delta(Delta(DeltaKind.TEXT, word))
    for call in answer.tool_calls:
        on_delta(Delta(DeltaKind.TOOL, call.raw_arguments))


def _request(document: Json) -> ModelRequest:
    plain: Json = {**document, "stop": tuple(document["stop"])}
    plain["messages"] = tuple(_message(message) for message in document["messages"])
    plain["tools"] = tuple(ToolSpec(**tool) for tool in document["tools"])
    return ModelRequest(**plain)


def _message(document: Json) -> Message:
    content = tuple(Part(**part) for part in document["content"])
    thinking = tuple(document["thinking"])
    return Message(Role(document["role"]), content, _tool_calls(document), document["tool_call_id"], thinking)


def _tool_calls(document: Json) -> tuple[ToolCall, ...]:
    return tuple(ToolCall(**call) for call in document["tool_calls"])


def _vector(text: str) -> tuple[float, ...]:
    digest = hashlib.sha256(text.encode()).digest()[:_DIMENSIONS]
    return tuple(byte / 127.5 - 1 for byte in digest)
