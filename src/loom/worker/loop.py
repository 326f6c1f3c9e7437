"""What to do next in an execution: a pure function of its transcript and plan. Calls and remembers nothing.

So a run resumes, forks and waits for people by storing steps, and a restart cannot lose its place.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import TypeAlias

from loom.calls.models import FinishReason, ModelAnswer, ModelRequest, ToolCall
from loom.core.jsonvalue import Json
from loom.core.value import Value
from loom.worker.transcript import HumanAnswer, ModelTurn, Step, Transcript, calls_of

__all__ = [
    "AwaitHuman",
    "CallModel",
    "CallTools",
    "Done",
    "Generation",
    "LoopLimits",
    "NextStep",
    "Plan",
    "StopReason",
    "next_step",
]


class StopReason(StrEnum):
    """Why an execution ended. The last three are set by whoever drives it, never by `next_step`."""

    COMPLETED = "completed"
    LENGTH = "length"
    FILTERED = "filtered"
    MAX_TURNS = "max_turns"
    MAX_TOOL_CALLS = "max_tool_calls"
    LOOP_GUARD = "loop_guard"
    TIMEOUT = "timeout"
    ABORTED = "aborted"
    ERRORED = "errored"


@dataclass(frozen=True, slots=True)
class LoopLimits:
    """Where a loop ends whether or not the model is finished."""

    max_turns: int
    """Model turns; tools asked for in the last one are not run."""

    max_tool_calls: int | None = None
    """A round that would exceed it is not run."""

    repeat_guard: int | None = None
    """So many equal calls in a row, same tool and same arguments, end the loop."""


@dataclass(frozen=True, slots=True)
class Generation:
    """How the model is asked, the same in every turn. None: not sent."""

    model: str
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    tool_choice: str | None = None
    response_format: Json | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What stays the same through a loop."""

    generation: Generation
    limits: LoopLimits


class CallModel(Value):
    """Ask the model this."""

    request: ModelRequest


class CallTools(Value):
    """Run these; they do not depend on each other."""

    calls: tuple[ToolCall, ...]


@dataclass(frozen=True, slots=True)
class AwaitHuman:
    """Nothing can be done until a person answers."""

    reason: str
    tool_call: ToolCall | None = None
    """The call a person answers."""


class Done(Value):
    """It is over."""

    stop: StopReason
    answer: ModelAnswer | None
    """The model's last words; None when it never spoke."""


NextStep: TypeAlias = CallModel | CallTools | AwaitHuman | Done

_FINISHED = {
    FinishReason.STOP: StopReason.COMPLETED,
    FinishReason.TOOL_CALLS: StopReason.COMPLETED,
    FinishReason.LENGTH: StopReason.LENGTH,
    FinishReason.FILTERED: StopReason.FILTERED,
}


def next_step(transcript: Transcript, plan: Plan) -> NextStep:
    """What to do now.

    Asks only for what is missing: a round of tools that was cut short is finished, not repeated.
    """
    last = _last_turn(transcript.steps) if transcript.steps else None
    if last is None:
        return _ask(transcript, plan)
    answer, since = last
    if calls := calls_of(answer):
        stop = _stopped(transcript, plan.limits)
        return Done(stop, answer) if stop else _round(transcript, plan, _unanswered(calls, since))
    if since and any(isinstance(step, HumanAnswer) for step in since):
        over = transcript.turns >= plan.limits.max_turns
        return Done(StopReason.MAX_TURNS, answer) if over else _ask(transcript, plan)
    return Done(_FINISHED[answer.finish_reason], answer)


def _last_turn(steps: tuple[Step, ...]) -> tuple[ModelAnswer, tuple[Step, ...]] | None:
    for index in range(len(steps) - 1, -1, -1):
        step = steps[index]
        if isinstance(step, ModelTurn):
            return step.answer, steps[index + 1 :]
    return None


def _ask(transcript: Transcript, plan: Plan) -> CallModel:
    how = plan.generation
    return CallModel(
        ModelRequest(
            model=how.model,
            messages=transcript.messages,
            tools=transcript.opening.tools,
            tool_choice=how.tool_choice,
            temperature=how.temperature,
            top_p=how.top_p,
            max_tokens=how.max_tokens,
            seed=how.seed,
            response_format=how.response_format,
        )
    )


def _stopped(transcript: Transcript, limits: LoopLimits) -> StopReason | None:
    if transcript.turns >= limits.max_turns:
        return StopReason.MAX_TURNS
    if limits.max_tool_calls is not None and sum(1 for _ in _calls(transcript)) > limits.max_tool_calls:
        return StopReason.MAX_TOOL_CALLS
    if limits.repeat_guard is not None and _longest_repeat(transcript) >= limits.repeat_guard:
        return StopReason.LOOP_GUARD
    return None


def _calls(transcript: Transcript) -> Iterator[ToolCall]:
    return (
        call for step in transcript.steps if isinstance(step, ModelTurn) for call in calls_of(step.answer)
    )


def _longest_repeat(transcript: Transcript) -> int:
    return max(sum(1 for _ in equal) for _, equal in groupby(_calls(transcript), key=_wish))


def _wish(call: ToolCall) -> tuple[str, object]:
    return call.name, call.raw_arguments if call.arguments is None else call.arguments


def _unanswered(calls: tuple[ToolCall, ...], since: tuple[Step, ...]) -> tuple[ToolCall, ...]:
    """Calls of the last turn without a result. Matched within the round: some providers reuse ids later."""
    answered = Counter(step.tool_call_id for step in since if not isinstance(step, ModelTurn))
    missing: list[ToolCall] = []
    for call in calls:
        if answered[call.id]:
            answered[call.id] -= 1
        else:
            missing.append(call)
    return tuple(missing)


def _round(transcript: Transcript, plan: Plan, missing: tuple[ToolCall, ...]) -> NextStep:
    manual = transcript.opening.manual_tools
    automatic = tuple(call for call in missing if call.name not in manual)
    if automatic:
        return CallTools(automatic)
    if missing:
        return AwaitHuman(f"the tool '{missing[0].name}' is answered by a person", missing[0])
    return _ask(transcript, plan)
