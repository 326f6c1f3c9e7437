"""The documented backends against servers on the loopback, and the lightness of the package."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from loom.core.errors import ProviderError
from loom.core.jsonvalue import Json
from loom.sim import serving as simulating
from loom.worker.backends import (
    AnthropicBackend,
    OllamaBackend,
    OpenAICompatibleBackend,
    build_backends_from_env,
)

Reply = tuple[int, Json]
CITY: Json = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


@asynccontextmanager
async def serving(*replies: Reply) -> AsyncIterator[tuple[OpenAICompatibleBackend, list[Json]]]:
    """A backend on a server that gives these replies in turn, and what the server received."""
    received: list[Json] = []
    left = iter(replies)

    async def answer(request: web.Request) -> web.Response:
        received.append(await request.json())
        status, body = next(left)
        return web.json_response(body, status=status)

    runner = await _started(answer)
    host, port = runner.addresses[0][:2]
    backend = OpenAICompatibleBackend(f"http://{host}:{port}", model="small")
    try:
        yield backend, received
    finally:
        await backend.aclose()
        await runner.cleanup()


async def _started(answer: Callable[[web.Request], Awaitable[web.Response]]) -> web.AppRunner:
    app = web.Application()
    app.router.add_post("/v1/chat/completions", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner


def completion(message: Json, finish: str = "stop") -> Reply:
    usage = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    return 200, {
        "id": "1",
        "object": "chat.completion",
        "model": "small-2",
        "choices": [choice],
        "usage": usage,
    }


async def test_an_answer_comes_back_with_its_counts_and_the_models_names() -> None:
    async with serving(completion({"content": "hello"})) as (backend, received):
        reply = await backend.complete("be brief", "hi", 50, 0.5)
    assert reply == {
        "content": "hello",
        "model": "small-2",
        "prompt_tokens": 7,
        "completion_tokens": 3,
        "tool_calls": None,
        "stop_reason": "end_turn",
        "gen_ai_system": "openai",
        "gen_ai_request_model": "small",
        "gen_ai_response_model": "small-2",
        "gen_ai_request_temperature": 0.5,
        "gen_ai_request_max_tokens": 50,
    }
    assert [message["content"] for message in received[0]["messages"]] == ["be brief", "hi"]


async def test_tool_calls_are_parsed_and_what_is_not_json_is_kept_raw() -> None:
    calls = [
        {"id": str(number), "type": "function", "function": {"name": "look", "arguments": arguments}}
        for number, arguments in enumerate(['{"q": 1}', "{oops"])
    ]
    async with serving(completion({"content": None, "tool_calls": calls}, "tool_calls")) as (backend, _):
        reply = await backend.complete("s", "u")
    assert reply["content"] is None
    assert reply["stop_reason"] == "tool_use"
    assert [call["arguments"] for call in reply["tool_calls"]] == [{"q": 1}, {"_raw": "{oops"}]


async def test_a_history_replaces_the_user_message_and_tools_are_offered() -> None:
    history = [
        {"role": "user", "content": "look"},
        {"role": "assistant", "tool_calls": [{"id": "1", "name": "look", "arguments": {"q": 1}}]},
        {"role": "tool", "tool_call_id": "1", "content": "seen"},
    ]
    tools = [{"name": "look", "description": "Looks.", "input_schema": {"type": "object"}}]
    async with serving(completion({"content": "ok"})) as (backend, received):
        await backend.complete("s", "ignored", tools=tools, messages=history)
    assert [message["role"] for message in received[0]["messages"]] == ["system", "user", "assistant", "tool"]
    assert json.loads(received[0]["messages"][2]["tool_calls"][0]["function"]["arguments"]) == {"q": 1}
    assert received[0]["tools"][0]["function"]["name"] == "look"


async def test_a_passing_failure_is_tried_again_and_a_lasting_one_is_not() -> None:
    error = {"error": {"message": "no such model"}}
    async with serving((503, {}), completion({"content": "ok"}), (404, error)) as (backend, received):
        assert (await backend.complete("s", "u"))["content"] == "ok"
        with pytest.raises(ProviderError, match="no such model"):
            await backend.complete("s", "u")
    assert len(received) == 3


def test_importing_the_package_loads_none_of_its_parts() -> None:
    code = "import sys, loom.worker; print([name for name in sys.modules if name.startswith('loom.')])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "['loom.worker']"


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """No settings of the person who runs the tests."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in (
        "OLLAMA_URL",
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_BASE_URL",
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("DEFAULT_ENDPOINT_URL", raising=False)
    return monkeypatch


