"""The documented face of workers that ask no model: code of the user's, given a payload."""

from os import PathLike

from loom.core.errors import ConfigError, Problem
from loom.core.imports import ImportRefusedError
from loom.core.jsonvalue import Json
from loom.core.worker_config import WorkerConfig
from loom.worker.base import DEFAULT_NATS_URL, Bus, TaskWorker
from loom.worker.classpath import load_class
from loom.worker.command import SubprocessBackend
from loom.worker.processing_backend import BackendError, ProcessingBackend, SyncProcessingBackend

__all__ = [
    "BackendError",
    "ProcessingBackend",
    "ProcessorWorker",
    "SubprocessBackend",
    "SyncProcessingBackend",
    "load_processing_backend",
]


def load_processing_backend(worker: WorkerConfig) -> ProcessingBackend:
    """The backend that `worker` names, constructed with its `backend_config`.

    Raises:
        ConfigError: when it names none, or the backend cannot be imported or constructed.
    """
    try:
        return load_class(worker.processing_backend or "", ProcessingBackend)(**worker.backend_config)
    except ImportRefusedError as error:
        raise _wrong(worker, f"may not be loaded: {error}", error.remedy) from error
    except Exception as error:
        remedy = "check the path, 'backend_config', and that its packages are installed"
        raise _wrong(worker, f"cannot be loaded: {type(error).__name__}: {error}", remedy) from error


def _wrong(worker: WorkerConfig, what: str, remedy: str) -> ConfigError:
    path = worker.processing_backend
    return ConfigError(Problem(what, "processing_backend", worker.file, value=path, remedy=remedy))


class ProcessorWorker(TaskWorker):
    """A worker that hands each task to a processing backend."""

    def __init__(
        self,
        actor_id: str,
        config_path: str | PathLike[str],
        backend: ProcessingBackend,
        nats_url: str = DEFAULT_NATS_URL,
        *,
        bus: Bus | None = None,
    ) -> None:
        super().__init__(actor_id, config_path, nats_url, bus=bus)
        self.backend = backend

    async def process(self, payload: Json, metadata: Json) -> Json:
        """As `TaskWorker.process`.

        Raises:
            TaskTimeoutError: after the worker's `timeout_seconds`.
            ProcessorError: for whatever else keeps the backend from giving an output.
        """
        from loom.worker.processor_task import ProcessorTask

        del metadata
        done = await ProcessorTask(self.definition, self.backend).process(payload)
        return {
            "output": done.output,
            "model_used": done.model_used,
            "token_usage": {"prompt_tokens": 0, "completion_tokens": 0},
        }
