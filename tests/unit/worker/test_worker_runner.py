"""The documented way to run a worker on a backend of one's own."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from loom.core.errors import ConfigError, ContractError, TaskTimeoutError
from loom.core.jsonvalue import Json
from loom.worker import LLMWorker
from loom.worker.backends import LLMBackend
from loom.worker.runner import MAX_TOOL_ROUNDS, execute_with_tools
from loom.worker.tools import ToolProvider

DEFINITION = {"name": "look", "description": "Looks.", "parameters": {"type": "object"}}


class Look(ToolProvider):
    def get_definition(self) -> Json:
        return DEFINITION

    async def execute(self, arguments: Json) -> str:
        return f"saw {arguments['q']}"


class Stuck(Look):
    async def execute(self, arguments: Json) -> str:
        await asyncio.Event().wait()
        return "never"


class Scripted(LLMBackend):
    """Gives one response after the other, the last for ever, and remembers how it was asked."""

    def __init__(self, *responses: Json) -> None:
        self._responses = list(responses)
        self.asked: list[Json] = []

    async def complete(
        self,
        system_prompt: str,
        user_message: str,
        max_tokens: int = 2000,
        temperature: float = 0.0,
        *,
        tools: list[Json] | None = None,
        messages: list[Json] | None = None,
    ) -> Json:
        given = {"system_prompt": system_prompt, "user_message": user_message, "tools": tools}
        self.asked.append(
            {**given, "messages": messages, "max_tokens": max_tokens, "temperature": temperature}
        )
        return self._responses.pop(0) if len(self._responses) > 1 else self._responses[0]


def says(content: str | None, *calls: Json) -> Json:
    return {
        "content": content,
        "model": "m-1",
        "prompt_tokens": 10,
        "completion_tokens": 2,
        "tool_calls": list(calls) or None,
        "stop_reason": "tool_use" if calls else "end_turn",
        "gen_ai_system": "scripted",
    }


def call(name: str = "look", **arguments: object) -> Json:
    return {"id": "c1", "name": name, "arguments": arguments}


async def ran(backend: LLMBackend) -> Json:
    return await execute_with_tools(backend, "system", "user", {"look": Look()}, [DEFINITION], 300)


async def test_without_tools_the_backend_is_asked_once_and_its_response_returned() -> None:
    backend = Scripted(says("hello"))
    assert await execute_with_tools(backend, "system", "user", {}, None) == says("hello")
    (asked,) = backend.asked
    assert asked["tools"] is None
    assert asked["messages"] is None
    assert (asked["max_tokens"], asked["temperature"]) == (2000, 0.0)


async def test_tools_are_run_and_the_model_is_asked_again_with_the_whole_history() -> None:
    backend = Scripted(says("Let me see.", call(q="keys")), says("done"))
    result = await ran(backend)
    first, second = backend.asked
    assert first["tools"] == [DEFINITION]
    assert first["max_tokens"] == 300
    assert second["messages"] == [
        {"role": "user", "content": "user"},
        {"role": "assistant", "content": "Let me see.", "tool_calls": [call(q="keys")]},
        {"role": "tool", "content": "saw keys", "tool_call_id": "c1"},
    ]
    assert (result["content"], result["prompt_tokens"], result["completion_tokens"]) == ("done", 20, 4)
    assert result["gen_ai_system"] == "scripted"


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (call("fly"), "Unknown tool: fly"),
        (call(), "KeyError"),
        (call(_raw="{oops"), "not a JSON object: {oops"),
    ],
)
async def test_a_tool_that_fails_is_told_to_the_model(wanted: Json, told: str) -> None:
    backend = Scripted(says(None, wanted), says("done"))
    await ran(backend)
    assert told in json.loads(backend.asked[1]["messages"][-1]["content"])["error"]


async def test_after_the_last_round_of_tools_the_answer_is_taken_as_it_stands() -> None:
    backend = Scripted(says(None, call(q="again")))
    result = await ran(backend)
    assert len(backend.asked) == MAX_TOOL_ROUNDS + 1
    assert result["tool_calls"] == [call(q="again")]
    assert result["prompt_tokens"] == 10 * (MAX_TOOL_ROUNDS + 1)


def made(tmp_path: Path, backends: Mapping[str, LLMBackend], **keys: object) -> LLMWorker:
    text = {"type": "string"}
    config = {
        "name": "labeller",
        "system_prompt": "Label the text.",
        "input_schema": {"type": "object", "required": ["text"], "properties": {"text": text}},
        "output_schema": {"type": "object", "required": ["label"], "properties": {"label": text}},
        **keys,
    }
    path = tmp_path / "labeller.yaml"
    path.write_text(yaml.safe_dump(config))
    return LLMWorker("w1", str(path), backends)


async def test_a_worker_answers_with_output_model_and_tokens(tmp_path: Path) -> None:
    backend = Scripted(says(None, call(q="keys")), says('{"label": "bug", "silo_updates": []}'))
    silo = {"name": "eyes", "type": "tool", "provider": f"{__name__}.Look"}
    worker = made(tmp_path, {"standard": backend}, knowledge_silos=[silo], max_output_tokens=77)
    assert await worker.perform({"text": "It broke"}, {}) == {
        "output": {"label": "bug"},
        "model_used": "m-1",
        "token_usage": {"prompt_tokens": 20, "completion_tokens": 4},
    }
    asked = backend.asked[0]
    assert asked["user_message"] == '{\n  "text": "It broke"\n}'
    assert asked["max_tokens"] == 77


async def test_the_tier_of_the_task_chooses_the_backend(tmp_path: Path) -> None:
    backends = {tier: Scripted(says(f'{{"label": "{tier}"}}')) for tier in ("local", "standard", "frontier")}
    worker = made(tmp_path, backends, default_model_tier="local")
    chosen = [
        (await worker.process({"text": "hi"}, metadata))["output"]["label"]
        for metadata in (
            {},
            {"model_tier": "standard"},
            {"model_tier": "standard", "routed_tier": "frontier"},
        )
    ]
    assert chosen == ["local", "standard", "frontier"]


async def test_a_tier_without_a_backend_is_an_error(tmp_path: Path) -> None:
    worker = made(tmp_path, {"local": Scripted(says("x"))})
    with pytest.raises(RuntimeError, match="No backend for tier 'standard'; there are backends for: local"):
        await worker.process({"text": "hi"}, {})


@pytest.mark.parametrize("content", [None, "no idea"])
async def test_an_answer_without_an_object_is_an_error(tmp_path: Path, content: str | None) -> None:
    worker = made(tmp_path, {"standard": Scripted(says(content))})
    with pytest.raises(ValueError, match="output: "):
        await worker.process({"text": "hi"}, {})


async def test_both_contracts_are_checked_and_reset_is_always_called(tmp_path: Path) -> None:
    resets: list[str] = []

    class Counting(LLMWorker):
        async def reset(self) -> None:
            resets.append("reset")

    path = made(tmp_path, {}).config_path
    worker = Counting("w1", path, {"standard": Scripted(says('{"label": 3}'))})
    with pytest.raises(ContractError, match="Input validation: input: missing required"):
        await worker.perform({}, {})
    with pytest.raises(ContractError, match=r"Output validation: output.*expected string"):
        await worker.perform({"text": "hi"}, {})
    assert resets == ["reset", "reset"]


async def test_a_worker_out_of_time_says_so(tmp_path: Path) -> None:
    silo = {"name": "eyes", "type": "tool", "provider": f"{__name__}.Stuck"}
    backends = {"standard": Scripted(says(None, call(q="x")))}
    worker = made(tmp_path, backends, knowledge_silos=[silo], timeout_seconds=0.05)
    with pytest.raises(TaskTimeoutError, match="timed out"):
        await worker.perform({"text": "hi"}, {})


async def test_a_reload_takes_the_new_definition_and_keeps_the_old_one_when_it_is_wrong(
    tmp_path: Path,
) -> None:
    backend = Scripted(says('{"label": "bug"}'))
    worker = made(tmp_path, {"standard": backend})
    path = tmp_path / "labeller.yaml"
    path.write_text(path.read_text().replace("Label the text.", "Name the text."))
    await worker.on_reload()
    path.write_text("name: [")
    with pytest.raises(ConfigError):
        await worker.on_reload()
    await worker.process({"text": "hi"}, {})
    assert backend.asked[0]["system_prompt"] == "Name the text."
    assert worker.config["system_prompt"] == "Name the text."
