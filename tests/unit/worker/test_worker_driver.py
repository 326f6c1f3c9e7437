"""The driver carries out steps: at the same time where it may, in order where it must, and without loss when cut."""

import asyncio
from collections.abc import Callable

import pytest

from loom.calls.models import Message, ModelAnswer, ModelRequest, Role, ToolCall
from loom.core.errors import TaskTimeoutError
from loom.worker.driver import drive
from loom.worker.loop import AwaitHuman, Done, Generation, LoopLimits, Plan
from loom.worker.transcript import HumanAnswer, ModelTurn, Opening, Step, ToolResult, Transcript

Calling = Callable[..., ModelAnswer]
BEGUN = Transcript(Opening((Message.of(Role.USER, "go"),), manual_tools=frozenset({"ask"})))
PLAN = Plan(Generation("m"), LoopLimits(max_turns=5))


class Model:
    """Says one answer after the other."""

    def __init__(self, *answers: ModelAnswer) -> None:
        self._answers = iter(answers)

    async def __call__(self, request: ModelRequest) -> ModelTurn:
        return ModelTurn(next(self._answers))


class Tools:
    """Each tool waits until the last one of the round has begun; `stuck` waits for ever."""

    def __init__(self, together: int = 1) -> None:
        self._begun = 0
        self._together = together
        self._all = asyncio.Event()
        self.cancelled: list[str] = []

    async def run(self, call: ToolCall) -> ToolResult:
        self._begun += 1
        if self._begun == self._together:
            self._all.set()
        try:
            await (asyncio.Event() if call.name == "stuck" else self._all).wait()
        except asyncio.CancelledError:
            self.cancelled.append(call.id)
            raise
        if call.name == "broken":
            raise OSError("out of order")
        return ToolResult(call.id, call.name, "seen")


async def test_tools_of_one_turn_run_at_the_same_time_and_are_recorded_in_the_order_of_the_calls(
    calling: Calling,
) -> None:
    recorded: list[Step] = []
    model = Model(calling(("1", "look"), ("2", "look"), ("3", "look")), ModelAnswer("done"))
    ended = await drive(BEGUN, PLAN, model=model, tools=Tools(3), record=recorded.append)
    assert [step.tool_call_id for step in recorded if isinstance(step, ToolResult)] == ["1", "2", "3"]
    assert isinstance(ended.outcome, Done)
    assert ended.transcript.steps == tuple(recorded)


async def test_a_run_that_waits_for_a_person_goes_on_with_the_answer(calling: Calling) -> None:
    model = Model(calling(("1", "ask")), ModelAnswer("done"))
    waiting = await drive(BEGUN, PLAN, model=model, tools=Tools())
    assert isinstance(waiting.outcome, AwaitHuman)
    answered = waiting.transcript.append(HumanAnswer("yes", "1"))
    ended = await drive(answered, PLAN, model=model, tools=Tools())
    assert isinstance(ended.outcome, Done)
    assert ended.transcript.messages[-2].text == "yes"


async def test_a_task_out_of_time_says_so_and_its_steps_so_far_were_recorded(calling: Calling) -> None:
    recorded: list[Step] = []
    tools = Tools()
    model = Model(calling(("1", "look")), calling(("2", "stuck"), ("3", "stuck")))
    with pytest.raises(TaskTimeoutError, match=r"timed out after 0\.05 s"):
        await drive(BEGUN, PLAN, model=model, tools=tools, record=recorded.append, timeout_s=0.05)
    assert [type(step) for step in recorded] == [ModelTurn, ToolResult, ModelTurn]
    assert tools.cancelled == ["2", "3"]


async def test_a_time_out_of_the_model_itself_is_not_taken_for_the_tasks(calling: Calling) -> None:
    async def model(request: ModelRequest) -> ModelTurn:
        raise TimeoutError("the socket was silent")

    with pytest.raises(TimeoutError, match="silent"):
        await drive(BEGUN, PLAN, model=model, tools=Tools(), timeout_s=60)


async def test_a_cancelled_run_leaves_no_tool_running(calling: Calling) -> None:
    tools = Tools()
    model = Model(calling(("1", "stuck"), ("2", "stuck")))
    running = asyncio.create_task(drive(BEGUN, PLAN, model=model, tools=tools))
    while len(asyncio.all_tasks()) < 4:
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert tools.cancelled == ["1", "2"]


async def test_a_runner_that_breaks_its_promise_and_raises_stops_the_others(calling: Calling) -> None:
    tools = Tools(2)
    model = Model(calling(("1", "broken"), ("2", "stuck")))
    with pytest.raises(OSError, match="out of order"):
        await drive(BEGUN, PLAN, model=model, tools=tools)
    assert tools.cancelled == ["2"]
