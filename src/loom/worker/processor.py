"""The documented face of workers that ask no model: code of the user's, given a payload."""

from os import PathLike

from loom.core.jsonvalue import Json
from loom.worker.backend_loading import load_processing_backend
from loom.worker.base import DEFAULT_NATS_URL, Bus, TaskWorker
from loom.worker.command import SubprocessBackend
from loom.worker.processing_backend import BackendError, ProcessingBackend, SyncProcessingBackend
from loom.worker.processor_task import ProcessorTask

__all__ = [
    "BackendError",
    "ProcessingBackend",
    "ProcessorWorker",
    "SubprocessBackend",
    "SyncProcessingBackend",
    "load_processing_backend",
]


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
        del metadata
        done = await ProcessorTask(self.definition, self.backend).process(payload)
        return {
            "output": done.output,
            "model_used": done.model_used,
            "token_usage": {"prompt_tokens": 0, "completion_tokens": 0},
        }
