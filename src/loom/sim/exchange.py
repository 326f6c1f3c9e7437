"""One request's way through the server: limits, faults, the model, the answer, the bill."""

import asyncio
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from email.utils import formatdate
from typing import Any, cast

from aiohttp import web

from loom.calls.models import ModelAnswer, ModelRequest, Usage
from loom.calls.openai import serving as wire
from loom.calls.simulated import simulate
from loom.calls.simulated.prices import cost_nano_usd
from loom.calls.simulated.tokens import CHARS_PER_TOKEN, text_tokens
from loom.core.hashing import hash_json
from loom.core.jsonvalue import Json
from loom.sim import sending
from loom.sim.bill import Row
from loom.sim.faults import Fault
from loom.sim.options import SimOptions

__all__ = [
    "Exchange",
    "RefusalError",
    "bad_request",
    "parsed_body",
    "semantic_hash",
    "status_fault",
]

_TRANSPORT_KEYS = frozenset({"stream", "stream_options"})
_STATUS_TEXT = {
    "429": ("rate limit reached", "rate_limit_error"),
    "500": ("the server had an error", "server_error"),
    "502": ("bad gateway", "server_error"),
    "503": ("the service is unavailable", "server_error"),
    "529": ("the service is overloaded", "overloaded_error"),
}
_LONG_WAIT_S = 89
_SPAN = 1 << 32
_SPREAD = 0x9E37_79B1
_WRONG_USAGE = (Usage(0, 0), Usage(-7, -3), Usage(10**12, 10**12))


