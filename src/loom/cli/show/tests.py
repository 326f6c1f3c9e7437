"""How one test looks: the answer as it streams, then what it took."""

import json
from typing import TYPE_CHECKING, Self

from loom.calls.backend import Delta, DeltaKind
from loom.cli.show.console import console
from loom.cli.show.format import count, show_usd
from loom.core.jsonvalue import pretty

if TYPE_CHECKING:
    from loom.calls.path import Route
    from loom.core.jsonvalue import Json
    from loom.engine.bench import TestResult

__all__ = ["Streamed", "show_test", "test_json"]


class Streamed:
    """Prints an answer while it comes in."""

    def __init__(self, worker: str, route: "Route") -> None:
        self._title = f"{worker} on {route.model}"
        self._simulated = route.simulated
        self._kind: DeltaKind | None = None

    def __enter__(self) -> Self:
        note = "  [warn]simulated[/warn]" if self._simulated else ""
        console().print(f"[accent]{self._title}[/accent]{note}")
        return self

    def add(self, delta: Delta) -> None:
        """Print a piece of the answer."""
        style = None if delta.kind is DeltaKind.TEXT else "muted"
        if self._kind not in (None, delta.kind):
            console().print()
        self._kind = delta.kind
        console().print(delta.text, end="", markup=False, style=style, soft_wrap=True)

    def __exit__(self, *_exc: object) -> None:
        if self._kind is not None:
            console().print()


def show_test(result: "TestResult") -> None:
    """The verdict, the output where it is not just what streamed, and what it took."""
    out, outcome = console(), result.outcome
    if outcome.output is not None and not _is_same(outcome.output, outcome.raw_text):
        out.print("\n[accent]Output[/accent]")
        out.print(pretty(outcome.output), markup=False)
    out.print()
    if result.success:
        out.print("[pass]✓ PASS[/pass] the output fits the contract")
    else:
        out.print("[fail]✕ FAIL[/fail]", end=" ")
        problems = (outcome.error,) if outcome.error else outcome.problems
        out.print("\n       ".join(problems), markup=False, soft_wrap=True)
    out.print(_took(result), style="muted")


def _took(result: "TestResult") -> str:
    usage = result.usage
    tokens = (
        f"{count(usage.input_tokens)} + {count(usage.output_tokens)} tokens" if usage else "tokens unknown"
    )
    if result.outcome.cached:
        return f"{tokens} · from the cache, nothing paid · --no-cache asks again"
    return f"{tokens} · {show_usd(result.cost_nano)} · {result.outcome.latency_us / 1000:,.0f} ms"


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
        "cost_usd": None if result.cost_nano is None else result.cost_nano / 1e9,
        "latency_ms": outcome.latency_us // 1000,
        "model_used": result.model,
        "cached": outcome.cached,
        "simulated": result.simulated,
        "prompt": [{"role": message.role, "content": message.text} for message in result.transcript.messages],
    }
