"""A worker ready to be executed: what it asks, what it accepts, and that nothing outside can change it later."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from loom.calls.models import FinishReason, ModelAnswer, Role
from loom.core.errors import ConfigError, ContractError, UsageError
from loom.core.hashing import hash_json
from loom.core.jsonvalue import Json
from loom.core.worker_config import WorkerConfig
from loom.worker.loop import CallModel, next_step
from loom.worker.task import TaskOutput, WorkerTask
from loom.worker.tools import ToolProvider

MakeWorker = Callable[..., WorkerConfig]
SILO = {"name": "look", "type": "tool", "provider": f"{__name__}.Look"}


class Look(ToolProvider):
    def get_definition(self) -> Json:
        return {"name": "look", "description": "Looks.", "parameters": {"type": "object"}}

    async def execute(self, arguments: Json) -> str:
        return "seen"


def test_the_prompt_is_knowledge_then_silos_then_the_system_prompt_then_examples(
    worker: MakeWorker, tmp_path: Path
) -> None:
    (tmp_path / "terms.md").write_text("bug: a defect")
    (tmp_path / "silo").mkdir()
    (tmp_path / "silo" / "rules.md").write_text("be fair")
    task = WorkerTask(
        worker(
            knowledge_sources=[{"path": str(tmp_path / "terms.md")}],
            knowledge_silos=[{"name": "house", "type": "folder", "path": str(tmp_path / "silo")}],
            few_shot=[{"input": "It broke", "output": {"label": "bug"}}],
        )
    )
    system, user = task.open({"text": "Grüße"}).messages
    assert system.text == (
        "--- Reference: terms.md ---\nbug: a defect\n\n"
        "--- Knowledge Silo: house ---\n\n## rules.md\nbe fair\n\n"
        "Label the text.\n\n"
        '--- Few-Shot Examples ---\nExample 1:\nInput: It broke\nOutput: {"label": "bug"}'
    )
    assert (user.role, user.text) == (Role.USER, '{\n  "text": "Grüße"\n}')


def test_a_payload_that_breaks_the_input_contract_is_refused(worker: MakeWorker) -> None:
    with pytest.raises(ContractError, match="input: missing required"):
        WorkerTask(worker()).open({"txt": "hello"})


def test_files_that_a_payload_names_are_read_into_it(worker: MakeWorker, tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text('{"pages": 3}')
    task = WorkerTask(
        worker(input_schema={}, workspace_dir=str(tmp_path), resolve_file_refs=["ref", "other"])
    )
    assert json.loads(task.open({"ref": "report.json"}).messages[1].text) == {
        "ref": "report.json",
        "ref_content": {"pages": 3},
    }


def test_files_that_cannot_be_read_are_all_named(worker: MakeWorker, tmp_path: Path) -> None:
    (tmp_path / "torn.json").write_text("{")
    fields = ["a", "b", "c", "d"]
    task = WorkerTask(worker(input_schema={}, workspace_dir=str(tmp_path), resolve_file_refs=fields))
    with pytest.raises(ContractError) as caught:
        task.open({"a": "absent.json", "b": "../outside.json", "c": "torn.json", "d": 4})
    assert [problem.split(":")[0] for problem in caught.value.problems] == [
        f"input.{field}" for field in fields
    ]


def test_an_input_limit_that_is_set_is_checked_and_one_that_is_not_is_not(worker: MakeWorker) -> None:
    long = {"text": "word " * 4_000}
    with pytest.raises(
        ContractError, match=r"input: about 50.. tokens with the prompt, and max_input_tokens is 100"
    ):
        WorkerTask(worker(max_input_tokens=100)).open(long)
    WorkerTask(worker()).open(long)


def test_the_request_says_what_the_definition_and_the_overrides_say(worker: MakeWorker) -> None:
    task = WorkerTask(worker(temperature=0.3, seed=7, max_output_tokens=50))
    step = next_step(task.open({"text": "hi"}), task.plan("small", {"temperature": 0.9, "top_p": 0.5}))
    assert isinstance(step, CallModel)
    request = step.request
    assert (request.model, request.temperature, request.top_p) == ("small", 0.9, 0.5)
    assert (request.max_tokens, request.seed) == (50, 7)


def test_an_override_that_is_no_parameter_is_refused(worker: MakeWorker) -> None:
    with pytest.raises(UsageError, match="'temprature' is no inference parameter"):
        WorkerTask(worker()).plan("small", {"temprature": 1})


def test_a_good_answer_is_an_output_without_silo_updates(worker: MakeWorker) -> None:
    raw = '```json\n{"label": "bug", "silo_updates": []}\n```'
    assert WorkerTask(worker()).close(ModelAnswer(raw)) == TaskOutput({"label": "bug"}, raw)


def test_a_bad_answer_is_a_result_with_problems(worker: MakeWorker) -> None:
    task = WorkerTask(worker())
    wrong = task.close(ModelAnswer('{"label": 3}'))
    assert wrong.output == {"label": 3}
    assert "expected string" in wrong.problems[0]
    prose = task.close(ModelAnswer("It is a bug."))
    assert prose.output is None
    assert "non-JSON" in prose.problems[0]
    cut = task.close(ModelAnswer('{"label": "b', finish_reason=FinishReason.LENGTH))
    assert "raise 'max_output_tokens'" in cut.problems[0]
    silent = task.close(ModelAnswer(None, finish_reason=FinishReason.FILTERED))
    assert silent.problems == ("output: the model gave no text; the provider withheld the answer",)


def test_a_snapshot_asks_the_same_whatever_has_become_of_the_files(
    worker: MakeWorker, tmp_path: Path
) -> None:
    terms = tmp_path / "terms.md"
    terms.write_text("bug: a defect")
    config = worker(knowledge_sources=[{"path": str(terms)}], knowledge_silos=[SILO], temperature=0.5)
    task = WorkerTask(config)
    stored = json.loads(json.dumps(task.snapshot()))
    terms.write_text("bug: an insect")
    again = WorkerTask.from_snapshot(stored)
    case = {"text": "hi"}
    assert next_step(again.open(case), again.plan("m")) == next_step(task.open(case), task.plan("m"))
    assert again.open(case) != WorkerTask(config).open(case)


def test_equal_configurations_have_equal_hashes_and_changed_ones_do_not(
    worker: MakeWorker, tmp_path: Path
) -> None:
    terms = tmp_path / "terms.md"
    terms.write_text("bug: a defect")
    config = worker(knowledge_sources=[{"path": str(terms)}])
    before = hash_json(WorkerTask(config).snapshot())
    assert hash_json(WorkerTask(config).snapshot()) == before
    assert hash_json(WorkerTask.from_snapshot(WorkerTask(config).snapshot()).snapshot()) == before
    terms.write_text("bug: an insect")
    assert hash_json(WorkerTask(config).snapshot()) != before


def test_a_snapshot_whose_tool_is_gone_is_refused(worker: MakeWorker) -> None:
    snapshot = WorkerTask(worker(), {"look": Look()}).snapshot()
    with pytest.raises(ConfigError, match="has no provider for look"):
        WorkerTask.from_snapshot(snapshot)
    assert WorkerTask.from_snapshot(snapshot, {"look": Look()}).snapshot() == snapshot


def test_a_processor_is_no_task_for_a_model(worker: MakeWorker) -> None:
    with pytest.raises(ConfigError, match="asks no model"):
        WorkerTask(worker(worker_kind="processor", processing_backend="some.where.Backend"))


def test_what_a_named_file_holds_is_part_of_the_request_and_its_name_alone_is_not(
    worker: MakeWorker, tmp_path: Path
) -> None:
    schema = {"type": "object", "required": ["ref"]}
    task = WorkerTask(
        worker(input_schema=schema, workspace_dir=str(tmp_path), resolve_file_refs=["ref"]), providers={}
    )
    seen: set[str] = set()
    for content in ("[1]", "[2]", "[1]"):
        (tmp_path / "a.json").write_text(content)
        seen.add(task.open({"ref": "a.json"}).messages[-1].text)
    assert len(seen) == 2


@pytest.mark.parametrize("content", ["{", "NaN", "[" * 5000, "x" * 17_000_000])
def test_a_named_file_that_is_no_json_or_too_large_is_refused(
    worker: MakeWorker, tmp_path: Path, content: str
) -> None:
    (tmp_path / "a.json").write_text(content)
    task = WorkerTask(
        worker(input_schema={}, workspace_dir=str(tmp_path), resolve_file_refs=["ref"]), providers={}
    )
    with pytest.raises(ContractError, match=r"input\.ref: the file cannot be read"):
        task.open({"ref": "a.json"})
