"""What every backend promises, whatever is behind it. A new one is one line in `BACKENDS`."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from loom.calls.backend import Backend, Delta, DeltaKind, Received, Wire
from loom.calls.models import Message, ModelRequest, Part, Role, ToolCall, ToolSpec
from loom.calls.openai import Credential, OpenAIBackend
from loom.calls.scripted import ScriptedBackend
from loom.calls.simulated.backend import SimulatedBackend
from loom.core.errors import Fault, ProviderError
from loom.core.jsonvalue import canonical
from loom.sim.options import SimOptions
from loom.sim.server import serving

SECRET = "sk-contract-secret"


@dataclass(frozen=True, slots=True)
class Subject:
    """A backend and a model that it serves."""

    backend: Backend
    model: str


@asynccontextmanager
async def scripted():
    yield Subject(ScriptedBackend(lambda request: f"heard: {request.messages[-1].text}"), "scripted")


@asynccontextmanager
async def simulated():
    yield Subject(SimulatedBackend(), "sim-small")


@asynccontextmanager
async def openai_against_fixtures():
    """Answers in the shapes of the provider's published API pages, not tried live."""
    app = web.Application()
    app.router.add_post("/v1/chat/completions", _completion)
    app.router.add_get("/v1/models", _models)
    app.router.add_post("/v1/embeddings", _embeddings)
    async with TestServer(app, host="127.0.0.1") as server:
        backend = OpenAIBackend(str(server.make_url("/")), Credential(SECRET))
        yield Subject(backend, "gpt-fixture")
        await backend.aclose()


@asynccontextmanager
async def openai_against_loom_sim():
    async with serving(SimOptions()) as server:
        backend = OpenAIBackend(server.url, Credential(SECRET))
        yield Subject(backend, "sim-small")
        await backend.aclose()


BACKENDS = [scripted, simulated, openai_against_fixtures, openai_against_loom_sim]


async def _completion(request: web.Request) -> web.StreamResponse:
    asked = await request.json()
    text = f"heard: {asked['messages'][-1]['content']}"
    usage = {"prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21}
    head = {"id": "chatcmpl-123", "created": 1677652288, "model": "gpt-fixture-2026-01-01"}
    if not asked.get("stream"):
        message = {"role": "assistant", "content": text, "refusal": None, "annotations": []}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        return web.json_response({**head, "object": "chat.completion", "choices": [choice], "usage": usage})
    head["object"] = "chat.completion.chunk"
    deltas = [{"role": "assistant", "content": ""}, *({"content": f"{word} "} for word in text.split(" "))]
    deltas[-1] = {"content": deltas[-1]["content"].removesuffix(" ")}
    chunks = [{**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    chunks.append({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    chunks.append({**head, "choices": [], "usage": usage})
    body = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks)
    return web.Response(text=f"{body}data: [DONE]\n\n", content_type="text/event-stream")


async def _models(_request: web.Request) -> web.Response:
    entry = {"object": "model", "created": 1686935002, "owned_by": "owner"}
    return web.json_response(
        {"object": "list", "data": [{"id": name, **entry} for name in ("z", "gpt-fixture")]}
    )


async def _embeddings(request: web.Request) -> web.Response:
    texts = (await request.json())["input"]
    data = [
        {"object": "embedding", "index": place, "embedding": [float(len(text)), 0.5]}
        for place, text in enumerate(texts)
    ]
    usage = {"prompt_tokens": len(texts), "total_tokens": len(texts)}
    return web.json_response({"object": "list", "data": data[::-1], "model": "e", "usage": usage})


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
    answer = subject.backend.read(await ask(subject, everything(subject)))
    assert answer.text or answer.tool_calls


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


async def test_each_text_has_its_vector(subject):
    texts = ("a cat", "a much longer text about dogs", "a cat")
    embedded = await subject.backend.embed("e", texts, "request-1")
    assert len(embedded.vectors) == 3
    assert embedded.vectors[0] == embedded.vectors[2] != embedded.vectors[1]
    assert len({len(vector) for vector in embedded.vectors}) == 1
    assert embedded.input_tokens > 0


async def test_nothing_to_embed_is_no_call(subject):
    assert (await subject.backend.embed("e", (), "request-1")).vectors == ()


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
