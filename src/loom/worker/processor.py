"""Workers that ask no model: code of the user's, given a payload. Knows neither prompts nor tools."""

import asyncio
from abc import ABC, abstractmethod
from os import PathLike

from loom.core.errors import ConfigError, Problem
from loom.core.jsonvalue import Json
from loom.core.worker_config import WorkerConfig
from loom.worker.base import DEFAULT_NATS_URL, TaskWorker
from loom.worker.classpath import load_class

__all__ = [
    "BackendError",
    "ProcessingBackend",
    "ProcessorWorker",
    "SyncProcessingBackend",
    "load_processing_backend",
]


class BackendError(Exception):
    """A processing backend failed. Backends raise subclasses, with the cause attached."""


class ProcessingBackend(ABC):
    """Translates between payloads and a library or tool that is no model."""

    @abstractmethod
    async def process(self, payload: Json, config: Json) -> Json:
        """Do the work.

        `payload` fits the input schema, `config` is the worker's whole definition. Returns `output` (fits
        the output schema) and `model_used` (what did it, or None).
        """


class SyncProcessingBackend(ProcessingBackend):
    """A backend whose work blocks: it is done in a thread.

    With `serialize_writes` one call runs at a time, for stores with a single writer. A subclass need not call
    this constructor.
    """

    serialize_writes = False

    def __init__(self, *, serialize_writes: bool = False) -> None:
        self.serialize_writes = serialize_writes

    @abstractmethod
    def process_sync(self, payload: Json, config: Json) -> Json:
        """As `process`."""

    async def process(self, payload: Json, config: Json) -> Json:
        if not self.serialize_writes:
            return await asyncio.to_thread(self.process_sync, payload, config)
        lock: asyncio.Lock = vars(self).setdefault("_writing", asyncio.Lock())
        async with lock:
            return await asyncio.to_thread(self.process_sync, payload, config)


def load_processing_backend(worker: WorkerConfig) -> ProcessingBackend:
    """The backend that `worker` names, constructed with its `backend_config`.

    Raises:
        ConfigError: when it names none, or the backend cannot be imported or constructed.
    """
    try:
        return load_class(worker.processing_backend or "", ProcessingBackend)(**worker.backend_config)
    except Exception as error:
        what = f"cannot be loaded: {type(error).__name__}: {error}"
        problem = Problem(what, "processing_backend", worker.file, value=worker.processing_backend)
        raise ConfigError(problem) from error


class ProcessorWorker(TaskWorker):
    """A worker that hands each task to a processing backend."""

    def __init__(
        self,
        actor_id: str,
        config_path: str | PathLike[str],
        backend: ProcessingBackend,
        nats_url: str = DEFAULT_NATS_URL,
    ) -> None:
        super().__init__(actor_id, config_path, nats_url)
        self.backend = backend

    async def process(self, payload: Json, metadata: Json) -> Json:
        del metadata
        result = await self.backend.process(payload, self.config)
        return {
            "output": result["output"],
            "model_used": result.get("model_used"),
            "token_usage": {"prompt_tokens": 0, "completion_tokens": 0},
        }
