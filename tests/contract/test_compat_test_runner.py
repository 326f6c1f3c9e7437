"""`loom.workshop.test_runner` as scripts written for Loom 0.9 use it."""

from pathlib import Path

import pytest
from compat_backend import Says

from loom.worker.processor import SyncProcessingBackend
from loom.worker.tools import SyncToolProvider
from loom.workshop.test_runner import WorkerTestResult, WorkerTestRunner

WORKER = {
    "name": "counter",
    "system_prompt": "Count.",
    "default_model_tier": "local",
    "input_schema": {"type": "object", "required": ["text"]},
    "output_schema": {"type": "object", "required": ["n"]},
}
PAYLOAD = {"text": "a b"}


class Doubles(SyncProcessingBackend):
    def process_sync(self, payload, config):
        return {"output": {"n": 2 * payload["n"]}, "model_used": "doubler"}


class Look(SyncToolProvider):
    def get_definition(self):
        return {"name": "look", "description": "Looks.", "parameters": {"type": "object"}}

    def execute_sync(self, arguments):
        return f"saw {arguments['q']}"


async def tried(*responses, config=WORKER, payload=PAYLOAD, tier=None) -> WorkerTestResult:
    return await WorkerTestRunner({"local": Says(*responses)}).run(config, payload, tier)


async def test_a_good_answer_is_a_success_with_its_words_tokens_and_model() -> None:
    result = await tried('{"n": 2}')
    assert (result.output, result.raw_response, result.model_used) == ({"n": 2}, '{"n": 2}', "parrot-1")
    assert result.token_usage == {"prompt_tokens": 3, "completion_tokens": 4}
    assert result.success
    assert result.error is None
    assert result.latency_ms >= 0


async def test_a_default_result_is_no_success() -> None:
    result = WorkerTestResult()
    assert (result.validation_errors, result.input_validation_errors, result.token_usage) == ([], [], {})
    assert not result.success
    assert WorkerTestResult(output={"n": 1}).success
    assert not WorkerTestResult(output={"n": 1}, error="late").success


async def test_an_output_that_breaks_the_contract_is_shown_with_why() -> None:
    result = await tried('{"m": 2}')
    assert result.output == {"m": 2}
    assert "missing required" in result.validation_errors[0]
    assert not result.success


async def test_an_input_that_breaks_the_contract_is_recorded_and_the_model_asked_all_the_same() -> None:
    result = await tried('{"n": 2}', payload={})
    assert result.output == {"n": 2}
    assert "missing required" in result.input_validation_errors[0]
    assert not result.success


@pytest.mark.parametrize(
    ("change", "responses", "words"),
    [
        ({"system_prompt": 1}, ['{"n": 2}'], "Invalid config"),
        ({"default_model_tier": "frontier"}, ['{"n": 2}'], "No backend for tier 'frontier'"),
        ({}, [None], "text response"),
        ({}, ["no idea"], "non-JSON"),
        ({}, [RuntimeError("the line is dead")], "the line is dead"),
        ({}, [{"content": {1, 2}}], "JSON"),
    ],
)
async def test_nothing_is_raised_and_the_error_says_what_went_wrong(change, responses, words) -> None:
    result = await tried(*responses, config={**WORKER, **change})
    assert words in (result.error or "")
    assert not result.success


async def test_the_missing_backend_is_told_with_those_that_there_are() -> None:
    assert "local" in ((await tried("{}", tier="standard")).error or "")


async def test_what_is_no_config_at_all_is_told() -> None:
    assert "Invalid config" in ((await tried("{}", config=["name"])).error or "")


async def test_tools_are_run_and_their_results_shown_to_the_model() -> None:
    call = {"content": None, "tool_calls": [{"id": "1", "name": "look", "arguments": {"q": "up"}}]}
    backend = Says(call, '{"n": 1}')
    silo = {"name": "eyes", "type": "tool", "provider": f"{__name__}.Look"}
    result = await WorkerTestRunner({"local": backend}).run({**WORKER, "knowledge_silos": [silo]}, PAYLOAD)
    assert result.success, result
    assert backend.asked[0]["tools"][0]["name"] == "look"
    assert backend.asked[1]["messages"][-1] == {"role": "tool", "content": "saw up", "tool_call_id": "1"}
    assert result.token_usage == {"prompt_tokens": 6, "completion_tokens": 8}


async def test_a_test_changes_no_folder(tmp_path: Path) -> None:
    silo = {"name": "notes", "type": "folder", "path": str(tmp_path), "mode": "readwrite"}
    update = '{"silo": "notes", "action": "add", "filename": "a.md", "content": "x"}'
    answer = f'{{"n": 1, "silo_updates": [{update}]}}'
    result = await tried(answer, config={**WORKER, "knowledge_silos": [silo]})
    assert result.output == {"n": 1}
    assert list(tmp_path.iterdir()) == []


async def test_a_processor_is_run_without_a_backend() -> None:
    config = {"name": "p", "worker_kind": "processor", "processing_backend": f"{__name__}.Doubles"}
    result = await WorkerTestRunner({}).run(config, {"n": 2})
    assert (result.output, result.model_used) == ({"n": 4}, "doubler"), result
    assert result.token_usage == {"prompt_tokens": 0, "completion_tokens": 0}
