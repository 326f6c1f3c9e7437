"""What every backend promises, whatever is behind it. A new one is one line in `BACKENDS`."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from backend_subjects import BACKENDS, SECRET, Subject
from msgspec import structs

from loom.calls.backend import Delta, DeltaKind, Received, Wire, WireKind
from loom.calls.models import FinishReason, Message, ModelRequest, Part, Role, ToolCall, ToolSpec
from loom.core.errors import Fault, ProviderError, UsageError
from loom.core.jsonvalue import canonical

WEATHER = ToolSpec(
    "get_weather",
    "The weather in a city.",
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=BACKENDS, ids=lambda opener: opener.__name__)
async def subject(request) -> AsyncIterator[Subject]:
    async with request.param() as opened:
        yield opened


def asking(subject: Subject, text: str, **more) -> ModelRequest:
    return ModelRequest(
        subject.model, (Message.of(Role.SYSTEM, "Be brief."), Message.of(Role.USER, text)), **more
    )


async def ask(subject: Subject, request: ModelRequest, on_delta=None):
    wire = Wire(subject.backend.encode(request), "request-1", 10.0)
    return await subject.backend.send(wire, on_delta)


async def settled(subject: Subject, request: ModelRequest, *told: str):
    """The answer to `request` without what the provider has no word for, and what that is."""
    try:
        return subject.backend.read(await ask(subject, request)), told
    except ProviderError as error:
        if error.fault is not Fault.PARAMETER or error.parameter in told:
            raise
        return await settled(
            subject, structs.replace(request, **{error.parameter: None}), *told, error.parameter
        )


def everything(subject: Subject) -> ModelRequest:
    """A request that sets all there is to set."""
    call = ToolCall("call_1", "look", {"at": "é\u2028"}, '{"at": "é\u2028"}')
    messages = (
        Message.of(Role.USER, "look at it"),
        Message(Role.ASSISTANT, tool_calls=(call,)),
        Message(Role.TOOL, (Part("it is "), Part("there")), tool_call_id="call_1"),
    )
    return ModelRequest(
        subject.model,
        messages,
        tools=(ToolSpec("look", "Looks.", {"type": "object", "properties": {"at": {"type": "string"}}}),),
        tool_choice="auto",
        temperature=0.25,
        top_p=0.5,
        max_tokens=64,
        seed=7,
        stop=("END",),
        response_format={"type": "text"},
    )


async def test_the_same_request_has_the_same_canonical_spelling(subject):
    body = subject.backend.encode(everything(subject))
    assert body == subject.backend.encode(everything(subject))
    assert body == canonical(json.loads(body))
    assert "stream" not in json.loads(body)


async def test_every_setting_makes_another_request(subject):
    plain = asking(subject, "hello")
    others = [
        asking(subject, "hello", **setting)
        for setting in (
            {"temperature": 0.0},
            {"top_p": 0.5},
            {"max_tokens": 5},
            {"seed": 1},
            {"stop": ("x",)},
            {"tool_choice": "none"},
            {"response_format": {"type": "json_object"}},
            {"tools": (ToolSpec("f", "", {}),)},
        )
    ]
    assert len({subject.backend.encode(request) for request in (plain, *others)}) == 9


async def test_an_answer_has_text_usage_and_the_model_that_gave_it(subject):
    answer = subject.backend.read(await ask(subject, asking(subject, "hello there")))
    assert answer.text
    assert answer.model.startswith(subject.model)
    assert answer.usage.input_tokens > 0
    assert answer.usage.output_tokens > 0


async def test_a_request_that_sets_everything_is_answered(subject):
    answer, told = await settled(subject, everything(subject))
    assert answer.text or answer.tool_calls
    assert set(told) <= {"seed", "tool_choice", "response_format"}


async def test_an_answer_can_be_read_again_from_its_bytes(subject):
    received = await ask(subject, asking(subject, "hello there"))
    assert subject.backend.read(received) == subject.backend.read(received)


async def test_a_streamed_answer_is_the_sum_of_its_deltas_and_reads_as_the_whole(subject):
    deltas: list[Delta] = []
    streamed = subject.backend.read(await ask(subject, asking(subject, "hello there"), deltas.append))
    whole = subject.backend.read(await ask(subject, asking(subject, "hello there")))
    assert "".join(delta.text for delta in deltas if delta.kind is DeltaKind.TEXT) == streamed.text
    assert (streamed.text, streamed.usage) == (whole.text, whole.usage)


async def test_calls_at_once_do_not_mix(subject):
    requests = [asking(subject, f"number {number}") for number in range(20)]
    together = await asyncio.gather(*(ask(subject, request) for request in requests))
    alone = [await ask(subject, request) for request in requests]
    read = subject.backend.read
    assert [read(received).text for received in together] == [read(received).text for received in alone]


async def test_a_cancelled_call_stays_cancelled_and_the_next_one_works(subject):
    call = asyncio.ensure_future(ask(subject, asking(subject, "hello")))
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert subject.backend.read(await ask(subject, asking(subject, "hello"))).text


async def test_models_are_listed_in_order_with_the_one_that_serves(subject):
    names = await subject.backend.models()
    assert subject.model in names
    assert list(names) == sorted(names)


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_tool_is_called_with_arguments_and_its_result_is_used(subject, streamed):
    if not subject.thinks:
        pytest.skip("the answer behind this backend is fixed")
    on_delta = (lambda _: None) if streamed else None
    question = asking(subject, "What is the weather in Paris?", tools=(WEATHER,), temperature=0.0)
    turn = subject.backend.read(await ask(subject, question, on_delta))
    (call,) = turn.tool_calls
    assert turn.finish_reason is FinishReason.TOOL_CALLS
    assert (call.name, call.arguments) == ("get_weather", {"city": "Paris"})
    said = Message(Role.ASSISTANT, (Part(turn.text),) if turn.text else (), (call,), thinking=turn.thinking)
    result = Message(Role.TOOL, (Part('{"weather": "hail"}'),), tool_call_id=call.id)
    followed = structs.replace(question, messages=(*question.messages, said, result))
    answer = subject.backend.read(await ask(subject, followed, on_delta))
    assert "hail" in answer.text


async def test_each_text_has_its_vector(subject):
    if not subject.embeds:
        with pytest.raises(UsageError, match="has no embeddings"):
            subject.backend.encode_embedding("e", ("a cat",))
        return
    texts = ("a cat", "a much longer text about dogs", "a cat")
    wire = Wire(subject.backend.encode_embedding("e", texts), "request-1", 10.0, WireKind.EMBEDDING)
    embedded = subject.backend.read_embedding(await subject.backend.send(wire), 3)
    assert len(embedded.vectors) == 3
    assert embedded.vectors[0] == embedded.vectors[2] != embedded.vectors[1]
    assert len({len(vector) for vector in embedded.vectors}) == 1
    assert embedded.input_tokens > 0


async def test_the_origin_is_the_same_each_time_and_holds_no_secret(subject):
    assert subject.backend.origin == subject.backend.origin
    assert SECRET not in subject.backend.origin


async def test_closing_twice_does_no_harm(subject):
    await subject.backend.aclose()
    await subject.backend.aclose()


@pytest.mark.parametrize("body", [b"", b"<html>gateway</html>", b"[]", b"{}", b'{"choices": []}', b"\xff"])
async def test_bytes_that_are_no_answer_are_malformed(subject, body):
    with pytest.raises(ProviderError) as caught:
        subject.backend.read(Received(body))
    assert caught.value.fault is Fault.MALFORMED
