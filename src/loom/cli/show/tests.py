"""How one test looks: the answer as it streams, then what it took."""

import asyncio
import json
from typing import TYPE_CHECKING, Self

from loom.calls.backend import Delta, DeltaKind
from loom.cli.show.console import Part, console, error_console, put, styled
from loom.cli.show.format import count, show_usd
from loom.core.jsonvalue import pretty
from loom.core.money import show_paid

if TYPE_CHECKING:
    from loom.calls.path import Route
    from loom.core.jsonvalue import Json
    from loom.engine.bench import TestResult

__all__ = ["Streamed", "show_test", "test_json"]

_PATIENCE_S = 5.0


class Streamed:
    """Prints an answer while it comes in."""

    def __init__(self, worker: str, route: "Route | None") -> None:
        """`route` is None for a processor: nothing will stream."""
        asked: list[Part] = [" · processor"]
        if route:
            asked = [f" · {route.model}", (" simulated" if route.simulated else "", "warn")]
        self._title: list[Part] = [(worker, "accent"), *asked]
        self._silent = f"{route.keys.endpoint} has not answered" if route else "it has not finished"
        self._kind: DeltaKind | None = None
        """Of the line that is being written."""
        self.began = False
        """Whether anything came in."""

    def __enter__(self) -> Self:
        put(*self._title)
        self._reminder = asyncio.get_running_loop().call_later(_PATIENCE_S, self._remind)
        return self

    def _remind(self) -> None:
        if not self.began:
            note = f"{self._silent} yet; still trying, Ctrl-C gives up"
            put((note, "warn"), out=error_console())

    def add(self, delta: Delta) -> None:
        """Print a piece of the answer, or that it begins again."""
        self.began = True
        if self._kind is not delta.kind:
            self._end_line()
        if delta.kind is DeltaKind.RESTART:
            put((f"tried again: {delta.text}", "muted"))
            return
        self._kind = delta.kind
        style = "" if delta.kind is DeltaKind.TEXT else "muted"
        console().print(styled((delta.text, style)), end="", soft_wrap=True)

    def _end_line(self) -> None:
        if self._kind is not None:
            console().print()
        self._kind = None

    def __exit__(self, *_exc: object) -> None:
        self._reminder.cancel()
        self._end_line()


def show_test(result: "TestResult", *, streamed: bool) -> None:
    """The output where it is not just what streamed, the verdict, and what it took."""
    outcome = result.outcome
    if outcome.output is not None and not (streamed and _is_same(outcome.output, outcome.raw_text)):
        put(("output", "muted"))
        console().print(styled(pretty(outcome.output)), soft_wrap=True)
    console().print()
    if result.success:
        put("the output fits the contract", label=("✓ PASS", "pass"), hang=8)
    for problem in (outcome.error,) if outcome.error else outcome.problems:
        put(problem, label=("✗ FAIL", "fail"), hang=8)
    put((_took(result), "muted"))


def _took(result: "TestResult") -> str:
    usage = result.usage
    if not result.asks_model:
        return f"no model asked · {result.model} · {result.outcome.latency_us / 1000:,.0f} ms"
    tokens = "no tokens counted"
    if usage is not None:
        tokens = f"{count(usage.input_tokens)} + {count(usage.output_tokens)} tokens"
    if result.outcome.cached:
        return f"{tokens} · from the cache, nothing paid · --no-cache asks again"
    return f"{tokens} · {_cost(result)} · {result.outcome.latency_us / 1000:,.0f} ms"


def _cost(result: "TestResult") -> str:
    if result.unpriced:
        return f"cost {show_paid(result.cost_nano, result.unpriced)}"
    if result.usage is None and result.cost_nano:
        return f"{show_usd(result.cost_nano)} charged, the most that it may have cost"
    return show_usd(result.cost_nano)


def _is_same(output: object, raw: str | None) -> bool:
    try:
        return json.loads(raw or "") == output
    except ValueError:
        return False


def test_json(result: "TestResult") -> "Json":
    """The result for programs."""
    outcome, usage = result.outcome, result.usage
    return {
        "success": result.success,
        "output": outcome.output,
        "raw_response": outcome.raw_text,
        "validation_errors": list(outcome.problems),
        "error": outcome.error,
        "stop_reason": outcome.stop_reason,
        "token_usage": {"prompt_tokens": usage.input_tokens, "completion_tokens": usage.output_tokens}
        if usage
        else {},
        "cost_usd": None if result.unpriced else result.cost_nano / 1e9,
        "unpriced_attempts": result.unpriced,
        "latency_ms": outcome.latency_us // 1000,
        "model_used": result.model,
        "cached": outcome.cached,
        "simulated": result.simulated,
        "silo_updates": list(result.silo_updates),
        "prompt": [{"role": message.role, "content": message.text} for message in result.transcript.messages],
    }
