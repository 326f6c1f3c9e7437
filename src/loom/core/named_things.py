"""Looks whether what a worker names is what is there: files, folders, classes, itself. Importing runs their code."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from loom.core.findings import Report, Steps
from loom.core.imports import module_of
from loom.core.jsonvalue import Json
from loom.core.yamlfile import Document

__all__ = ["warn_of_missing", "warn_of_other_name"]

_REMEDY = "create it, or run Loom where it is: paths are relative to the working directory"


def warn_of_missing(document: Document, report: Report) -> None:
    """Tell `report` of all that the worker in `document` names and that is not to be found from here."""
    worker = cast("Json", document.value)
    for steps, path in _paths(worker):
        if not Path(path).expanduser().exists():
            report.warn(steps, "is not there: a test would fail", path, _REMEDY)
    for steps, path in _classes(worker):
        _try_import(report, steps, path)


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


def _classes(worker: Json) -> Iterator[tuple[Steps, str]]:
    if isinstance(path := worker.get("processing_backend"), str):
        yield ("processing_backend",), path
    for index, entry in _entries(worker, "knowledge_silos"):
        for key in ("provider", "tool_provider"):
            if isinstance(path := entry.get(key), str):
                yield ("knowledge_silos", index, key), path


def _entries(worker: Json, key: str) -> Iterator[tuple[int, Json]]:
    entries: Any = worker.get(key)
    for index, entry in enumerate(cast("list[Any]", entries) if isinstance(entries, list) else ()):
        if isinstance(entry, dict):
            yield index, cast("Json", entry)


def _try_import(report: Report, steps: Steps, path: str) -> None:
    try:
        module, name = module_of(path)
        getattr(module, name)
    except Exception as error:  # noqa: BLE001 - a door: the code is the user's, and may fail in any way
        what = f"cannot be imported: {type(error).__name__}: {error}"
        report.warn(steps, what, path, "check the path, and that its packages are installed")
