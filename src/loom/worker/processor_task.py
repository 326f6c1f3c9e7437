"""A processor worker ready to be executed: payload to output, by code of the user's. Knows no jobs."""

import json
from copy import deepcopy
from dataclasses import dataclass
from typing import cast

from loom.core.contracts import Contract
from loom.core.errors import ConflictError, LoomError, TaskTimeoutError
from loom.core.jsonvalue import Json, JsonValue, canonical
from loom.core.worker_config import WorkerConfig
from loom.worker import strict
from loom.worker.backend_loading import load_processing_backend
from loom.worker.foreign import ForeignError, within
from loom.worker.processing_backend import BackendError, ProcessingBackend
from loom.worker.prompt import require_workspace, with_files
from loom.worker.task import TaskOutput, admitted, closed

__all__ = ["Processed", "ProcessorError", "ProcessorTask"]


class ProcessorError(LoomError):
    """A processing backend gave no output: it raised, or returned something else."""


@dataclass(frozen=True, slots=True)
class Processed:
    """What a backend returned."""

    output: Json
    """With `silo_updates` still in it."""

    model_used: str | None
    """What did it, as the backend names it."""


class ProcessorTask:
    """What is executed on a case. Load once, use for any number of cases at once."""

    def __init__(self, worker: WorkerConfig, backend: ProcessingBackend | None = None) -> None:
        """`backend` does the work; None loads the one that `worker` names.

        Raises:
            ConfigError: when it cannot be loaded, or its workspace may not be read.
            InputError: when a schema is not a JSON Schema.
        """
        require_workspace(worker.resolve_file_refs, worker.workspace_dir)
        self._worker = worker
        self._backend = backend or load_processing_backend(worker)
        self._input = Contract(worker.input_schema or {}, "input")
        self._output = Contract(worker.output_schema or {}, "output")
        self.backend_path = worker.processing_backend or type(self._backend).__qualname__
        self.timeout_s = worker.timeout_seconds

    @classmethod
    def from_snapshot(cls, snapshot: Json) -> "ProcessorTask":
        """The task as it was.

        Raises:
            ConfigError: when its backend can no longer be loaded.
            ConflictError: when the code of its backend is another one now.
        """
        task = cls(WorkerConfig.from_mapping(snapshot["processor"]))
        if task.snapshot()["code"] != snapshot["code"]:
            raise ConflictError(
                f"the code of '{task.backend_path}' has changed since this was begun; begin anew, "
                "so that one version of it is judged"
            )
        return task

    def snapshot(self) -> Json:
        """All that is known to determine outputs; its canonical hash names the configuration."""
        return {"processor": self._worker.mapping, "code": self._backend.fingerprint()}

    def admit(self, payload: Json) -> Json:
        """`payload` as the backend is given it, with the files it refers to.

        Raises:
            ContractError: when it does not fit the input schema, or a file it names cannot be read.
        """
        admitted(self._input, payload)
        worker = self._worker
        if worker.workspace_dir is not None and worker.resolve_file_refs:
            payload = with_files(payload, worker.resolve_file_refs, worker.workspace_dir)
        return deepcopy(payload)

    async def process(self, payload: Json) -> Processed:
        """What the backend makes of `payload`, which need not be admitted yet.

        Raises:
            ContractError: as `admit`.
            TaskTimeoutError: after the worker's `timeout_seconds`.
            ProcessorError: when the backend raises, or returns no output.
        """
        given, config = self.admit(payload), deepcopy(self._worker.mapping)
        try:
            result = await within(self.timeout_s, self._backend.process(given, config))
        except ForeignError as error:
            if error.timed_out:
                late = f"timed out after {self.timeout_s:g} s"
                raise TaskTimeoutError(f"{late}; raise 'timeout_seconds' if it needs longer") from None
            place = (
                "" if isinstance(error.__cause__, BackendError) else error.place
            )  # a declared error says enough
            raise ProcessorError(f"{error}{place}") from error.__cause__
        return _processed(result)

    def close(self, done: Processed) -> TaskOutput:
        """The output without `silo_updates`, and whether it fits the contract."""
        text = json.dumps(done.output, ensure_ascii=False)
        return closed(dict(done.output), text, self._output)


def _processed(result: JsonValue) -> Processed:
    if not strict.is_object(result) or not strict.is_object(result.get("output")):
        shown = repr(cast("object", result))
        raise ProcessorError(
            f"the backend must return {{'output': {{...}}, 'model_used': ...}} (got {shown[:80]})"
        )
    try:
        output = strict.read(canonical(result["output"]).decode("utf-8", "surrogatepass"))
    except (TypeError, ValueError, RecursionError) as error:
        raise ProcessorError(f"the backend returned an output that is not JSON: {error}") from None
    model = result.get("model_used")
    return Processed(output, None if model is None else str(model))
