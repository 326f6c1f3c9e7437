"""The documented faces of impact analysis. What depends on what is found by `loom.catalog.impact`."""

from collections.abc import Mapping
from typing import Protocol

from loom.catalog.impact import Impact, get_worker_impact, worker_impact
from loom.core.config import validate_pipeline_config
from loom.core.jsonvalue import Json

__all__ = ["Definitions", "get_impact", "get_worker_impact", "impact_json"]


class Definitions(Protocol):
    """What `get_impact` asks: the configuration manager, or anything like it."""

    def list_pipelines(self) -> list[Json]:
        """One dict for each pipeline, with its `name`."""
        ...

    def get_pipeline(self, name: str) -> Json:
        """The definition of a pipeline."""
        ...

    def get_worker(self, name: str) -> Json:
        """The definition of a worker; raises FileNotFoundError when there is none."""
        ...


def get_impact(worker_name: str, config_manager: Definitions) -> Json:
    """As `impact_json`, for the definitions that `config_manager` has; invalid pipelines are passed over."""
    found = {one["name"]: config_manager.get_pipeline(one["name"]) for one in config_manager.list_pipelines()}
    valid = {name: None if validate_pipeline_config(config) else config for name, config in found.items()}
    try:
        worker = config_manager.get_worker(worker_name)
    except FileNotFoundError:
        worker = {}
    return impact_json(worker_name, worker, valid)


def impact_json(worker_name: str, worker: Json, pipelines: Mapping[str, Json | None]) -> Json:
    """What a change of a worker can reach, pipeline by pipeline, in the shape of Loom 0.9; None is an invalid pipeline.

    `{worker_name, pipelines: [{name, stages: [{name, tier, has_input_schema, has_output_schema}], downstream: [name]}],
    total_pipelines, total_stages, total_downstream, has_output_schema, risk}`; `risk` is high when any stage waits.
    """
    impact = worker_impact(worker_name, worker, pipelines)
    return {
        "worker_name": worker_name,
        "pipelines": [_pipeline(name, pipelines[name] or {}, impact) for name in impact.pipelines],
        "total_pipelines": len(impact.pipelines),
        "total_stages": len(impact.direct),
        "total_downstream": len(impact.downstream),
        "has_output_schema": impact.has_output_schema,
        "risk": "high" if impact.downstream else "low",
    }


def _pipeline(name: str, config: Json, impact: Impact) -> Json:
    stages = {stage["name"]: stage for stage in config["pipeline_stages"]}
    return {
        "name": name,
        "stages": [_stage(stages[use.stage], use.tier) for use in impact.direct if use.pipeline == name],
        "downstream": sorted(use.stage for use in impact.downstream if use.pipeline == name),
    }


def _stage(stage: Json, tier: str | None) -> Json:
    return {
        "name": stage["name"],
        "tier": tier,
        "has_input_schema": _has_schema(stage, "input"),
        "has_output_schema": _has_schema(stage, "output"),
    }


def _has_schema(stage: Json, side: str) -> bool:
    return bool(stage.get(f"{side}_schema") or stage.get(f"{side}_schema_ref"))
