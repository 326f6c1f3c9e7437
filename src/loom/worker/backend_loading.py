"""From a definition to the processing backend that it names. Importing runs its code; see `loom.core.imports`."""

from loom.core.errors import ConfigError, Problem
from loom.core.imports import ImportRefusedError
from loom.core.worker_config import WorkerConfig
from loom.core.yamlfile import placed_in
from loom.worker.classpath import load_class
from loom.worker.processing_backend import ProcessingBackend

__all__ = ["load_processing_backend"]


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
    problem = Problem(what, "processing_backend", value=worker.processing_backend, remedy=remedy)
    return ConfigError(placed_in(worker.file, (problem,)))
