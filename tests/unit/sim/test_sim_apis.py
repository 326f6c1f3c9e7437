"""The server in the spellings of Anthropic and Ollama, through its own door."""

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from loom.sim import RunningServer, serving


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        yield session


def body(**more: Any) -> dict[str, Any]:
    asked = [{"role": "user", "content": "What is 2 + 2?"}]
    return {"model": "sim-large", "messages": asked, "temperature": 0, **more}


async def post(client: aiohttp.ClientSession, server: RunningServer, json_body: Any, path: str) -> Any:
    async with client.post(server.url + path, json=json_body) as response:
        return response.status, await response.json()


async def get(client: aiohttp.ClientSession, server: RunningServer, path: str) -> Any:
    async with client.get(server.url + path) as response:
        return json.loads(await response.text())


async def test_an_anthropic_message_has_the_published_shape_and_is_billed(
    client: aiohttp.ClientSession,
) -> None:
    async with serving() as server:
        asked = {**body(max_tokens=50), "system": "Be brief."}
        status, answer = await post(client, server, asked, "/v1/messages")
        row = await get(client, server, "/stats/requests")
    assert (status, answer["type"], answer["role"], answer["stop_reason"]) == (
        200,
        "message",
        "assistant",
        "end_turn",
    )
    assert answer["content"][0]["type"] == "text"
    assert row["input_tokens"] == answer["usage"]["input_tokens"] > 0


async def test_an_anthropic_stream_names_its_events(client: aiohttp.ClientSession) -> None:
    async with serving() as server:
        sent = client.post(f"{server.url}/v1/messages", json=body(max_tokens=50, stream=True))
        async with sent as response:
            lines = (await response.text()).splitlines()
    names = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    assert names[0] == "message_start"
    assert names[-2:] == ["message_delta", "message_stop"]


async def test_ollama_streams_unless_told_otherwise(client: aiohttp.ClientSession) -> None:
    async with serving() as server:
        async with client.post(f"{server.url}/api/chat", json=body()) as response:
            lines = [json.loads(line) for line in (await response.text()).splitlines()]
        _, whole = await post(client, server, body(stream=False), "/api/chat")
    assert [line["done"] for line in lines] == [False] * (len(lines) - 1) + [True]
    assert "".join(line["message"]["content"] for line in lines) == whole["message"]["content"]
    assert whole["eval_count"] == lines[-1]["eval_count"] > 0


async def test_ollama_answers_a_bare_prompt(client: aiohttp.ClientSession) -> None:
    asked = {"model": "sim-large", "prompt": "What is 2 + 2?", "stream": False, "options": {"temperature": 0}}
    async with serving() as server:
        _, answer = await post(client, server, asked, "/api/generate")
    assert "4" in answer["response"]


async def test_models_are_listed_as_each_api_lists_them(client: aiohttp.ClientSession) -> None:
    async with serving() as server:
        async with client.get(f"{server.url}/v1/models", headers={"anthropic-version": "x"}) as response:
            anthropic = await response.json()
        ollama = await get(client, server, "/api/tags")
    assert anthropic["has_more"] is False
    assert [model["id"] for model in anthropic["data"]] == [model["name"] for model in ollama["models"]]


@pytest.mark.parametrize(
    ("path", "asked", "said"),
    [
        ("/v1/messages", body(), "max_tokens: Field required"),
        ("/v1/messages", body(max_tokens=9, seed=1), "seed: Extra inputs are not permitted"),
        ("/v1/messages", body(max_tokens=9) | {"messages": []}, "at least one message"),
        ("/v1/messages", body(max_tokens=9) | {"model": "no"}, "model: no"),
        ("/api/chat", body(stream=False) | {"model": "no"}, "model 'no' not found"),
        ("/api/chat", body(stream=False, format=3), "'format' must be"),
        ("/api/generate", {"model": "sim-small"}, "'prompt' must be"),
        ("/api/embed", {"model": "e", "input": 3}, "'input' must be"),
    ],
)
async def test_each_api_refuses_in_its_own_words(
    client: aiohttp.ClientSession, path: str, asked: dict[str, Any], said: str
) -> None:
    async with serving() as server:
        status, answer = await post(client, server, asked, path)
    error = answer["error"]
    assert 400 <= status < 500
    assert said in (error["message"] if path.startswith("/v1") else error)
