"""What is executed on a case: a worker that asks a model, or one that runs code."""

from typing import TypeAlias

from loom.core.jsonvalue import Json
from loom.core.worker_config import WorkerConfig, WorkerKind
from loom.worker.processor_task import ProcessorTask
from loom.worker.task import WorkerTask

__all__ = ["Target", "target_from_snapshot", "target_of"]

Target: TypeAlias = WorkerTask | ProcessorTask


def target_of(worker: WorkerConfig) -> Target:
    """`worker`, ready to be executed.

    Raises:
        ConfigError: when its knowledge, its tools or its backend cannot be had.
        InputError: when a schema is not a JSON Schema.
    """
    return ProcessorTask(worker) if worker.worker_kind is WorkerKind.PROCESSOR else WorkerTask(worker)


def target_from_snapshot(snapshot: Json) -> Target:
    """The target whose `snapshot()` this is.

    Raises:
        ConfigError: when a tool or backend can no longer be had.
        ConflictError: when the code of a backend is another one now.
    """
    kind = ProcessorTask if "processor" in snapshot else WorkerTask
    return kind.from_snapshot(snapshot)
