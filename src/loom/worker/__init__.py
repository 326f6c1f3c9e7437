"""One task of a worker: prompt, resumable tool loop, parsing, contracts. Knows no storage and no jobs."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loom.worker.base import TaskWorker
    from loom.worker.processor import ProcessingBackend, ProcessorWorker
    from loom.worker.runner import LLMWorker

__all__ = ["LLMWorker", "ProcessingBackend", "ProcessorWorker", "TaskWorker"]

_HOMES = {
    "LLMWorker": "runner",
    "ProcessingBackend": "processor",
    "ProcessorWorker": "processor",
    "TaskWorker": "base",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'loom.worker' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"loom.worker.{_HOMES[name]}"), name)
