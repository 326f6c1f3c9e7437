"""The loop as data: what comes next depends on the transcript and the plan alone."""

import asyncio
import json
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from loom.calls.models import FinishReason, Message, ModelAnswer, ModelRequest, Role, ToolCall, ToolSpec
from loom.worker.driver import Ended, drive
from loom.worker.loop import (
    AwaitHuman,
    CallModel,
    CallTools,
    Done,
    Generation,
    LoopLimits,
    Plan,
    StopReason,
    next_step,
)
from loom.worker.transcript import (
    HumanAnswer,
    ModelTurn,
    Opening,
    Step,
    ToolResult,
    Transcript,
    step_from_json,
    step_to_json,
)

Calling = Callable[..., ModelAnswer]
OPENING = Opening((Message.of(Role.SYSTEM, "be brief"), Message.of(Role.USER, "hello")))
PLAN = Plan(Generation("m"), LoopLimits(max_turns=3))


def after(*steps: Step | ModelAnswer, plan: Plan = PLAN, opening: Opening = OPENING) -> object:
    turns = (ModelTurn(step) if isinstance(step, ModelAnswer) else step for step in steps)
    return next_step(Transcript(opening, tuple(turns)), plan)


def limits(**given: int) -> Plan:
    return Plan(Generation("m"), LoopLimits(**{"max_turns": 9, **given}))


def test_a_run_begins_by_asking_the_model_all_that_the_plan_says() -> None:
    tool = ToolSpec("look", "looks", {"type": "object"})
    how = Generation("m", 0.5, 0.9, 100, 7, "required", {"type": "json_object"})
    step = next_step(Transcript(Opening(OPENING.messages, (tool,))), Plan(how, PLAN.limits))
    assert step == CallModel(
        ModelRequest(
            "m",
            OPENING.messages,
            (tool,),
            "required",
            0.5,
            0.9,
            100,
            7,
            response_format={"type": "json_object"},
        )
    )


def test_a_final_answer_ends_the_run_with_the_reason_the_provider_gave() -> None:
    for finish, stop in (("stop", "completed"), ("length", "length"), ("filtered", "filtered")):
        answer = ModelAnswer("done", finish_reason=FinishReason(finish))
        assert after(answer) == Done(StopReason(stop), answer)


def test_tool_calls_count_even_when_the_finish_reason_says_stop(calling: Calling) -> None:
    answer = calling(("1", "look"), finish=FinishReason.STOP)
    assert after(answer) == CallTools(answer.tool_calls)


def test_a_tool_call_cut_off_by_the_length_limit_is_not_run() -> None:
    answer = ModelAnswer(None, (ToolCall("1", "look", None, '{"q": "ha'),), finish_reason=FinishReason.LENGTH)
    assert after(answer) == Done(StopReason.LENGTH, answer)


def test_calls_that_were_not_run_are_not_shown_to_the_model_again(calling: Calling) -> None:
    step = after(calling(("1", "look"), finish=FinishReason.FILTERED), HumanAnswer("go on"))
    assert isinstance(step, CallModel)
    assert [message.tool_calls for message in step.request.messages[2:]] == [(), ()]


def test_a_round_cut_short_is_resumed_by_asking_for_the_missing_results_only(calling: Calling) -> None:
    answer = calling(("1", "look"), ("2", "look"))
    step = after(answer, ToolResult("2", "look", "seen"))
    assert step == CallTools(answer.tool_calls[:1])


def test_ids_that_a_provider_uses_again_in_a_later_turn_are_not_taken_for_answered(calling: Calling) -> None:
    first, second = calling(("call_0", "look")), calling(("call_0", "look"))
    assert after(first, ToolResult("call_0", "look", "seen"), second) == CallTools(second.tool_calls)


def test_calls_with_the_same_id_in_one_turn_each_get_a_result(calling: Calling) -> None:
    answer = calling(("x", "look", {"at": 1}), ("x", "look", {"at": 2}))
    assert after(answer, ToolResult("x", "look", "one")) == CallTools(answer.tool_calls[1:])


def test_the_model_sees_results_after_its_calls(calling: Calling) -> None:
    answer = calling(("1", "look"))
    step = after(answer, ToolResult("1", "look", "seen"))
    assert isinstance(step, CallModel)
    assert [message.role for message in step.request.messages] == ["system", "user", "assistant", "tool"]
    assert step.request.messages[3].tool_call_id == "1"


