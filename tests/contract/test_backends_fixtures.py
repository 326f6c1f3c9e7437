"""What the providers' published pages describe is read as it is meant. Not tried live: see `fixtures/README.md`."""

import json

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from backend_subjects import FIXTURES, OVER_HTTP

from loom.calls.backend import DeltaKind, Received, Wire
from loom.calls.models import FinishReason, Message, ModelRequest, Part, Role, Usage
from loom.core.clock import FakeClock
from loom.core.errors import Fault, ProviderError

PARCEL = ("parcel", {"number": "A 7", "deep": {"x": 1}})
ERRORS = [
    pytest.param(folder.name, entry, id=f"{folder.name}-{entry['status']}-{number}")
    for folder in sorted(FIXTURES.iterdir())
    if folder.is_dir()
    for number, entry in enumerate(json.loads((folder / "errors.json").read_text()))
]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def read(name, *, streamed=None):
    """The answer in a fixture."""
    body = (FIXTURES / name).read_bytes()
    backend = OVER_HTTP[name.partition("/")[0]]("http://h")
    return backend.read(Received(body, not name.endswith(".json") if streamed is None else streamed))


@pytest.mark.parametrize(
    ("name", "usage"),
    [
        ("anthropic/message.json", Usage(47, 8, 30)),
        ("anthropic/stream.txt", Usage(47, 8, 30)),
        ("ollama/chat.json", Usage(26, 7)),
        ("ollama/stream.ndjson", Usage(26, 7)),
    ],
)
def test_a_text_has_its_words_its_tokens_and_its_model(name, usage):
    answer = read(name)
    assert answer.text == "The parcel left on Monday."
    assert (answer.usage, answer.finish_reason) == (usage, FinishReason.STOP)
    assert answer.model in ("claude-fixture-20260101", "llama-fixture:3b")


@pytest.mark.parametrize(
    ("name", "ids", "text"),
    [
        ("anthropic/tool_use.json", ["toolu_01", "toolu_02"], "I will look."),
        ("anthropic/stream_tool_use.txt", ["toolu_01", "toolu_02"], "I will look."),
        ("ollama/tools.json", ["call_0", "call_xyz"], None),
        ("ollama/stream_tools.ndjson", ["call_0", "call_xyz"], None),
    ],
)
def test_tools_are_called_with_their_arguments(name, ids, text):
    answer = read(name)
    assert [(call.name, call.arguments) for call in answer.tool_calls] == [PARCEL, ("clock", {})]
    assert [call.id for call in answer.tool_calls] == ids
    assert (answer.text, answer.finish_reason) == (text, FinishReason.TOOL_CALLS)


@pytest.mark.parametrize("name", ["anthropic/thinking.json", "anthropic/stream_thinking.txt"])
def test_signed_thinking_is_given_back_as_it_came(name):
    answer = read(name)
    assert (answer.text, answer.reasoning) == ("Which number?", "A parcel has a number.")
    assert answer.usage == Usage(9, 2400)
    turn = Message(Role.ASSISTANT, (Part("Which number?"),), thinking=answer.thinking)
    body = json.loads(OVER_HTTP["anthropic"]("http://h").encode(ModelRequest("m", (turn,))))
    assert body["messages"][0]["content"] == [
        {"type": "thinking", "thinking": "A parcel has a number.", "signature": "c2lnbmVk"},
        {"type": "redacted_thinking", "data": "c2VhbGVk"},
        {"type": "text", "text": "Which number?"},
    ]


@pytest.mark.parametrize("name", ["ollama/thinking.json", "ollama/stream_thinking.ndjson"])
def test_thinking_without_a_signature_is_given_back_to_whoever_takes_it(name):
    answer = read(name)
    assert (answer.text, answer.reasoning) == ("Which number?", "A parcel has a number.")
    turn = Message(Role.ASSISTANT, (Part("Which number?"),), thinking=answer.thinking)
    bodies = {
        kind: backend("http://h").encode(ModelRequest("m", (turn,))) for kind, backend in OVER_HTTP.items()
    }
    assert json.loads(bodies["ollama"])["messages"][0]["thinking"] == "A parcel has a number."
    assert b"A parcel has" not in bodies["anthropic"] + bodies["openai"]