@dataclass(slots=True, eq=False)
class RefusalError(Exception):
    """The request gets an error status and no work is done."""

    status: int
    body: Json
    headers: dict[str, str] | None = None
    outcome: str = "refused"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A chat request that may be answered. Its body is read when there is work to do, which a fixed answer is not."""

    http: web.Request
    options: SimOptions
    row: Row
    body: Json
    fault: Fault | None

    async def answer(self) -> tuple[web.StreamResponse, str]:
        """Does the work and sends it; the response and the bill's outcome, unless a fault already set that.

        Raises:
            RefusalError: when the body or the model is wrong.
            ConnectionResetError: when the client has gone.
        """
        answer, latency_s = self._worked()
        kind = self.fault.name if self.fault else ""
        self.row.outcome = f"fault:{kind}" if kind else ""
        await self._wait(latency_s)
        return await self._sent(_spoiled(answer, kind, self.row.n), kind), "completed"

    def _worked(self) -> tuple[ModelAnswer, float]:
        """The answer, entered into the bill before anything is sent."""
        answer, latency_s = self._simulated() if self.options.fixed_answer is None else self._fixed()
        if self.options.answer_bytes and answer.text is not None:
            answer = _padded(answer, self.options.answer_bytes)
        assert answer.usage is not None
        row, usage = self.row, answer.usage
        row.billed, row.input_tokens, row.output_tokens = True, usage.input_tokens, usage.output_tokens
        try:
            row.cost_nano_usd = cost_nano_usd(row.model, usage.input_tokens, usage.output_tokens)
        except KeyError:
            row.cost_nano_usd = 0
        return answer, latency_s

    def _simulated(self) -> tuple[ModelAnswer, float]:
        request = _read_chat(self.body)
        try:
            result = simulate(request)
        except KeyError:
            raise _unknown_model(request.model) from None
        return result.answer, result.latency_s

    def _fixed(self) -> tuple[ModelAnswer, float]:
        text = self.options.fixed_answer or ""
        spent = -(-(self.http.content_length or 0) // CHARS_PER_TOKEN)
        return ModelAnswer(text, usage=Usage(spent, text_tokens(text)), model=self.row.model), 0.0

    async def _wait(self, simulated_s: float) -> None:
        wished = self.options.latency_ms
        wait_s = simulated_s if wished is None else wished / 1000
        luck = (int(self.row.request_hash[:8], 16) + self.options.seed * _SPREAD) % _SPAN
        wait_s += self.options.jitter_ms / 1000 * luck / _SPAN
        if self.fault and self.fault.name == "slow_headers":
            wait_s += self.fault.delay_s
        if wait_s:
            await asyncio.sleep(wait_s)

    async def _sent(self, answer: ModelAnswer, kind: str) -> web.StreamResponse:
        if kind == "stall":
            await sending.stall()
        answer_id, created = f"chatcmpl-{self.row.n}", self.row.arrived_us // 1_000_000
        streamed = bool(self.body.get("stream"))
        if streamed:
            return await self._streamed(answer, answer_id, created, kind)
        whole = wire.answer_json(answer, answer_id, created)
        if kind == "empty_choices":
            whole["choices"] = []
        if whole["usage"] is None:
            del whole["usage"]
        body = json.dumps(whole, ensure_ascii=False).encode()
        if kind == "malformed":
            body = body[: len(body) * 2 // 3]
        if kind == "cut":
            return await sending.send_cut(self.http, body, after=self._cut_after(), streamed=False)
        return await sending.send_whole(self.http, body)

    async def _streamed(
        self, answer: ModelAnswer, answer_id: str, created: int, kind: str
    ) -> web.StreamResponse:
        options: Any = self.body.get("stream_options") or {}
        include = bool(options.get("include_usage")) and answer.usage is not None
        chunks: Iterable[Json] = wire.stream_chunks(answer, answer_id, created, include_usage=include)
        if kind == "empty_choices":
            chunks = [{**chunk, "choices": []} for chunk in chunks]
        events = sending.event_bytes(chunks)
        if kind == "malformed":
            events[len(events) // 2] = b'data: {"choices": [{"delta\n\n'
        if kind == "cut":
            return await sending.send_cut(self.http, b"".join(events), after=self._cut_after(), streamed=True)
        pace = self.options.tokens_per_s
        return await sending.send_events(self.http, events, pause_s=1 / pace if pace else 0.0)

    def _cut_after(self) -> int:
        assert self.fault is not None
        return self.fault.after_chars


def parsed_body(raw: bytes) -> Json:
    """The JSON object of a request.

    Raises:
        RefusalError: 400 when it is not one.
    """
    try:
        value: Any = json.loads(raw, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise bad_request(f"the body is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise bad_request("the body must be a JSON object")
    return cast("Json", value)


def semantic_hash(body: Json) -> str:
    """SHA-256 of what the request means: the canonical body without what only concerns transport."""
    return hash_json({key: value for key, value in body.items() if key not in _TRANSPORT_KEYS}).hex()


def status_fault(fault: Fault | None) -> RefusalError | None:
    """The refusal of a fault that does no work; None for the faults that spoil a finished answer."""
    if fault is None:
        return None
    outcome = f"fault:{fault.name}"
    if fault.name in _STATUS_TEXT:
        message, kind = _STATUS_TEXT[fault.name]
        headers = _retry_after(fault.retry_after) if fault.name == "429" else None
        return RefusalError(int(fault.name), wire.error_json(message, kind), headers, outcome)
    if fault.name == "error_200":
        return RefusalError(200, wire.error_json("the model failed", "server_error"), None, outcome)
    if fault.name == "reject_param":
        message = f"Unsupported parameter: '{fault.parameter}' is not supported with this model."
        error = wire.error_json(
            message, "invalid_request_error", param=fault.parameter, code="unsupported_parameter"
        )
        return RefusalError(400, error, None, outcome)
    return None


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


def _read_chat(body: Json) -> ModelRequest:
    try:
        return wire.read_request(body)
    except ValueError as error:
        raise bad_request(str(error)) from None


def _retry_after(form: str) -> dict[str, str] | None:
    values = {
        "seconds": "1",
        "date": formatdate(time.time() + 1, usegmt=True),
        "long": str(_LONG_WAIT_S),
        "junk": "soon",
    }
    return {"Retry-After": values[form]} if form in values else None


def bad_request(message: str) -> RefusalError:
    """400: the request itself is wrong."""
    return RefusalError(400, wire.error_json(message, "invalid_request_error"))


def _unknown_model(name: str) -> RefusalError:
    message = f"The model '{name}' does not exist; `/v1/models` lists those that do."
    return RefusalError(
        404, wire.error_json(message, "invalid_request_error", param="model", code="model_not_found")
    )


def _spoiled(answer: ModelAnswer, kind: str, turn: int) -> ModelAnswer:
    if kind == "missing_usage":
        return replace(answer, usage=None)
    return replace(answer, usage=_WRONG_USAGE[turn % len(_WRONG_USAGE)]) if kind == "wrong_usage" else answer


def _padded(answer: ModelAnswer, size: int) -> ModelAnswer:
    """The answer with trailing blanks up to `size` bytes, which leaves JSON what it was."""
    text = answer.text or ""
    text += " " * (size - len(text.encode()))
    assert answer.usage is not None
    return replace(answer, text=text, usage=replace(answer.usage, output_tokens=text_tokens(text)))
