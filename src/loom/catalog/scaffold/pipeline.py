"""The file of a new pipeline, and a guess at which field of which stage feeds which."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from loom.catalog.scaffold.written import scalar
from loom.core.jsonvalue import Json, JsonValue

__all__ = ["StagePlan", "pipeline_text", "wired"]

_GOAL = "goal.context"


@dataclass(frozen=True, slots=True)
class StagePlan:
    """One stage of a new pipeline, and what is known of its worker."""

    name: str
    worker: str
    mapping: Mapping[str, str] = field(default_factory=dict[str, str])
    """Field of the worker's input to the path of its value."""


def pipeline_text(name: str, description: str, stages: Sequence[StagePlan]) -> str:
    """The file of the pipeline."""
    lines = [
        "schema: loom/v1",
        f"name: {name}",
        f"description: {scalar(description)}",
        "timeout_seconds: 300",
        "",
        "# goal.context.FIELD reads what the goal brings, STAGE.output.FIELD what a stage made.",
        "# Stages that read nothing of each other run at the same time.",
        "pipeline_stages:",
    ]
    for stage in stages:
        lines += [f"  - name: {stage.name}", f"    worker_type: {stage.worker}"]
        lines += ["    input_mapping:"] if stage.mapping else []
        lines += [f"      {key}: {scalar(path)}" for key, path in stage.mapping.items()]
    return "\n".join(lines) + "\n"


def wired(input_schema: Json | None, before: Sequence[tuple[str, Json | None]]) -> dict[str, str]:
    """Where the fields of a stage's input come from, given the stages `before` it with their output schemas.

    A field of the same name of the nearest stage; else, for the only text a worker needs, the only text that the stage
    before it makes; else the goal.
    """
    wanted = _fields(input_schema)
    needed = [name for name in _required(input_schema) if name in wanted] or list(wanted)
    mapping: dict[str, str] = {}
    for name in needed:
        same = next((stage for stage, schema in reversed(before) if name in _fields(schema)), None)
        mapping[name] = f"{same}.output.{name}" if same else f"{_GOAL}.{name}"
    if before and len(needed) == 1 and mapping[needed[0]].startswith(_GOAL):
        stage, schema = before[-1]
        texts = [name for name, spec in _fields(schema).items() if _is_text(spec)]
        if len(texts) == 1 and _is_text(wanted[needed[0]]):
            mapping[needed[0]] = f"{stage}.output.{texts[0]}"
    return mapping or {"text": f"{_GOAL}.text"}


def _fields(schema: Json | None) -> Json:
    found: JsonValue = (schema or {}).get("properties")
    return cast("Json", found) if isinstance(found, dict) else {}


def _required(schema: Json | None) -> list[str]:
    found: JsonValue = (schema or {}).get("required")
    return [str(name) for name in cast("list[JsonValue]", found)] if isinstance(found, list) else []


def _is_text(spec: JsonValue) -> bool:
    known = cast("Json", spec) if isinstance(spec, dict) else {}
    return known.get("type") == "string" and "enum" not in known