def test_a_count_that_ollama_leaves_out_is_none():
    answer = read("ollama/remembered.json")
    assert (answer.usage, answer.finish_reason) == (Usage(0, 2), FinishReason.LENGTH)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("anthropic/stream_overloaded.txt", Fault.SERVER),
        ("ollama/stream_error.ndjson", Fault.NO_ANSWER),
        ("openai/openrouter_stream_error.txt", Fault.SERVER),
    ],
)
def test_an_error_in_a_stream_is_what_it_says(name, fault):
    with pytest.raises(ProviderError) as caught:
        read(name)
    assert caught.value.fault is fault


@pytest.mark.parametrize("server", ["llamacpp.json", "vllm.json", "lmstudio.json", "openrouter_stream.txt"])
def test_servers_that_speak_the_openai_api_are_understood(server):
    answer = read(f"openai/{server}")
    assert (answer.text, answer.reasoning) == ("The parcel left.", "Look at it.")
    assert (answer.usage, answer.finish_reason) == (Usage(14, 5), FinishReason.STOP)


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("anthropic/stream_thinking.txt", {DeltaKind.REASONING, DeltaKind.TEXT}),
        ("anthropic/stream_tool_use.txt", {DeltaKind.TEXT, DeltaKind.TOOL}),
        ("ollama/stream_thinking.ndjson", {DeltaKind.REASONING, DeltaKind.TEXT}),
        ("ollama/stream_tools.ndjson", {DeltaKind.TOOL}),
    ],
)
async def test_a_stream_is_watched_as_it_comes(name, kinds):
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=(FIXTURES / name).read_bytes())

    seen = []
    async with served(name.partition("/")[0], answer) as backend:
        body = backend.encode(ModelRequest("m", (Message.of(Role.USER, "hi"),)))
        received = await backend.send(Wire(body, "id", 5.0), seen.append)
    assert {delta.kind for delta in seen} == kinds
    assert backend.read(received) == read(name)


@pytest.mark.parametrize(("kind", "entry"), ERRORS)
async def test_a_refusal_is_the_fault_that_the_pages_describe(kind, entry):
    error = {"type": entry.get("type"), "message": entry.get("message")}
    said = entry.get("body") or {"type": "error", "error": error, "request_id": "req_1"}

    async def answer(_: web.Request) -> web.Response:
        return web.json_response(said, status=entry["status"], headers=entry.get("headers"))

    schema = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}}
    asked = ModelRequest(
        "m",
        (Message.of(Role.USER, "hi"),),
        temperature=0.5,
        top_p=0.9,
        max_tokens=9000,
        response_format=schema,
    )
    async with served(kind, answer) as backend:
        with pytest.raises(ProviderError) as caught:
            await backend.send(Wire(backend.encode(asked), "id", 5.0))
    found = caught.value
    assert (found.fault, found.parameter) == (entry["fault"], entry.get("parameter"))
    assert found.retry_after_s == entry.get("retry_after_s")


class served:  # noqa: N801 - reads as a phrase
    """A backend whose every request is answered by `answer`, at the beginning of the epoch."""

    def __init__(self, kind, answer):
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", answer)
        self._kind, self._server = kind, TestServer(app, host="127.0.0.1")

    async def __aenter__(self):
        await self._server.start_server()
        url = str(self._server.make_url("/"))
        self._backend = OVER_HTTP[self._kind](url, "sk-fixture-key", clock=FakeClock(0))
        return self._backend

    async def __aexit__(self, *_):
        await self._backend.aclose()
        await self._server.close()
