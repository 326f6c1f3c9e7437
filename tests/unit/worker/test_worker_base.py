"""A task message in, a task result out."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from loom.core.errors import LoomError
from loom.core.jsonvalue import Json
from loom.core.messages import TaskMessage
from loom.worker import TaskWorker
from loom.worker.backends import LLMBackend
from loom.worker.runner import LLMWorker


class Counter(TaskWorker):
    """Counts words, and how often it was reset."""

    resets = 0

    async def process(self, payload: Json, metadata: Json) -> Json:
        words = len(payload["text"].split())
        if not words:
            raise ZeroDivisionError
        return {
            "output": {"words": words if words < 9 else "many"},
            "model_used": metadata["model_tier"],
            "token_usage": None,
        }

    async def reset(self) -> None:
        self.resets += 1


class Bus:
    """Remembers what was published."""

    def __init__(self) -> None:
        self.published: list[tuple[str, Json]] = []

    async def publish(self, subject: str, data: Json) -> None:
        self.published.append((subject, data))


def definition(tmp_path: Path, **keys: Any) -> Path:
    text, number = {"type": "string"}, {"type": "integer"}
    config = {
        "name": "counter",
        "system_prompt": "Count.",
        "input_schema": {"type": "object", "required": ["text"], "properties": {"text": text}},
        "output_schema": {"type": "object", "required": ["words"], "properties": {"words": number}},
        **keys,
    }
    path = tmp_path / "counter.yaml"
    path.write_text(yaml.safe_dump(config))
    return path


async def handled(tmp_path: Path, text: object, **message: Any) -> tuple[str, Json, Counter]:
    bus = Bus()
    worker = Counter("c1", definition(tmp_path), bus=bus)
    payload = {} if text is None else {"text": text}
    await worker.handle_message({"worker_type": "counter", "task_id": "t1", "payload": payload, **message})
    ((subject, result),) = bus.published
    return subject, result, worker


async def test_a_task_is_done_and_its_result_goes_to_the_goal(tmp_path: Path) -> None:
    subject, result, worker = await handled(
        tmp_path, "a b c", parent_task_id="g1", model_tier="frontier", extra=1
    )
    assert subject == "loom.results.g1"
    assert (result["status"], result["output"], result["error"]) == ("completed", {"words": 3}, None)
    assert (result["task_id"], result["parent_task_id"], result["model_used"]) == ("t1", "g1", "frontier")
    assert result["token_usage"] == {"prompt_tokens": 0, "completion_tokens": 0}
    assert worker.resets == 1


@pytest.mark.parametrize(
    ("text", "error", "model"),
    [
        (None, "Input validation: input: missing required field 'text'", None),
        ("", "ZeroDivisionError", None),
        ("a b c d e f g h i", "Output validation: output.words", "standard"),
    ],
)
async def test_a_task_that_fails_has_a_result_too(
    tmp_path: Path, text: str | None, error: str, model: str | None
) -> None:
    subject, result, worker = await handled(tmp_path, text)
    assert subject == "loom.results.default"
    assert (result["status"], result["output"], result["model_used"]) == ("failed", None, model)
    assert result["error"].startswith(error)
    assert worker.resets == 1


async def test_what_is_no_task_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="worker_type"):
        await Counter("c1", definition(tmp_path), bus=Bus()).handle_message({"payload": {}})


async def test_a_worker_without_a_bus_says_so(tmp_path: Path) -> None:
    message = TaskMessage(worker_type="counter", payload={"text": "a"}).model_dump(mode="json")
    with pytest.raises(LoomError, match="has no bus to publish on"):
        await Counter("c1", definition(tmp_path)).handle_message(message)


class Learning(LLMBackend):
    """Wants a note kept, and remembers what it was told."""

    def __init__(self, answer: str) -> None:
        self.answer = answer
        self.prompts: list[str] = []

    async def complete(self, system_prompt: str, user_message: str, *_: Any, **__: Any) -> Json:
        self.prompts.append(system_prompt)
        return {"content": self.answer, "model": "m", "prompt_tokens": 1, "completion_tokens": 1}


NOTE = '"silo_updates": [{"silo": "notes", "action": "add", "filename": "n.md", "content": "remember"}]'


@pytest.mark.parametrize(("answer", "learned"), [('{"words": 1, %s}', True), ('{"words": "one", %s}', False)])
async def test_what_a_worker_learns_is_in_its_next_prompt_unless_its_answer_was_no_good(
    tmp_path: Path, answer: str, *, learned: bool
) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    silo = {"name": "notes", "type": "folder", "path": str(folder), "mode": "readwrite"}
    backend = Learning(answer % NOTE)
    worker = LLMWorker("w", definition(tmp_path, knowledge_silos=[silo]), {"standard": backend}, bus=Bus())
    for _ in range(2):
        await worker.handle_message({"worker_type": "counter", "payload": {"text": "a"}})
    assert ["remember" in prompt for prompt in backend.prompts] == [False, learned]
