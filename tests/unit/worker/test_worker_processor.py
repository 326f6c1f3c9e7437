"""Workers that ask no model."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from loom.core.errors import ConfigError
from loom.core.jsonvalue import Json
from loom.core.worker_config import WorkerConfig, load_worker
from loom.worker.processor import ProcessorWorker, SyncProcessingBackend, load_processing_backend

MakeWorker = Callable[..., WorkerConfig]


class Shout(SyncProcessingBackend):
    """Has a constructor of its own that does not call the base's."""

    def __init__(self, ending: str = "!") -> None:
        self._ending = ending

    def process_sync(self, payload: Json, config: Json) -> Json:
        return {"output": {"text": payload["text"].upper() + self._ending}, "model_used": config["name"]}


class Overlap(SyncProcessingBackend):
    """Remembers how many calls were ever inside at once."""

    def __init__(self, *, serialize_writes: bool) -> None:
        super().__init__(serialize_writes=serialize_writes)
        self._lock = threading.Lock()
        self._pair = threading.Barrier(2)
        self.inside = self.most = 0

    def process_sync(self, payload: Json, config: Json) -> Json:
        with self._lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        if not self.serialize_writes:
            self._pair.wait(5)
        with self._lock:
            self.inside -= 1
        return {"output": {}, "model_used": None}


def definition(tmp_path: Path, backend: str = "Shout") -> Path:
    path = tmp_path / "shout.yaml"
    schema = "{type: object, required: [text], properties: {text: {type: string}}}"
    path.write_text(
        f"name: shout\nworker_kind: processor\nprocessing_backend: {__name__}.{backend}\n"
        f"backend_config: {{ending: '?'}}\ninput_schema: {schema}\noutput_schema: {schema}\n"
    )
    return path


async def test_a_processor_hands_its_tasks_to_the_backend_it_names(tmp_path: Path) -> None:
    path = definition(tmp_path)
    worker = ProcessorWorker("p1", path, load_processing_backend(load_worker(path)))
    assert await worker.perform({"text": "hey"}, {}) == {
        "output": {"text": "HEY?"},
        "model_used": "shout",
        "token_usage": {"prompt_tokens": 0, "completion_tokens": 0},
    }


@pytest.mark.parametrize(("serialize", "most"), [(True, 1), (False, 2)])
async def test_writes_run_one_at_a_time_only_when_asked(*, serialize: bool, most: int) -> None:
    backend = Overlap(serialize_writes=serialize)
    await asyncio.gather(*(backend.process({}, {}) for _ in range(2)))
    assert backend.most == most


class Writes(SyncProcessingBackend):
    """Notes what it wrote; the first call blocks until it may go on."""

    serialize_writes = True

    def __init__(self) -> None:
        self.wrote: list[Json] = []
        self.may = threading.Event()

    def process_sync(self, payload: Json, config: Json) -> Json:
        self.may.wait(5)
        self.wrote.append(payload)
        return {"output": {}, "model_used": None}


async def test_who_stopped_waiting_for_its_turn_writes_nothing() -> None:
    backend = Writes()
    first = asyncio.create_task(backend.process({"n": 1}, {}))
    await asyncio.sleep(0)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await backend.process({"n": 2}, {})
    backend.may.set()
    await first
    await backend.process({"n": 3}, {})
    assert backend.wrote == [{"n": 1}, {"n": 3}]


@pytest.mark.parametrize("backend", ["Absent", "MakeWorker", "SyncProcessingBackend"])
def test_a_backend_that_cannot_be_had_is_named_with_its_file(tmp_path: Path, backend: str) -> None:
    path = definition(tmp_path, backend)
    with pytest.raises(ConfigError, match="'processing_backend' cannot be loaded") as caught:
        load_processing_backend(load_worker(path))
    assert caught.value.problems[0].file == str(path)
