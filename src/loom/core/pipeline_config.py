"""What makes the definition of a pipeline right or wrong, stage by stage; runs nothing, opens no worker."""

from collections.abc import Mapping
from typing import Any, cast

from loom.core.condition import parse_condition
from loom.core.findings import Findings, Report, Steps
from loom.core.graph import dependencies, find_cycle, is_literal, reads, root_of
from loom.core.jsonvalue import Json
from loom.core.keys import (
    Rule,
    a_number,
    a_path_to_a_class,
    check_keys,
    dict_of,
    list_of,
    schema_version,
    text,
    text_or_empty,
    whole_number,
)
from loom.core.rule import about, described, object_schema, schema_of
from loom.core.schema_rule import a_schema
from loom.core.spelling import suggestion
from loom.core.worker_rules import a_tier
from loom.core.yamlfile import Document

__all__ = ["GOAL", "check_pipeline", "pipeline_schema"]

GOAL = "goal"
"""The root of a path that reads what the goal brought, not what a stage made."""

_STAGES = "pipeline_stages"
_STAGE_FACTS = ("output", "model_used", "processing_time_ms", "started_at", "ended_at", "wall_time_ms")
_GOAL_FACTS = ("instruction", "context")
_positive = a_number(above=True, what="must be a positive number")


def check_pipeline(document: Document) -> Findings:
    """Every error and warning in the definition of a pipeline. Schema references are not followed."""
    report = document.report()
    if document.mapping is not None:
        _pipeline(report, document.mapping)
    else:
        report.error((), "expected dict: a pipeline is a mapping", document.value, "start with 'name: ...'")
    return report.findings()


def pipeline_schema() -> Json:
    """The rules of a pipeline as a JSON Schema. Whether a stage that is read exists, it cannot say."""
    return object_schema(_RULES, ("name", _STAGES))


def _pipeline(report: Report, config: Json) -> None:
    check_keys(report, (), config, _RULES, ("name", _STAGES))
    stages: Any = config.get(_STAGES)
    if not isinstance(stages, list):
        return
    if not stages:
        report.error((_STAGES,), "is an empty list", remedy="add a stage with 'name' and 'worker_type'")
    named = _named_stages(report, cast("list[Any]", stages))
    for index, stage in named.values():
        _sources(report, (_STAGES, index), stage, named)
    _waiting(report, named)


def _stages(report: Report, steps: Steps, value: Any) -> None:
    if not isinstance(value, list):
        report.error(steps, "expected list of stages", value, "write '- name: ...' lines under it")
        return
    list_of(_stage)(report, steps, value)


@described({"type": "string", "pattern": r"^[^.]*[^.\s][^.]*$", "not": {"const": GOAL}})
def _stage_name(report: Report, steps: Steps, value: Any) -> None:
    text(report, steps, value)
    if value == GOAL:
        report.error(
            steps, "cannot be 'goal': paths use that word for the goal itself", remedy="choose another name"
        )
    elif isinstance(value, str) and "." in value:
        report.error(steps, "cannot contain a dot: paths are split at dots", value, "use '_'")


def _named_stages(report: Report, stages: list[Any]) -> dict[str, tuple[int, Json]]:
    """Stages by name with their position; of two with one name the first."""
    named: dict[str, tuple[int, Json]] = {}
    for index, stage in enumerate(stages):
        if not isinstance(stage, dict):
            continue
        name = cast("Json", stage).get("name")
        if not isinstance(name, str):
            continue
        if name in named:
            what = f"is a duplicate of the name of {_STAGES}[{named[name][0]}]"
            report.error((_STAGES, index, "name"), what, name, "give each stage its own name")
        else:
            named[name] = (index, cast("Json", stage))
    return named


@described({"type": "object", "additionalProperties": schema_of(text)})
def _input_mapping(report: Report, steps: Steps, value: Any) -> None:
    if not isinstance(value, dict):
        report.error(steps, "must be a dict of field: path", value, "write 'field: goal.context.field' lines")
        return
    for field, source in cast("Json", value).items():
        if not isinstance(source, str):
            report.error(
                (*steps, field), "is not a path, expected str", source, "write a path, or text as \"'text'\""
            )
        elif not source.strip():
            report.error((*steps, field), "is an empty path", remedy="write a path, as in goal.context.field")


@described({"type": "string", "pattern": r"^\s*\S+\s+[=!]=\s+\S"})
def _condition(report: Report, steps: Steps, value: Any) -> None:
    if not isinstance(value, str):
        report.error(
            steps, "is not text, expected str", value, 'write a condition, as in "a.output.ok == true"'
        )
        return
    try:
        parse_condition(value)
    except ValueError as error:
        report.error(steps, str(error), value, 'write a condition, as in "a.output.ok == true"')


