"""Processors are executed like any worker: kept, scored, resumed; only that nothing is asked and nothing paid."""

import threading

import pytest

from loom.access.models import LOCAL
from loom.calls.tables import attempt, call
from loom.core.clock import FakeClock, SystemClock
from loom.core.errors import ContractError, UsageError
from loom.core.jsonvalue import Json
from loom.core.worker_config import WorkerConfig
from loom.engine.bench import TestBench, TestWish
from loom.engine.models import ExecutionState, JobState, Steer
from loom.engine.processing import ProcessingExecutor
from loom.engine.tables import execution, run
from loom.worker.processor import BackendError, SyncProcessingBackend
from loom.worker.processor_task import ProcessorTask

TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}


class Shout(SyncProcessingBackend):
    """Shouts, but for what it does not like; counts what it was asked."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.begun = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()

    def process_sync(self, payload: Json, config: Json) -> Json:
        self.seen.append(payload["text"])
        self.begun.set()
        self.go_on.wait(10)
        if payload["text"] == "bad":
            raise BackendError("not that")
        return {
            "output": {"text": 7 if payload["text"] == "odd" else payload["text"].upper()},
            "model_used": "shout-1",
        }


@pytest.fixture
def backend() -> Shout:
    return Shout()


@pytest.fixture
def processor(backend) -> ProcessorTask:
    keys = {"name": "shout", "worker_kind": "processor", "processing_backend": f"{__name__}.Shout"}
    return ProcessorTask(
        WorkerConfig.from_mapping({**keys, "input_schema": TEXT, "output_schema": TEXT}), backend
    )


@pytest.fixture
def test_of(database, processor):
    async def test(text):
        wish = TestWish("shout", processor, {"text": text}, None)
        return await TestBench(database, SystemClock()).test(wish, LOCAL)

    return test


async def test_a_test_of_a_processor_shows_its_output_and_costs_nothing(test_of, database, rows):
    result = await test_of("hey")
    assert (result.success, result.outcome.output, result.model) == (True, {"text": "HEY"}, "shout-1")
    assert (result.cost_nano, result.simulated, result.asks_model) == (0, False, False)
    assert (rows(database, call), rows(database, attempt)) == ([], [])
    (kept,) = rows(database, run)
    assert (kept.model, kept.endpoint, kept.simulated) == (f"{__name__}.Shout", "", False)
    assert [row.state for row in rows(database, execution)] == ["completed"]


async def test_a_backend_that_fails_is_a_result(test_of):
    result = await test_of("bad")
    assert (result.success, result.outcome.error) == (False, "BackendError: not that")


async def test_an_output_that_breaks_its_contract_is_no_success(test_of):
    assert "text" in (await test_of("odd")).outcome.problems[0]


async def test_an_input_that_breaks_its_contract_is_an_error(test_of, backend):
    with pytest.raises(ContractError, match="text"):
        await test_of(7)
    assert backend.seen == []


async def test_a_worker_that_asks_a_model_needs_a_route(database, looking):
    wish = TestWish("labeller", looking.task, {"text": "x"}, None)
    with pytest.raises(UsageError, match="asks a model, and there is no route to one"):
        await TestBench(database, SystemClock()).test(wish, LOCAL)


async def test_a_job_of_executions_ends_with_every_one_of_them(labelling, processor):
    executor = ProcessingExecutor(processor, FakeClock())
    ended = await labelling.work(labelling.items("a", "bad", "odd", "b"), executor)
    outcomes = {one.item.payload["text"]: one.outcome for one in labelling.finished}
    assert ended.state is JobState.COMPLETED
    assert outcomes["bad"].state is ExecutionState.ERRORED
    assert (outcomes["a"].output, bool(outcomes["odd"].problems)) == ({"text": "A"}, True)
    assert (await labelling.money()).spent_nano == 0


async def test_a_job_that_was_paused_goes_on_with_what_is_missing(labelling, processor, backend):
    executor = ProcessingExecutor(processor, FakeClock())
    paused = await labelling.work(
        labelling.items("a", "b", "c", "d"),
        executor,
        concurrency=1,
        watch=lambda _: labelling.runner.steer(Steer.PAUSE),
    )
    assert (paused.state, backend.seen) == (JobState.PAUSED, ["a"])
    ended = await labelling.work(labelling.items("a", "b", "c", "d"), executor)
    assert ended.state is JobState.COMPLETED
    assert sorted(backend.seen) == ["a", "b", "c", "d"]
