"""What was said in an execution, from its stored steps and answers. Asks no model.

An answer is kept as its endpoint sent it, so reading it takes that endpoint's way of writing; where the endpoint is
gone, the answers are shown as they came.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection

from loom.calls.backend import Backend
from loom.core.errors import LoomError
from loom.core.ids import ExecutionId
from loom.core.jsonvalue import Json
from loom.engine.store import StoredStep, stored_steps
from loom.evaluation.reading.tests_store import answers_of
from loom.evaluation.records.models import RecordedResult
from loom.evaluation.scoring.routes import Routes
from loom.storage.blobs import unpack
from loom.storage.database import Database
from loom.worker.target import target_from_snapshot
from loom.worker.task import WorkerTask
from loom.worker.transcript import ModelTurn, Opening, Step, Transcript, step_from_json

__all__ = ["Asked", "Told", "told"]


@dataclass(frozen=True, slots=True)
class Told:
    """What was said in an execution."""

    transcript: Transcript | None
    """None when it cannot be read; `why` says why not."""

    raw: tuple[str, ...]
    """The model's answers byte for byte, as text."""

    why: str = ""


class Asked(Protocol):
    """What says how an execution was asked: the specification of an evaluation, or of a test."""

    @property
    def snapshot(self) -> Json: ...

    @property
    def endpoint(self) -> str: ...

    @property
    def model(self) -> str: ...


async def told(
    database: Database, routes: Routes, asked: Asked, execution: ExecutionId, payload: Json
) -> Told:
    """What was said in `execution`, which was given `payload`."""

    def read(connection: Connection) -> tuple[list[StoredStep], tuple[str, ...]]:
        steps = stored_steps(connection, (execution,)).get(execution, [])
        return steps, tuple(
            unpack(one.body).decode("utf-8", "replace") for one in answers_of(connection, execution)
        )

    steps, raw = await database.read(read)
    if not asked.snapshot:
        return Told(Transcript(Opening(())), tuple(_handed_in(steps)), "it was measured elsewhere")
    if not asked.endpoint:
        return Told(Transcript(Opening(())), raw, "its worker runs code, so no model was asked")
    try:
        opening = _opening(asked.snapshot, payload)
        backend = (await routes.route(model=asked.model, endpoint=asked.endpoint)).backend
        return Told(Transcript(opening, tuple(_step(one, backend) for one in steps)), raw)
    except LoomError as error:
        return Told(None, raw, str(error))


def _opening(snapshot: Json, payload: Json) -> Opening:
    """Raises ContractError when `payload` was refused, so that nothing was said."""
    task = target_from_snapshot(snapshot)
    assert isinstance(task, WorkerTask)
    return task.open(payload).opening


def _handed_in(steps: Sequence[StoredStep]) -> Iterator[str]:
    """The model's words in the results of a recorded run."""
    for one in steps:
        raw = RecordedResult.from_json(json.loads(one.content or b"")).raw
        if raw is not None:
            yield raw


def _step(stored: StoredStep, backend: Backend) -> Step:
    if stored.received is not None:
        return ModelTurn(backend.read(stored.received), stored.call)
    assert stored.content is not None
    return step_from_json(json.loads(stored.content))
