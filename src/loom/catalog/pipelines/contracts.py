"""Where the stages of a pipeline do not fit the contracts of their workers. Runs no worker, imports nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from loom.catalog.definitions import Definition, read_definition
from loom.catalog.library import Library
from loom.catalog.pipelines.edits import STAGES
from loom.catalog.unchanged import Unchanged
from loom.core.bounded import MAX_CONFIG_BYTES, read_file
from loom.core.condition import parse_condition
from loom.core.errors import ConfigError
from loom.core.findings import Report, Steps
from loom.core.graph import is_literal
from loom.core.jsonvalue import Json
from loom.core.kinds import Kind

__all__ = ["read_beside"]

_MOST_NAMES = 6
_OTHERWISE = frozenset(("$ref", "allOf", "anyOf", "oneOf", "patternProperties"))
"""Words by which a schema says more of its properties than their list."""


@dataclass(frozen=True, slots=True)
class _Stage:
    name: str
    worker: str
    takes: Json | None
    """None: nobody knows."""

    makes: Json | None


def read_beside(library: Library, kind: Kind, content: bytes, file: str) -> Definition:
    """As `read_definition`; of a pipeline with a warning wherever a stage does not fit the workers of `library`.

    It reads their files: off the event loop. Never raises.
    """
    found = read_definition(kind, content, file)
    if kind is not Kind.PIPELINE or found.errors or found.document is None:
        return found
    report = found.document.report()
    stages = cast("list[Json]", found.mapping[STAGES])
    contracts = _Contracts(library)
    named = {stage["name"]: contracts.of(stage) for stage in stages}
    for number, stage in enumerate(stages):
        _look_at(report, (STAGES, number), stage, named)
    warnings = sorted((*found.warnings, *report.warnings), key=lambda one: one.line or 0)
    return replace(found, warnings=tuple(warnings))


class _Contracts:
    def __init__(self, library: Library) -> None:
        self._places = {one.name: one.path for one in library.workers()}
        self._read: dict[str, Json] = {}

    def of(self, stage: Json) -> _Stage:
        """What `stage` takes and makes: as it says itself, else as its worker does."""
        name = str(stage["worker_type"])
        worker = self._worker(name)
        sides = [self._side(stage, worker, side) for side in ("input", "output")]
        return _Stage(stage["name"], name, *sides)

    def _worker(self, name: str) -> Json:
        if name not in self._read:
            self._read[name] = self._mapping(name)
        return self._read[name]

    def _mapping(self, name: str) -> Json:
        try:
            place = self._places[name]
            return _WORKERS.of(place, place, lambda: _worker(place))
        except (KeyError, OSError, ConfigError):
            return {}

    def _side(self, stage: Json, worker: Json, side: str) -> Json | None:
        for holder in (stage, worker):
            if f"{side}_schema_ref" in holder:
                return None
            schema: Any = holder.get(f"{side}_schema")
            if isinstance(schema, dict):
                return cast("Json", schema)
        return None


_WORKERS: Unchanged[Path, Json] = Unchanged(1_000)


def _worker(place: Path) -> Json:
    return read_definition(Kind.WORKER, read_file(place, MAX_CONFIG_BYTES), str(place)).mapping


def _look_at(report: Report, steps: Steps, stage: Json, named: dict[str, _Stage]) -> None:
    mapping = cast("Json", stage.get("input_mapping") or {})
    for field, source in mapping.items():
        if not is_literal(source):
            _look_at_path(report, (*steps, "input_mapping", field), source, named)
    if "condition" in stage:
        path = parse_condition(stage["condition"]).path
        _look_at_path(report, (*steps, "condition"), path, named)
    here = named[stage["name"]]
    missing = [name for name in _needed(here.takes) if name not in mapping] if mapping else []
    if missing:
        what = f"leaves out what '{here.worker}' needs: {_names(missing)}"
        report.warn((*steps, "input_mapping"), what, remedy="add where it comes from")


def _look_at_path(report: Report, steps: Steps, path: str, named: dict[str, _Stage]) -> None:
    root, *rest = path.split(".")
    source = named.get(root)
    if source is None or rest[:1] != ["output"]:
        return
    schema = source.makes
    for name in rest[1:]:
        known = _listed(schema)
        if name in known:
            schema = known[name] if isinstance(known[name], dict) else None
        elif known:
            what = f"reads '{name}', which '{source.worker}' does not promise"
            report.warn(steps, what, path, f"it promises {_names(list(known))}")
            return
        else:
            return


def _listed(schema: Json | None) -> Json:
    """The properties of `schema`, when there can be no others."""
    if schema is None or not _OTHERWISE.isdisjoint(schema) or schema.get("additionalProperties"):
        return {}
    found: Any = schema.get("properties")
    return cast("Json", found) if isinstance(found, dict) else {}


def _needed(schema: Json | None) -> list[str]:
    found: Any = (schema or {}).get("required")
    return [str(name) for name in cast("list[Any]", found)] if isinstance(found, list) else []


def _names(names: Sequence[str]) -> str:
    return ", ".join(names[:_MOST_NAMES]) + ", …" * (len(names) > _MOST_NAMES)