def _sources(report: Report, steps: Steps, stage: Json, named: Mapping[str, Any]) -> None:
    """Check that what a stage reads is there to be read."""
    mapping: Any = stage.get("input_mapping")
    for field, source in cast("Json", mapping).items() if isinstance(mapping, dict) else ():
        if isinstance(source, str) and source.strip() and not is_literal(source):
            _path(report, (*steps, "input_mapping", field), source, named)
    condition: Any = stage.get("condition")
    if isinstance(condition, str):
        try:
            _path(report, (*steps, "condition"), parse_condition(condition).path, named)
        except ValueError:
            return  # reported by its own rule


def _path(report: Report, steps: Steps, path: str, named: Mapping[str, Any]) -> None:
    root, _, rest = path.partition(".")
    if root != GOAL and root not in named:
        report.error(steps, f"reads from an unknown source '{root}'", path, _suggest(root, (GOAL, *named)))
        return
    if "" in path.split("."):
        report.error(steps, "has an empty part in its path", path, "remove the extra dot")
        return
    facts = _GOAL_FACTS if root == GOAL else _STAGE_FACTS
    fact = root_of(rest)
    if rest and fact not in facts:
        report.warn(steps, f"reads '{fact}', which '{root}' does not have", path, _suggest(fact, facts))


def _suggest(word: str, known: tuple[str, ...]) -> str:
    return suggestion(word, known, f"use {', '.join(dict.fromkeys(known[:6]))}")


def _waiting(report: Report, named: Mapping[str, tuple[int, Json]]) -> None:
    """Check `depends_on`, and that no stages wait for each other."""
    stages = {name: stage for name, (_, stage) in named.items() if _has_good_list(stage)}
    graph = dependencies(list(stages.values()))
    for name, stage in stages.items():
        steps = (_STAGES, named[name][0])
        if name in reads(stage) | graph[name]:
            report.error(steps, f"'{name}' depends on itself", remedy="read from another stage")
        if "depends_on" in stage:
            _listed(report, (*steps, "depends_on"), stage, graph, named)
    without_self = {name: waits - {name} for name, waits in graph.items()}
    cycle = find_cycle(without_self)
    if cycle:
        steps = (_STAGES, named[cycle[0]][0])
        report.error(
            steps,
            f"waits for itself. Circular dependency: {' → '.join(cycle)}",
            remedy="let one of them not wait",
        )


def _has_good_list(stage: Json) -> bool:
    listed: Any = stage.get("depends_on", [])
    return isinstance(listed, list) and all(isinstance(name, str) for name in cast("list[Any]", listed))


def _listed(
    report: Report, steps: Steps, stage: Json, graph: Mapping[str, set[str]], named: Mapping[str, Any]
) -> None:
    listed = cast("list[str]", stage["depends_on"])
    for index, name in enumerate(listed):
        if name not in named:
            report.error((*steps, index), "is an unknown stage", name, _suggest(name, tuple(named)))
    covered = _all_before(graph, graph[stage["name"]])
    for name in sorted((reads(stage) & graph.keys()) - covered - {stage["name"]}):
        report.error(
            steps, f"leaves out '{name}', which the stage reads", listed, f"add '{name}' to the list"
        )


def _all_before(graph: Mapping[str, set[str]], start: set[str]) -> set[str]:
    """`start` and every stage that must end before one of them may begin."""
    seen: set[str] = set()
    waiting = list(start)
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += graph[name]
    return seen


_STAGE_RULES: dict[str, Rule] = {
    "name": about("How other stages and paths call it.", _stage_name),
    "description": text_or_empty,
    "worker_type": about("The name of the worker that does it.", text),
    "tier": about("How strong a model it asks for. Default: the worker's.", a_tier),
    "model_tier": about("Another name of tier.", a_tier),
    "input_mapping": about(
        "Field of the worker's input: path to its value, as in goal.context.text or extract.output.title.",
        _input_mapping,
    ),
    "depends_on": about("Stages that have to end first. Default: those it reads.", list_of(text)),
    "condition": about("Run only if, as in extract.output.needs_ocr == true.", _condition),
    "timeout_seconds": about("How long it may take.", _positive),
    "max_retries": about(
        "How often it is tried again.", whole_number(0, "must be a whole number of at least 0")
    ),
    "input_schema": a_schema,
    "output_schema": a_schema,
    "input_schema_ref": a_path_to_a_class,
    "output_schema_ref": a_path_to_a_class,
}
_stage = dict_of(_STAGE_RULES, ("name", "worker_type"), wrong="expected dict with 'name' and 'worker_type'")
_all_stages = described({"type": "array", "minItems": 1, "items": schema_of(_stage)})(_stages)
_RULES: dict[str, Rule] = {
    "schema": schema_version,
    "name": about("The pipeline's name.", text),
    "description": about("One sentence for people.", text_or_empty),
    "timeout_seconds": about("How long a goal may take.", _positive),
    "max_concurrent_goals": about(
        "How many goals at the same time.", whole_number(what="must be a positive integer")
    ),
    _STAGES: about("What is done; stages that read nothing of each other run at the same time.", _all_stages),
}
