"""A processor on one case: what it is given, what it may return, how it may fail."""

import asyncio
import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from loom.core.errors import ConflictError, ContractError, TaskTimeoutError
from loom.core.jsonvalue import Json
from loom.core.worker_config import WorkerConfig
from loom.worker.processor import BackendError, ProcessingBackend, SyncProcessingBackend
from loom.worker.processor_task import ProcessorError, ProcessorTask
from loom.worker.target import target_from_snapshot, target_of


class Behaving(ProcessingBackend):
    """Does what a function does."""

    def __init__(self, behave: Callable[..., Any] = lambda payload: {"output": payload}) -> None:
        self._behave = behave

    async def process(self, payload: Json, config: Json) -> Json:
        return self._behave(payload)


class Slow(SyncProcessingBackend):
    """Works for longer than anybody waits, and says how many were at it at once."""

    def __init__(self, *, serialize_writes: bool = False) -> None:
        super().__init__(serialize_writes=serialize_writes)
        self.go_on = threading.Event()
        self.inside = self.most = 0

    def process_sync(self, payload: Json, config: Json) -> Json:
        self.inside += 1
        self.most = max(self.most, self.inside)
        self.go_on.wait(10)
        self.inside -= 1
        return {"output": {}}


class ConversionError(BackendError):
    pass


def task(
    behave: Callable[..., Any] | ProcessingBackend = lambda payload: {"output": payload}, **keys: Any
) -> ProcessorTask:
    config = {"name": "p", "worker_kind": "processor", "processing_backend": f"{__name__}.Behaving", **keys}
    backend = behave if isinstance(behave, ProcessingBackend) else Behaving(behave)
    return ProcessorTask(WorkerConfig.from_mapping(config), backend)


def raising(error: BaseException) -> Callable[..., Any]:
    def behave(_payload: Json) -> Json:
        raise error

    return behave


@pytest.mark.parametrize(
    ("behave", "told"),
    [
        (raising(ConversionError("no such font")), r"^ConversionError: no such font$"),
        (raising(KeyError("page")), r"^KeyError: 'page' \(test_worker_processor_task\.py:\d+\)$"),
        (lambda _: json.loads("{"), r"JSONDecodeError: .* \(test_worker_processor_task\.py:\d+\)$"),
        (raising(SystemExit(3)), "SystemExit: 3"),
        (raising(asyncio.CancelledError()), "was cancelled from within"),
        (raising(StopIteration()), "RuntimeError: coroutine raised StopIteration"),
        (lambda _: None, "the backend must return"),
        (lambda _: {"text": "x"}, "the backend must return"),
        (lambda _: {"output": ["x"]}, "the backend must return"),
        (lambda _: {"output": {"at": object()}}, "an output that is not JSON"),
        (lambda _: {"output": {"n": float("nan")}}, "an output that is not JSON"),
        (lambda _: (loop := {}).update(output=loop) or loop, "an output that is not JSON"),
    ],
)
async def test_a_backend_that_fails_is_told_of_with_its_place(behave: Callable[..., Any], told: str) -> None:
    with pytest.raises(ProcessorError, match=told):
        await task(behave).process({})


async def test_the_cause_of_a_failure_is_kept() -> None:
    with pytest.raises(ProcessorError) as caught:
        await task(raising(ConversionError("x"))).process({})
    assert isinstance(caught.value.__cause__, ConversionError)


async def test_a_backend_that_exits_in_its_thread_ends_nothing_else() -> None:
    class Leaving(SyncProcessingBackend):
        def process_sync(self, payload: Json, config: Json) -> Json:
            sys.exit("enough")

    with pytest.raises(ProcessorError, match="SystemExit: enough"):
        await task(Leaving()).process({})


async def test_a_backend_that_takes_too_long_is_not_waited_for() -> None:
    slow = Slow()
    with pytest.raises(TaskTimeoutError, match=r"timed out after 0\.05 s"):
        await task(slow, timeout_seconds=0.05).process({})
    slow.go_on.set()


async def test_a_writer_that_is_not_waited_for_keeps_the_next_one_out() -> None:
    slow = Slow(serialize_writes=True)
    late = task(slow, timeout_seconds=0.05)
    for _ in range(2):
        with pytest.raises(TaskTimeoutError):
            await late.process({})
    slow.go_on.set()
    await task(slow).process({})
    assert slow.most == 1


async def test_a_backend_cannot_change_what_others_are_given() -> None:
    def spoil(payload: Json) -> Json:
        payload["list"].append("spoilt")
        return {"output": payload}

    payload: Json = {"list": []}
    for _ in range(2):
        assert (await task(spoil).process(payload)).output == {"list": ["spoilt"]}


async def test_an_input_that_breaks_the_contract_is_refused() -> None:
    schema = {"type": "object", "required": ["text"]}
    with pytest.raises(ContractError, match="text"):
        await task(input_schema=schema).process({})


async def test_silo_updates_are_no_part_of_the_output() -> None:
    strict = {"type": "object", "additionalProperties": False, "properties": {"a": {"type": "integer"}}}
    wishes = [{"silo": "s", "action": "add"}]
    ready = task(lambda _: {"output": {"a": 1, "silo_updates": wishes}}, output_schema=strict)
    closed = ready.close(await ready.process({}))
    assert (closed.output, closed.problems, closed.silo_updates) == ({"a": 1}, (), tuple(wishes))


async def test_the_files_that_an_input_names_are_given_with_it(tmp_path: Path) -> None:
    (tmp_path / "page.json").write_text('{"title": "T"}')
    ready = task(workspace_dir=str(tmp_path), resolve_file_refs=["ref"])
    assert (await ready.process({"ref": "page.json"})).output["ref_content"] == {"title": "T"}
    with pytest.raises(ContractError, match="Path traversal"):
        await ready.process({"ref": "../page.json"})


def test_a_snapshot_brings_the_task_back_as_long_as_its_code_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    source = "from loom.worker.processor import SyncProcessingBackend\n\nclass Mine(SyncProcessingBackend):\n"
    path = tmp_path / "loom_test_backend.py"
    path.write_text(source + "    def process_sync(self, payload, config):\n        return {'output': {}}\n")
    config = {"name": "p", "worker_kind": "processor", "processing_backend": "loom_test_backend.Mine"}
    snapshot = target_of(WorkerConfig.from_mapping(config)).snapshot()
    assert target_from_snapshot(snapshot).snapshot() == snapshot
    path.write_text(path.read_text() + "# another version\n")
    with pytest.raises(ConflictError, match="has changed since this was begun; begin anew"):
        target_from_snapshot(snapshot)
