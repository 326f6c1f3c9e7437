"""The shipped test double does what its script says."""

import asyncio

import pytest

from loom.calls.backend import Wire
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
from loom.calls.scripted import ScriptedBackend
from loom.core.clock import FakeClock
from loom.core.errors import Fault, ProviderError

REQUEST = ModelRequest("m", (Message.of(Role.USER, "three small words"),))


async def answer(backend, request=REQUEST, on_delta=None):
    return backend.read(await backend.send(Wire(backend.encode(request), "id", 5.0), on_delta))


async def test_answers_come_in_turn_and_then_run_out():
    backend = ScriptedBackend(["one", "two"])
    assert [(await answer(backend)).text for _ in range(2)] == ["one", "two"]
    with pytest.raises(ProviderError, match="no further answer"):
        await answer(backend)


async def test_a_single_text_answers_everything_and_counts_words():
    backend = ScriptedBackend("fine so far")
    for _ in range(3):
        assert (await answer(backend)).usage == Usage(3, 3)


async def test_a_function_sees_the_request_as_it_was_made():
    call = ToolCall("c", "f", None, "{bad")
    request = ModelRequest(
        "m",
        (Message(Role.ASSISTANT, (Part("a"), Part("b")), (call,)), Message(Role.TOOL, tool_call_id="c")),
        tools=(ToolSpec("f", "d", {"type": "object"}),),
        tool_choice="f",
        temperature=0.5,
        stop=("x",),
        response_format={"type": "text"},
    )
    backend = ScriptedBackend(lambda asked: "same" if asked == request else "other")
    assert (await answer(backend, request)).text == "same"
    assert backend.requests == [request]
    assert backend.wires[0].request_id == "id"


async def test_a_full_answer_survives_its_bytes():
    full = ModelAnswer(
        None, (ToolCall("c", "f", {"a": 1}, '{"a": 1}'),), "hm", None, FinishReason.TOOL_CALLS, "m", ("seed",)
    )
    assert await answer(ScriptedBackend(full)) == full


@pytest.mark.parametrize("fault", Fault)
async def test_a_failure_is_raised_where_a_real_one_would_be(fault):
    backend = ScriptedBackend(ProviderError("no", fault))
    wire = Wire(backend.encode(REQUEST), "id", 5.0)
    if fault is Fault.MALFORMED:
        received = await backend.send(wire)
        with pytest.raises(ProviderError, match="no") as caught:
            backend.read(received)
    else:
        with pytest.raises(ProviderError, match="no") as caught:
            await backend.send(wire)
    assert caught.value.fault is fault


async def test_a_stream_gives_word_by_word():
    deltas = []
    await answer(ScriptedBackend("one two\nthree "), on_delta=deltas.append)
    assert [delta.text for delta in deltas] == ["one ", "two\n", "three "]


async def test_gate_and_delay_hold_an_answer_back():
    clock, gate = FakeClock(), asyncio.Event()
    backend = ScriptedBackend("late", delay_s=2.0, gate=gate, clock=clock)
    waiting = asyncio.ensure_future(answer(backend))
    await clock.advance(10)
    assert not waiting.done()
    gate.set()
    await clock.advance(1.9)
    assert not waiting.done()
    await clock.advance(0.2)
    assert waiting.result().text == "late"
