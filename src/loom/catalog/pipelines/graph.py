"""The graph of a pipeline as people see it: stages on levels, and why each waits for which. Draws nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from loom.catalog.pipelines.edits import STAGES
from loom.core.graph import dependencies, is_literal, levels, reads, root_of
from loom.core.jsonvalue import Json
from loom.core.pipeline_config import GOAL

__all__ = ["Link", "PipelineGraph", "Reason", "StageNode", "pipeline_graph"]


class Reason(StrEnum):
    """Why a stage waits for another."""

    READS = "reads"
    """A field of its input comes from there."""

    CONDITION = "condition"
    """Whether it runs at all is decided there."""

    LISTED = "depends_on"
    """It is told to, and reads nothing from there."""


@dataclass(frozen=True, slots=True)
class Link:
    """A stage that waits, and what for."""

    source: str
    target: str
    reason: Reason
    fields: tuple[str, ...] = ()
    """The fields of the target's input that come from the source."""


@dataclass(frozen=True, slots=True)
class StageNode:
    """A stage."""

    name: str
    worker: str
    tier: str | None
    """None: the worker's own."""

    level: int
    """From 0; the stages of a level run at the same time."""

    condition: str | None = None
    goal_fields: tuple[str, ...] = ()
    """What it reads from the goal, as in `context.text`."""


@dataclass(frozen=True, slots=True)
class PipelineGraph:
    """Who waits for whom."""

    stages: tuple[StageNode, ...]
    """As the file has them."""

    links: tuple[Link, ...]
    levels: tuple[tuple[str, ...], ...]

    def waits_for(self, name: str) -> tuple[str, ...]:
        """The stages that have to end before `name` begins, sorted."""
        return tuple(sorted(link.source for link in self.links if link.target == name))

    def waiting_for(self, name: str) -> tuple[str, ...]:
        """The stages that begin only after `name`, sorted."""
        return tuple(sorted(link.target for link in self.links if link.source == name))

    def to_json(self) -> Json:
        """As the Workshop's API shows it."""
        return {
            "dependencies": {stage.name: list(self.waits_for(stage.name)) for stage in self.stages},
            "levels": [list(level) for level in self.levels],
            "stage_count": len(self.stages),
        }


def pipeline_graph(config: Json) -> PipelineGraph:
    """The graph of the pipeline that `config` defines; names of stages that are not there are passed over.

    Raises:
        ValueError: when the stages cannot be told apart; `CycleError` when they wait for each other.
    """
    stages = _stages(config)
    waits = dependencies(stages)
    order = levels(waits)
    level_of = {name: number for number, level in enumerate(order) for name in level}
    return PipelineGraph(
        tuple(_node(stage, level_of[stage["name"]]) for stage in stages),
        tuple(_link(stage, source) for stage in stages for source in sorted(waits[stage["name"]])),
        tuple(map(tuple, order)),
    )


def _stages(config: Json) -> Sequence[Json]:
    found: Any = config.get(STAGES)
    listed = cast("list[Any]", found) if isinstance(found, list) else []
    stages = [one for one in listed if _is_stage(one)]
    names = {stage["name"] for stage in stages}
    if not stages or len(names) < len(listed):
        raise ValueError(f"'{STAGES}' is no list of stages with names of their own")
    return stages


def _is_stage(one: Any) -> bool:
    stage = cast("Json", one) if isinstance(one, dict) else {}
    waits: Any = stage.get("depends_on")
    names = [stage.get("name"), *(cast("list[Any]", waits) if isinstance(waits, list) else ())]
    return all(isinstance(name, str) for name in names)


def _node(stage: Json, level: int) -> StageNode:
    tier = stage.get("tier") or stage.get("model_tier")
    condition = stage.get("condition")
    prefix = f"{GOAL}."
    read = [path.removeprefix(prefix) for path in _sources(stage).values() if path.startswith(prefix)]
    return StageNode(
        stage["name"],
        str(stage.get("worker_type", "")),
        str(tier) if tier else None,
        level,
        condition if isinstance(condition, str) else None,
        tuple(dict.fromkeys(read)),
    )


def _link(stage: Json, source: str) -> Link:
    fields = tuple(field for field, path in _sources(stage).items() if root_of(path) == source)
    implied = Reason.CONDITION if source in reads(stage) else Reason.LISTED
    reason = Reason.READS if fields else implied
    return Link(source, stage["name"], reason, fields)


def _sources(stage: Json) -> dict[str, str]:
    """Field to path, those that are paths."""
    mapping: Any = stage.get("input_mapping")
    pairs = cast("Json", mapping).items() if isinstance(mapping, dict) else ()
    return {field: path for field, path in pairs if isinstance(path, str) and not is_literal(path)}
