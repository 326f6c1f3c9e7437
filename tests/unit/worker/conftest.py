"""What the tests of the worker room share: workers from a few keys, answers from a few words."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from silo_worlds import made

from loom.calls.models import FinishReason, ModelAnswer, ToolCall
from loom.core.worker_config import FolderSilo, WorkerConfig
from loom.worker.silos.updates import Wrote, write_back

MakeWorker = Callable[..., WorkerConfig]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def worker() -> MakeWorker:
    """A worker that labels texts, with the keys that matter to the test."""

    def make(**keys: Any) -> WorkerConfig:
        text = {"type": "string"}
        given = {
            "name": "labeller",
            "system_prompt": "Label the text.",
            "input_schema": {"type": "object", "required": ["text"], "properties": {"text": text}},
            "output_schema": {"type": "object", "required": ["label"], "properties": {"label": text}},
        }
        return WorkerConfig.from_mapping({**given, **keys})

    return make


@pytest.fixture
def calling() -> Callable[..., ModelAnswer]:
    """An answer that calls tools, each given as (id, name) or (id, name, arguments)."""

    def make(*calls: tuple[Any, ...], finish: FinishReason = FinishReason.TOOL_CALLS) -> ModelAnswer:
        made = tuple(ToolCall(call[0], call[1], call[2] if len(call) > 2 else {}) for call in calls)
        return ModelAnswer(None, made, finish_reason=finish)

    return make


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of knowledge with a secret beside it."""
    return made(tmp_path)


@pytest.fixture
def wish(folder: Path) -> Callable[..., Wrote]:
    """Wishes one change of the folder."""

    def ask(filename: Any, action: Any = "add", content: Any = "new", **silo: Any) -> Wrote:
        update = {"silo": "learned", "action": action, "filename": filename, "content": content}
        return write_back([update], [FolderSilo("learned", str(folder), writable=True, **silo)], "tester")

    return ask