def test_the_last_turn_allowed_does_not_run_its_tools(calling: Calling) -> None:
    turn, seen = calling(("1", "look")), ToolResult("1", "look", "seen")
    assert after(turn, seen, turn, seen, turn) == Done(StopReason.MAX_TURNS, turn)


def test_a_round_that_would_exceed_the_tool_calls_allowed_is_not_run(calling: Calling) -> None:
    one, two = calling(("1", "look")), calling(("2", "look"), ("3", "look"))
    seen = ToolResult("1", "look", "seen")
    assert after(one, seen, two, plan=limits(max_tool_calls=2)) == Done(StopReason.MAX_TOOL_CALLS, two)
    assert after(one, seen, two, plan=limits(max_tool_calls=3)) == CallTools(two.tool_calls)


def test_the_same_call_too_often_in_a_row_ends_the_run(calling: Calling) -> None:
    turn, seen = calling(("1", "look", {"q": 1})), ToolResult("1", "look", "seen")
    other = calling(("1", "look", {"q": 2}))
    guard = limits(repeat_guard=3)
    assert after(turn, seen, turn, seen, turn, plan=guard) == Done(StopReason.LOOP_GUARD, turn)
    assert after(turn, seen, other, seen, turn, plan=guard) == CallTools(turn.tool_calls)


def test_a_manual_tool_waits_for_a_person_after_the_others_have_run(calling: Calling) -> None:
    opening = Opening(OPENING.messages, manual_tools=frozenset({"ask"}))
    answer = calling(("1", "ask"), ("2", "look"))
    seen = ToolResult("2", "look", "seen")
    assert after(answer, opening=opening) == CallTools(answer.tool_calls[1:])
    waiting = after(answer, seen, opening=opening)
    assert isinstance(waiting, AwaitHuman)
    assert waiting.tool_call == answer.tool_calls[0]
    assert isinstance(after(answer, seen, HumanAnswer("yes", "1"), opening=opening), CallModel)


def test_what_a_person_adds_to_a_finished_run_is_put_to_the_model() -> None:
    step = after(ModelAnswer("done"), HumanAnswer("shorter, please"))
    assert isinstance(step, CallModel)
    assert step.request.messages[-1] == Message.of(Role.USER, "shorter, please")


def test_what_a_person_says_during_a_round_of_tools_comes_after_its_results(calling: Calling) -> None:
    step = after(calling(("1", "look")), HumanAnswer("hurry"), ToolResult("1", "look", "seen"))
    assert isinstance(step, CallModel)
    assert [message.role for message in step.request.messages[2:]] == ["assistant", "tool", "user"]


calls = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(("look", "count"))), max_size=3)
scripts = st.lists(calls, min_size=1, max_size=6)
plans = st.builds(
    LoopLimits, st.integers(1, 6), st.none() | st.integers(1, 8), st.none() | st.integers(2, 4)
).map(lambda given: Plan(Generation("m"), given))


def run(script: list[list[tuple[str, str]]], plan: Plan, begun: Transcript) -> tuple[Ended, list[Step]]:
    """Drive `begun` to its end with a model that says the n-th line of `script` in its n-th turn."""

    async def model(request: ModelRequest) -> ModelTurn:
        spoken = sum(message.role is Role.ASSISTANT for message in request.messages)
        wanted = script[spoken] if spoken < len(script) else []
        made = tuple(ToolCall(identity, name, {"turn": spoken}) for identity, name in wanted)
        return ModelTurn(ModelAnswer(None if made else "done", made), call_id=bytes([spoken]))

    class Tools:
        async def run(self, call: ToolCall) -> ToolResult:
            return ToolResult(call.id, call.name, f"{call.name} saw {call.arguments}")

    recorded: list[Step] = []
    ended = asyncio.run(drive(begun, plan, model=model, tools=Tools(), record=recorded.append))
    return ended, recorded


@settings(max_examples=60, deadline=None)
@given(scripts, plans, st.data())
def test_any_prefix_of_any_run_stored_and_reloaded_continues_as_the_whole_did(
    script: list[list[tuple[str, str]]], plan: Plan, data: st.DataObject
) -> None:
    whole, recorded = run(script, plan, Transcript(OPENING))
    at = data.draw(st.integers(0, len(recorded)))
    stored = json.loads(json.dumps([step_to_json(step) for step in recorded[:at]]))
    resumed, rest = run(script, plan, Transcript(OPENING, tuple(map(step_from_json, stored))))
    assert rest == recorded[at:]
    assert resumed == whole
    assert whole.transcript.fork(at) == Transcript(OPENING, tuple(recorded[:at]))
