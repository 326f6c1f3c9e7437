"""The graph of a pipeline's stages: who waits for whom, what may run at once; knows nothing of workers."""

from collections.abc import Mapping, Sequence
from graphlib import CycleError as _Cycle
from graphlib import TopologicalSorter
from typing import Any, cast

from loom.core.condition import parse_condition
from loom.core.jsonvalue import Json

__all__ = ["CycleError", "dependencies", "find_cycle", "is_literal", "levels", "reads", "root_of"]


class CycleError(ValueError):
    """Stages that wait for each other in a circle."""

    def __init__(self, cycle: Sequence[str]) -> None:
        self.cycle = tuple(cycle)
        """The stages in order, the first repeated at the end."""

        super().__init__(f"Circular dependency: {' → '.join(cycle)}")


def is_literal(source: str) -> bool:
    """Whether a mapping value is text in single quotes rather than a path."""
    return len(source) >= 2 and source[0] == source[-1] == "'"


def root_of(path: str) -> str:
    """The first segment of a dotted path: `goal`, or the name of a stage."""
    return path.partition(".")[0]


def reads(stage: Json) -> set[str]:
    """The roots that `input_mapping` and `condition` read, `goal` among them; malformed ones read nothing."""
    mapping: Any = stage.get("input_mapping")
    sources = list(cast("Json", mapping).values()) if isinstance(mapping, dict) else []
    roots = {root_of(source) for source in sources if isinstance(source, str) and not is_literal(source)}
    condition: Any = stage.get("condition")
    if isinstance(condition, str):
        try:
            roots.add(root_of(parse_condition(condition).path))
        except ValueError:
            return roots
    return roots


def dependencies(stages: Sequence[Json]) -> dict[str, set[str]]:
    """For each stage, the stages it waits for.

    `depends_on`, where given, replaces what `input_mapping` and `condition` imply. Unknown names are dropped.
    """
    names = {stage["name"] for stage in stages}
    return {stage["name"]: _wanted(stage) & names for stage in stages}


def _wanted(stage: Json) -> set[str]:
    listed: Any = stage.get("depends_on")
    return set(cast("list[str]", listed)) if isinstance(listed, list) else reads(stage)


def find_cycle(graph: Mapping[str, set[str]]) -> tuple[str, ...]:
    """Stages that wait for each other in a circle, the first repeated at the end; empty if none do."""
    try:
        TopologicalSorter({name: sorted(graph[name]) for name in sorted(graph)}).prepare()
    except _Cycle as error:
        return tuple(reversed(error.args[1]))
    return ()


def levels(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """Stages in the order they may run: each level waits only for earlier ones; alphabetical inside a level.

    Raises:
        CycleError: when stages wait for each other.
    """
    cycle = find_cycle(graph)
    if cycle:
        raise CycleError(cycle)
    sorter = TopologicalSorter(graph)
    sorter.prepare()
    result: list[list[str]] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        result.append(ready)
        sorter.done(*ready)
    return result
