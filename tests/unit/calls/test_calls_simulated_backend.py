"""The embedded family behind the same door as every other model."""

import asyncio
import json

import pytest
from msgspec import structs

from loom.calls.backend import DeltaKind, Wire, WireKind
from loom.calls.models import FinishReason, Message, ModelRequest, Role, ToolSpec
from loom.calls.openai import OpenAIBackend
from loom.calls.prices import find_price
from loom.calls.simulated import simulate
from loom.calls.simulated.backend import SimulatedBackend
from loom.core.clock import FakeClock
from loom.core.errors import Fault, ProviderError

PROMPT = (
    'Classify the ticket as "billing", "bug" or "feature". Answer as JSON: {"label": "...", "reason": "..."}.'
)
TICKET = "I was charged twice on my invoice this month, please refund one of the payments."
REQUEST = ModelRequest(
    "sim-small", (Message.of(Role.SYSTEM, PROMPT), Message.of(Role.USER, TICKET)), temperature=0.0
)
WEATHER = ToolSpec(
    "get_weather",
    "The weather in a city",
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)


@pytest.fixture
def backend():
    return SimulatedBackend(FakeClock())


async def ask(backend, request=REQUEST, request_id="a", on_delta=None):
    received = await backend.send(Wire(backend.encode(request), request_id, 9.0), on_delta)
    return backend.read(received)


async def texts(backend, request):
    return {(await ask(backend, request, f"request-{number}")).text for number in range(20)}


def test_the_body_is_the_one_an_http_endpoint_gets(backend):
    assert backend.encode(REQUEST) == OpenAIBackend("http://localhost").encode(REQUEST)


async def test_an_answer_is_the_familys_with_its_usage_and_price(backend):
    answer, expected = await ask(backend), simulate(REQUEST).answer
    assert (answer.text, answer.usage, answer.model) == (expected.text, expected.usage, "sim-small-1")
    assert (
        find_price({}, "sim-small", backend.origin).cost(
            answer.usage.input_tokens, answer.usage.output_tokens
        )
        > 0
    )


@pytest.mark.parametrize("tools", [(), (WEATHER,)])
async def test_a_streamed_answer_is_the_whole_one_in_pieces(backend, tools):
    request = structs.replace(REQUEST, model="sim-large", tools=tools)
    if tools:
        request = structs.replace(request, messages=(Message.of(Role.USER, "What is the weather in Oslo?"),))
    deltas = []
    streamed = await ask(backend, request, on_delta=deltas.append)
    assert streamed == await ask(backend, request)
    written = {kind: "".join(delta.text for delta in deltas if delta.kind is kind) for kind in DeltaKind}
    assert written["text"] == (streamed.text or "")
    assert written["tool"] == "".join(call.raw_arguments for call in streamed.tool_calls)
    assert bool(streamed.tool_calls) == bool(tools)


async def test_a_length_limit_is_kept_and_reported(backend):
    answer = await ask(backend, structs.replace(REQUEST, max_tokens=2))
    assert (answer.finish_reason, answer.usage.output_tokens) == (FinishReason.LENGTH, 2)


@pytest.mark.parametrize(("temperature", "seed"), [(0.0, None), (0, None), (1.0, 7)])
async def test_without_temperature_or_with_a_seed_every_try_is_the_same(backend, temperature, seed):
    assert len(await texts(backend, structs.replace(REQUEST, temperature=temperature, seed=seed))) == 1


@pytest.mark.parametrize("temperature", [1.5, None])
async def test_with_temperature_tries_differ_and_each_can_be_repeated(backend, temperature):
    request = structs.replace(REQUEST, temperature=temperature)
    found = await texts(backend, request)
    assert len(found) > 1
    assert await texts(backend, request) == found


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"model": "gpt-9", "messages": [{"role": "user", "content": "hi"}]}, "use sim-small, sim-medium"),
        ({"model": "sim-small", "messages": []}, "'messages' must be a non-empty array"),
    ],
)
async def test_what_cannot_be_answered_is_refused(backend, body, said):
    with pytest.raises(ProviderError, match=said) as caught:
        await backend.send(Wire(json.dumps(body).encode(), "a", 9.0))
    assert caught.value.fault is Fault.REFUSED


@pytest.mark.parametrize("on_delta", [None, lambda _: None])
async def test_with_latency_an_answer_takes_as_long_as_a_real_one(on_delta):
    clock = FakeClock()
    answering = asyncio.ensure_future(ask(SimulatedBackend(clock, latency=True), on_delta=on_delta))
    await clock.advance(simulate(REQUEST).latency_s * 0.98)
    assert not answering.done()
    await clock.advance(simulate(REQUEST).latency_s * 0.03)
    assert (await answering).usage


async def test_texts_become_vectors_of_one_length(backend):
    texts = ("refund my invoice", "the invoice was refunded", "blue sky")
    wire = Wire(backend.encode_embedding("any", texts), "a", 9.0, WireKind.EMBEDDING)
    embedded = backend.read_embedding(await backend.send(wire), 3)
    near, far = (
        sum(a * b for a, b in zip(embedded.vectors[0], embedded.vectors[other], strict=True))
        for other in (1, 2)
    )
    assert near > far
    assert embedded.input_tokens == 13
