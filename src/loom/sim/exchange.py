"""One request's way through the server: limits, faults, the model, the answer, the bill."""

import asyncio
import json
import time
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any, cast

from aiohttp import web
from msgspec import structs

from loom.calls.models import ModelAnswer, Usage
from loom.calls.simulated import simulate
from loom.calls.simulated.prices import cost_nano_usd
from loom.calls.simulated.tokens import CHARS_PER_TOKEN, text_tokens
from loom.core.hashing import hash_json
from loom.core.jsonvalue import Json
from loom.sim import sending
from loom.sim.bill import Row
from loom.sim.dialects import Code, Dialect, RefusalError, spelled
from loom.sim.faults import Fault
from loom.sim.options import SimOptions

__all__ = ["Exchange", "bad_request", "parsed_body", "semantic_hash", "status_fault"]

_TRANSPORT_KEYS = frozenset({"stream", "stream_options"})
_STATUS_TEXT = {
    "429": "rate limit reached",
    "500": "the server had an error",
    "502": "bad gateway",
    "503": "the service is unavailable",
    "529": "the service is overloaded",
}
_LONG_WAIT_S = 89
_SPAN = 1 << 32
_SPREAD = 0x9E37_79B1
_BROKEN = RefusalError(200, "the model failed while it answered")
_WRONG_USAGE = (Usage(0, 0), Usage(-7, -3), Usage(10**12, 10**12))


@dataclass(frozen=True, slots=True)
class Exchange:
    """A chat request that may be answered. Its body is read when there is work to do, which a fixed answer is not."""

    http: web.Request
    dialect: Dialect
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
        try:
            request = self.dialect.read(self.body)
        except ValueError as error:
            raise bad_request(str(error)) from None
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
        streamed = self.dialect.streamed(self.body)
        pieces = self._streamed(answer, kind) if streamed else [self._whole(answer, kind)]
        if kind == "cut":
            after, stream_type = self._cut_after(), self.dialect.stream_type if streamed else None
            return await sending.send_cut(self.http, b"".join(pieces), after=after, stream_type=stream_type)
        if not streamed:
            return await sending.send_whole(self.http, pieces[0])
        pause_s = 1 / self.options.tokens_per_s if self.options.tokens_per_s else 0.0
        return await sending.send_pieces(self.http, pieces, self.dialect.stream_type, pause_s=pause_s)

    def _whole(self, answer: ModelAnswer, kind: str) -> bytes:
        number, created = self.row.n, self.row.arrived_us // 1_000_000
        body = spelled(self.dialect.whole(answer, number, created, empty=kind == "empty_choices"))
        return body[: len(body) * 2 // 3] if kind == "malformed" else body

    def _streamed(self, answer: ModelAnswer, kind: str) -> list[bytes]:
        number, created = self.row.n, self.row.arrived_us // 1_000_000
        empty = kind == "empty_choices"
        pieces = self.dialect.pieces(answer, number, created, self.body, empty=empty)
        if kind == "malformed":
            pieces[len(pieces) // 2] = self.dialect.garbled
        if kind == "error_in_stream":
            pieces[len(pieces) // 2 :] = [self.dialect.error_piece(_BROKEN, number)]
        return pieces

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


def status_fault(fault: Fault | None, *, streamed: bool = False) -> RefusalError | None:
    """The refusal of a fault that does no work; None for the faults that spoil a finished answer."""
    if fault is None:
        return None
    outcome = f"fault:{fault.name}"
    if fault.name in _STATUS_TEXT:
        headers = _retry_after(fault.retry_after) if fault.name == "429" else None
        return RefusalError(int(fault.name), _STATUS_TEXT[fault.name], headers=headers, outcome=outcome)
    if fault.name == "error_200" or (fault.name == "error_in_stream" and not streamed):
        return RefusalError(200, "the model failed", outcome=outcome)
    if fault.name == "reject_param":
        message = f"Unsupported parameter: '{fault.parameter}' is not supported with this model."
        return RefusalError(400, message, Code.PARAMETER, fault.parameter, outcome=outcome)
    return None


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


def _retry_after(form: str) -> dict[str, str] | None:
    values = {
        "seconds": "1",
        "date": formatdate(time.time() + 1, usegmt=True),
        "long": str(_LONG_WAIT_S),
        "hour": "3600",
        "junk": "soon",
    }
    return {"Retry-After": values[form]} if form in values else None


def bad_request(message: str) -> RefusalError:
    """400: the request itself is wrong."""
    return RefusalError(400, message)


def _unknown_model(name: str) -> RefusalError:
    message = f"The model '{name}' does not exist; `/v1/models` lists those that do."
    return RefusalError(404, message, Code.MODEL, name)


def _spoiled(answer: ModelAnswer, kind: str, turn: int) -> ModelAnswer:
    if kind == "missing_usage":
        return structs.replace(answer, usage=None)
    return (
        structs.replace(answer, usage=_WRONG_USAGE[turn % len(_WRONG_USAGE)])
        if kind == "wrong_usage"
        else answer
    )


def _padded(answer: ModelAnswer, size: int) -> ModelAnswer:
    """The answer with trailing blanks up to `size` bytes, which leaves JSON what it was."""
    text = answer.text or ""
    text += " " * (size - len(text.encode()))
    assert answer.usage is not None
    return structs.replace(
        answer, text=text, usage=structs.replace(answer.usage, output_tokens=text_tokens(text))
    )
