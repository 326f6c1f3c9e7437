"""Carries out the steps of a loop, one after the other. Knows not where models live or steps are kept."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeAlias

from loom.calls.models import ModelRequest, ToolCall
from loom.core.errors import TaskTimeoutError
from loom.core.value import Value
from loom.worker.loop import AwaitHuman, CallModel, CallTools, Done, Plan, next_step
from loom.worker.transcript import ModelTurn, Step, ToolResult, Transcript

__all__ = ["Ended", "ModelCaller", "Record", "ToolRunner", "drive"]

ModelCaller: TypeAlias = Callable[[ModelRequest], Awaitable[ModelTurn]]
Record: TypeAlias = Callable[[Step], None]


class ToolRunner(Protocol):
    """Runs tools. What goes wrong in a tool is a result the model sees, never an exception."""

    async def run(self, call: ToolCall) -> ToolResult:
        """The result of `call`."""
        ...


class Ended(Value):
    """Where a loop came to rest: it is over, or it waits for a person and may be driven on later."""

    transcript: Transcript
    outcome: Done | AwaitHuman


def drive(
    transcript: Transcript,
    plan: Plan,
    *,
    model: ModelCaller,
    tools: ToolRunner,
    record: Record | None = None,
    timeout_s: float | None = None,
) -> Awaitable[Ended]:
    """Take steps until there is nothing left to do without a person.

    `record` gets each new step as soon as it is known, in the order of the transcript. Tools of one turn run
    at the same time; their results are recorded in the order of the calls.

    Raises:
        TaskTimeoutError: after `timeout_s`; the steps so far have been recorded.
        Exception: what `model` or `tools` raise, as it is.
    """
    driven = _drive(transcript, plan, model, tools, record)
    return driven if timeout_s is None else _within(timeout_s, driven)


async def _within(timeout_s: float, driven: Awaitable[Ended]) -> Ended:
    deadline = asyncio.timeout(timeout_s)
    try:
        async with deadline:
            return await driven
    except TimeoutError:
        if not deadline.expired():
            raise
        message = f"timed out after {timeout_s:g} s; raise 'timeout_seconds' if the worker needs longer"
        raise TaskTimeoutError(message) from None


async def _drive(
    transcript: Transcript, plan: Plan, model: ModelCaller, tools: ToolRunner, record: Record | None
) -> Ended:
    def note(step: Step) -> None:
        nonlocal transcript
        transcript = transcript.append(step)
        if record:
            record(step)

    while True:
        following = next_step(transcript, plan)
        match following:
            case CallModel(request):
                note(await model(request))
            case CallTools((call,)):
                note(await tools.run(call))
            case CallTools(calls):
                await _run_all(calls, tools, note)
            case Done() | AwaitHuman():
                return Ended(transcript, following)


async def _run_all(calls: tuple[ToolCall, ...], tools: ToolRunner, note: Record) -> None:
    running = [asyncio.create_task(tools.run(call)) for call in calls]
    try:
        for task in running:
            note(await task)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
