"""Earlier tests of workers: a list, and one of them whole, so that it can be shown again and run again."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from loom.calls.models import Usage
from loom.core.errors import ConflictError, NotFoundError
from loom.core.ids import RunId
from loom.core.jsonvalue import Json, JsonValue
from loom.engine.bench import TestResult
from loom.engine.models import ExecutionState, JobState, Outcome
from loom.evaluation.reading.cursors import read_cursor, write_cursor
from loom.evaluation.reading.rates_store import contents
from loom.evaluation.reading.tests_store import Served, StoredTest, find_tests, list_tests, served
from loom.evaluation.reading.transcripts import Told
from loom.storage.blobs import unpack
from loom.worker.target import target_from_snapshot
from loom.worker.task import WorkerTask
from loom.worker.transcript import ModelTurn, Opening, Transcript

__all__ = ["TestItem", "TestPage", "TestRecord", "TestSpec", "find_test", "read_tests", "record_of"]


@dataclass(frozen=True, slots=True)
class TestItem:
    """A test in a list."""

    __test__ = False

    id: RunId
    worker: str
    payload: Json
    model: str
    endpoint: str
    """Empty for a worker that runs code."""

    simulated: bool
    created_us: int
    state: str
    """running, completed, errored, aborted, `stopped` by a person, or `interrupted` when it never came to its end."""

    success: bool
    """It ran to its end, and its output fits the contract."""

    output: JsonValue | None
    problems: tuple[str, ...]
    error: str | None
    cached: bool
    latency_ms: float
    cost_nano: int | None
    """What its tries cost; None when nobody knows."""

    unpriced: int
    """How many of its tries may have been paid at a price that nobody knows."""

    tokens: Usage | None
    principal: str


@dataclass(frozen=True, slots=True)
class TestPage:
    """Tests, the newest first, and where the list goes on."""

    __test__ = False

    items: tuple[TestItem, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class TestSpec:
    """How a test was asked."""

    __test__ = False

    worker: str
    snapshot: Json
    endpoint: str
    model: str
    payload: Json
    version: str | None
    """The hash of the worker's text in hexadecimal digits; None when the catalog had none."""


@dataclass(frozen=True, slots=True)
class TestRecord:
    """A test as it was."""

    __test__ = False

    item: TestItem
    spec: TestSpec
    told: Told | None
    """None before it has begun."""

    result: TestResult | None
    """As the bench gave it; None when it never came to its end."""


def read_tests(connection: Connection, worker: str | None, cursor: str | None, size: int) -> TestPage:
    """The newest tests, of `worker` or of all.

    Raises:
        UsageError: for a cursor that cannot be understood.
    """
    before, last = map(int, read_cursor(cursor, int)) if cursor else (0, None)
    found = list_tests(connection, worker, last, size + 1)
    shown = found[:size]
    more = write_cursor((before + size, shown[-1].row)) if len(found) > size else None
    return TestPage(_items(connection, shown), more)


def find_test(connection: Connection, tail: bytes) -> tuple[StoredTest, TestItem, TestSpec]:
    """The test whose id ends with `tail`.

    Raises:
        NotFoundError: when there is none.
        ConflictError: when there are several.
    """
    found = find_tests(connection, tail)
    if not found:
        raise NotFoundError(f"there is no test '{tail.hex()}'")
    if len(found) > 1:
        fitting = ", ".join(one.id.hex() for one in found)
        raise ConflictError(f"'{tail.hex()}' fits several tests ({fitting}); give more of the id")
    (item,) = _items(connection, found)
    return found[0], item, _spec(connection, found[0])


def record_of(stored: StoredTest, item: TestItem, spec: TestSpec, told: Told | None) -> TestRecord:
    """The test with what was said in it."""
    result = None
    if stored.state in (ExecutionState.COMPLETED, ExecutionState.ERRORED, ExecutionState.ABORTED):
        transcript = told.transcript if told and told.transcript else Transcript(Opening(()))
        answers = [step.answer for step in transcript.steps if isinstance(step, ModelTurn)]
        outcome = Outcome(
            ExecutionState(stored.state),
            stored.stop_reason,
            item.output,
            answers[-1].text if answers else None,
            stored.problems,
            stored.error,
            stored.cached,
            stored.latency_us,
        )
        updates = _silo_updates(spec, transcript)
        result = TestResult(
            outcome,
            transcript,
            item.tokens,
            stored.paid_nano,
            stored.unpriced,
            stored.model,
            stored.simulated,
            asks_model=bool(stored.endpoint),
            silo_updates=updates,
        )
    return TestRecord(item, spec, told, result)


def _silo_updates(spec: TestSpec, transcript: Transcript) -> tuple[JsonValue, ...]:
    answers = [step.answer for step in transcript.steps if isinstance(step, ModelTurn)]
    if not answers:
        return ()
    task = target_from_snapshot(spec.snapshot)
    return task.close(answers[-1]).silo_updates if isinstance(task, WorkerTask) else ()


def _spec(connection: Connection, stored: StoredTest) -> TestSpec:
    spec: Json = json.loads(contents(connection, [stored.spec])[stored.spec])
    return TestSpec(
        spec["worker"],
        spec["snapshot"],
        spec["endpoint"],
        spec["model"],
        spec["payload"],
        spec.get("version"),
    )


def _items(connection: Connection, found: Sequence[StoredTest]) -> tuple[TestItem, ...]:
    specs = contents(connection, {one.spec for one in found})
    took = served(connection, [one.execution for one in found if one.execution is not None])
    return tuple(
        _item(one, json.loads(specs[one.spec])["payload"], took.get(one.execution) if one.execution else None)
        for one in found
    )


def _item(one: StoredTest, payload: Json, took: Served | None) -> TestItem:
    state = one.state or JobState.RUNNING
    if state == ExecutionState.RUNNING and one.job_state != JobState.RUNNING:
        state = "stopped" if one.job_state == JobState.STOPPED else "interrupted"
    return TestItem(
        one.id,
        one.worker,
        payload,
        one.model,
        one.endpoint,
        one.simulated,
        one.created_us,
        state,
        state == ExecutionState.COMPLETED and not one.problems,
        None if one.output is None else json.loads(unpack(one.output)),
        one.problems,
        one.error,
        one.cached,
        one.latency_us / 1000,
        None if one.unpriced else one.paid_nano,
        one.unpriced,
        None if took is None else Usage(took.input_tokens, took.output_tokens),
        one.principal,
    )
