"""What the server imports and runs for whom: anything for someone at this machine, for others what is allowed."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi import FastAPI

_SCHEMAS = "input_schema: {type: object}\noutput_schema: {type: object}\n"
_PROCESSOR = f"name: bad\nworker_kind: processor\n{_SCHEMAS}processing_backend: "
_ASKS = f"name: bad\nsystem_prompt: Say it.\n{_SCHEMAS}"
WORKERS = {
    "a function": _PROCESSOR + "os.system\nbackend_config: {command: touch CANARY}\n",
    "a backend": _PROCESSOR + "loom_canary.Backend\n",
    "a program": _PROCESSOR
    + "loom.worker.processor.SubprocessBackend\nbackend_config: {command: [touch, CANARY]}\n",
    "its other name": _PROCESSOR
    + "loom.worker.command.SubprocessBackend\nbackend_config: {command: [touch, CANARY]}\n",
    "a tool": _ASKS + "knowledge_silos: [{name: look, type: tool, provider: loom_canary.Tool}]\n",
    "a schema": "name: bad\nsystem_prompt: Say it.\ninput_schema_ref: loom_canary.Model\n"
    "output_schema: {type: object}\n",
}
_CODE = """
from pathlib import Path
Path("CANARY").touch()

from pydantic import BaseModel
from loom.worker.processor import ProcessingBackend
from loom.worker.tools import ToolProvider

class Backend(ProcessingBackend):
    async def process(self, payload, config):
        return {"output": {"said": payload["text"]}, "model_used": None}

class Tool(ToolProvider):
    def get_definition(self):
        return {"name": "look"}
    async def execute(self, arguments):
        return "{}"

class Model(BaseModel):
    text: str
"""
CASES = [{"name": "a", "input": {"text": "hi"}, "expected_output": {"said": "hi"}}]
TEST = {"worker": "bad", "input": {"text": "hi"}}
EVALUATION = {"worker": "bad", "cases": CASES}


@pytest.fixture
def canary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Made when the code is imported, or a program of a worker runs."""
    found = tmp_path / "canary"
    (tmp_path / "loom_canary.py").write_text(_CODE.replace("CANARY", str(found)))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "loom_canary", raising=False)
    return found


@pytest.mark.parametrize("worker", WORKERS)
async def test_for_others_no_definition_has_anything_imported_or_run(
    visitor, stranger, canary: Path, worker: str
) -> None:
    text = WORKERS[worker].replace("CANARY", str(canary))
    made = await stranger("POST", "/api/v1/workers", json={"name": "bad", "yaml": text})
    assert made.status_code in (201, 400)
    visitor.write("workers/bad.yaml", text)  # also when someone at this machine has written it
    for path in (
        "/workers",
        "/workers/bad",
        "/workers/bad/test",
        "/workers/bad/evaluate",
        "/api/v1/workers/bad",
    ):
        assert (await stranger("GET", path)).status_code < 500
    refused = [
        await stranger("POST", "/api/v1/tests", json=TEST),
        await stranger("POST", "/workers/bad/test/run", data={"payload": '{"text": "hi"}'}),
        await stranger("POST", "/api/v1/evaluations", json=EVALUATION),
    ]
    assert [answer.status_code for answer in refused] == [400, 400, 400]
    assert all("may have this server import" in answer.text for answer in refused)
    assert not canary.exists()


@pytest.mark.parametrize("worker", [name for name in WORKERS if name != "a function"])
async def test_someone_at_this_machine_runs_their_own_code(visitor, canary: Path, worker: str) -> None:
    visitor.write("workers/bad.yaml", WORKERS[worker].replace("CANARY", str(canary)))
    await visitor.json("POST", "/api/v1/tests", TEST, 201)
    assert canary.exists()


async def test_what_the_operator_names_others_may_use_too(
    application: FastAPI, visitor, stranger, canary: Path
) -> None:
    services = application.state.services
    services.reach = replace(services.reach, imports=("loom_canary.*",))
    visitor.write("workers/bad.yaml", WORKERS["a backend"])
    tested = await stranger("POST", "/api/v1/tests", json=TEST)
    assert (tested.status_code, tested.json()["output"]) == (201, {"said": "hi"})
    visitor.write("workers/bad.yaml", WORKERS["a program"].replace("CANARY", str(canary)))
    assert "IMPORT_ALLOW" in (await stranger("POST", "/api/v1/tests", json=TEST)).text