@pytest.mark.parametrize("kind", ["anthropic", "ollama", "openai"])
async def test_every_backend_answers_and_calls_tools(kind: str) -> None:
    tool = {"name": "get_weather", "description": "The weather in a city.", "parameters": CITY}
    async with simulating() as server:
        backend = {
            "anthropic": AnthropicBackend("", "sim-large", base_url=server.url),
            "ollama": OllamaBackend("sim-large", server.url),
            "openai": OpenAICompatibleBackend(server.url, model="sim-large"),
        }[kind]
        reply = await backend.complete("Be brief.", "What is the weather in Paris?", tools=[tool])
        await backend.aclose()
    assert [(call["name"], call["arguments"]) for call in reply["tool_calls"]] == [
        ("get_weather", {"city": "Paris"})
    ]
    assert (reply["stop_reason"], reply["gen_ai_system"]) == ("tool_use", kind)
    assert reply["prompt_tokens"] > 0


async def test_a_rejected_parameter_is_left_out_and_told() -> None:
    said = {"error": {"message": "Unsupported value: 'temperature' is not supported with this model."}}
    answer = completion({"content": "ok"})
    async with serving((400, said), answer, answer) as (backend, received):
        first, second = await backend.complete("s", "u"), await backend.complete("s", "u")
    assert [("temperature" in body) for body in received] == [True, False, False]
    assert first["dropped"] == second["dropped"] == ["temperature"]


def test_tiers_follow_the_environment(clean: pytest.MonkeyPatch) -> None:
    assert build_backends_from_env() == {}
    clean.setenv("OLLAMA_URL", "http://o:1")
    clean.setenv("ANTHROPIC_API_KEY", "sk-ant-1")
    clean.setenv("FRONTIER_MODEL", "big")
    found = build_backends_from_env()
    assert {tier: (type(one).__name__, one.model) for tier, one in found.items()} == {
        "local": ("OllamaBackend", "llama3.2:3b"),
        "standard": ("AnthropicBackend", "claude-sonnet-4-20250514"),
        "frontier": ("AnthropicBackend", "big"),
    }


def test_an_openai_address_serves_the_tiers_that_are_left(clean: pytest.MonkeyPatch) -> None:
    clean.setenv("OPENAI_BASE_URL", "http://h/v1")
    clean.setenv("OLLAMA_URL", "http://o:1")
    found = build_backends_from_env()
    assert [type(found[tier]).__name__ for tier in ("local", "standard", "frontier")] == [
        "OllamaBackend",
        "OpenAICompatibleBackend",
        "OpenAICompatibleBackend",
    ]


def test_a_file_of_settings_counts_and_a_broken_one_is_passed_over_with_a_warning(
    clean: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clean.setenv("LLM_K", "sk-1")
    file = tmp_path / ".loom" / "config.yaml"
    file.parent.mkdir()
    file.write_text("backends: {anthropic_api_key: 'env:LLM_K', ollama_url: 'http://o:1', ollama_model: m}")
    assert build_backends_from_env()["local"].model == "m"
    file.write_text("backends: {ollama_url: 3}")
    clean.setenv("ANTHROPIC_API_KEY", "sk-ant-1")
    assert sorted(build_backends_from_env()) == ["frontier", "standard"]
    assert "ollama_url" in caplog.text
