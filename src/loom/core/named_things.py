"""Looks whether what a worker names is what is there: files, folders, classes, itself. Importing runs their code."""

from collections.abc import Iterator
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import Any, cast

from loom.core.findings import Report, Steps
from loom.core.imports import module_of
from loom.core.jsonvalue import Json
from loom.core.yamlfile import Document

__all__ = ["warn_of_missing", "warn_of_other_name"]

_BACKEND = "loom.worker.processing_backend.ProcessingBackend"
_TOOL = "loom.worker.tools.ToolProvider"
"""By their names: whoever checks a file does not load what would run it."""

_REMEDY = "create it, or run Loom where it is: paths are relative to the working directory"


def warn_of_missing(document: Document, report: Report) -> None:
    """Tell `report` of all that the worker in `document` names and that is not to be found from here."""
    worker = cast("Json", document.value)
    for steps, path in _paths(worker):
        if not Path(path).expanduser().exists():
            report.warn(steps, "is not there: a test would fail", path, _REMEDY)
    for wanted in _classes(worker):
        _try_import(report, wanted)


def warn_of_other_name(document: Document, report: Report) -> None:
    """Tell `report` when a worker is not called as its file: its runs and baselines go by its name."""
    name = cast("Json", document.value).get("name")
    stem = Path(document.file or "").stem
    if stem and isinstance(name, str) and name != stem:
        what = f"is not the file's name, {stem}: runs and baselines go by this one"
        report.warn(("name",), what, name, f"write `name: {stem}`, or rename the file")


def _paths(worker: Json) -> Iterator[tuple[Steps, str]]:
    for key in ("knowledge_sources", "knowledge_silos"):
        for index, entry in _entries(worker, key):
            if isinstance(path := entry.get("path"), str):
                yield (key, index, "path"), path
    if worker.get("resolve_file_refs") and isinstance(path := worker.get("workspace_dir"), str):
        yield ("workspace_dir",), path


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A class that a worker names, and what it has to be."""

    steps: Steps
    path: str
    base: str
    config: Json
    """What its constructor is given."""


def _classes(worker: Json) -> Iterator[_Wanted]:
    if isinstance(path := worker.get("processing_backend"), str):
        yield _Wanted(("processing_backend",), path, _BACKEND, worker.get("backend_config") or {})
    for index, entry in _entries(worker, "knowledge_silos"):
        config = cast("Json", entry.get("tool_config") or entry.get("config") or {})
        for key in ("provider", "tool_provider"):
            if isinstance(path := entry.get(key), str):
                yield _Wanted(("knowledge_silos", index, key), path, _TOOL, config)


def _entries(worker: Json, key: str) -> Iterator[tuple[int, Json]]:
    entries: Any = worker.get(key)
    for index, entry in enumerate(cast("list[Any]", entries) if isinstance(entries, list) else ()):
        if isinstance(entry, dict):
            yield index, cast("Json", entry)


def _try_import(report: Report, wanted: _Wanted) -> None:
    try:
        module, name = module_of(wanted.path)
        found = getattr(module, name)
    except Exception as error:  # noqa: BLE001 - a door: the code is the user's, and may fail in any way
        what = f"cannot be imported: {type(error).__name__}: {error}"
        report.warn(wanted.steps, what, wanted.path, "check the path, and that its packages are installed")
        return
    bases = getattr(found, "__mro__", ())
    if not any(f"{base.__module__}.{base.__qualname__}" == wanted.base for base in bases):
        what = f"is not a {wanted.base.rpartition('.')[2]}: a test would fail"
        report.warn(wanted.steps, what, wanted.path, f"derive it from {wanted.base}")
        return
    try:
        signature(found).bind(**wanted.config)
    except (TypeError, ValueError) as error:
        what = f"cannot be made of what is configured: {error}"
        report.warn(wanted.steps, what, wanted.path, "give its constructor the arguments that it takes")
