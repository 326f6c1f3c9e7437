"""The documented face of configuration: load a file, check it, know its kind."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import Any

from loom.core.contracts import too_deep
from loom.core.errors import ConfigError, Problem
from loom.core.findings import Checked, Findings
from loom.core.jsonvalue import Json
from loom.core.kinds import SIGNS, Kind, detect_kind
from loom.core.named_things import warn_of_missing, warn_of_other_name
from loom.core.orchestrator_config import check_orchestrator
from loom.core.pipeline_config import check_pipeline
from loom.core.router_config import check_router_rules
from loom.core.schema import VALID_SCHEMA_TYPES
from loom.core.schema_refs import followed, resolve_schema_refs
from loom.core.spelling import nearest
from loom.core.worker_rules import MODEL_TIERS, check_worker
from loom.core.yamlfile import Document, load_yaml

__all__ = [
    "VALID_MODEL_TIERS",
    "VALID_PRIORITIES",
    "VALID_SCHEMA_TYPES",
    "ConfigValidationError",
    "check_file",
    "load_config",
    "resolve_schema_refs",
    "validate_orchestrator_config",
    "validate_pipeline_config",
    "validate_router_rules",
    "validate_worker_config",
]

VALID_MODEL_TIERS = set(MODEL_TIERS)
VALID_PRIORITIES = {"low", "normal", "high", "critical"}

ConfigValidationError = ConfigError
"""The name under which Loom 0.9 raised what is wrong with a configuration."""


def load_config(path: str | PathLike[str], *, resolve_refs: bool = True) -> Json:
    """The mapping in the YAML file at `path`, its schema references resolved, its keys not checked.

    Raises:
        FileNotFoundError: when there is no such file.
        ConfigValidationError: when it is not a mapping, or a reference cannot be followed; for what is
            not YAML at all, the error is a `yaml.YAMLError` too.
    """
    if not Path(path).exists():
        raise FileNotFoundError(f"File not found: {path}")
    document = load_yaml(path)
    if document.mapping is None:
        problem = Problem(
            "expected YAML mapping", None, document.file, 1, 1, document.value, "start with 'name: ...'"
        )
        raise ConfigError(problem)
    if not resolve_refs:
        return document.mapping
    config, errors = followed(document)
    Findings(errors).require_valid()
    return config


def validate_worker_config(config: Any, path: str | PathLike[str] = "<unknown>") -> list[str]:
    """What is wrong with the definition of a worker; an empty list when nothing is. Never raises."""
    return _sentences(f"worker config at {path}", check_worker, config)


def validate_pipeline_config(config: Any, path: str | PathLike[str] = "<unknown>") -> list[str]:
    """What is wrong with the definition of a pipeline; an empty list when nothing is. Never raises."""
    return _sentences(f"pipeline config at {path}", check_pipeline, config)


def validate_orchestrator_config(config: Any, path: str | PathLike[str] = "<unknown>") -> list[str]:
    """What is wrong with the definition of an orchestrator; an empty list when nothing is. Never raises."""
    return _sentences(f"orchestrator config at {path}", check_orchestrator, config)


def validate_router_rules(config: Any, path: str | PathLike[str] = "<unknown>") -> list[str]:
    """What is wrong with router rules; an empty list when nothing is. Never raises."""
    return _sentences(f"router rules at {path}", check_router_rules, config)


def check_file(path: str | PathLike[str]) -> Checked:
    """Read and check the file at `path`; what cannot be read is a finding too.

    Schema references are followed, and a worker's files and classes looked for, which imports code.

    Suites, schedules and MCP gateways get their kind and no findings: their own rooms check them.
    """
    place = Path(path)
    try:
        document = load_yaml(path)
    except ConfigError as error:
        return Checked(place, _BY_FOLDER.get(place.parent.name, Kind.UNKNOWN), error.problems)
    kind = _meant(document, _BY_FOLDER.get(place.parent.name, Kind.UNKNOWN))
    found = _check(document, kind)
    name = (document.mapping or {}).get("name")
    return Checked(place, kind, found.errors, found.warnings, name if isinstance(name, str) else None)


_OF_WORKERS = {"input_schema", "output_schema", "default_model_tier", "max_output_tokens"}
_BY_FOLDER = {"workers": Kind.WORKER, "pipelines": Kind.PIPELINE, "suites": Kind.SUITE}
"""What a file is meant to be that cannot be read, or that has no sign."""

_CHECKS: dict[Kind, Callable[[Document], Findings]] = {
    Kind.WORKER: check_worker,
    Kind.PIPELINE: check_pipeline,
    Kind.ORCHESTRATOR: check_orchestrator,
    Kind.ROUTER: check_router_rules,
}
_CHECKED = frozenset((*_CHECKS, Kind.SUITE))
"""What says itself which key is misspelt."""


def _check(document: Document, kind: Kind) -> Findings:
    if kind is Kind.UNKNOWN:
        return Findings((_undetected(document),))
    check = _CHECKS.get(kind)
    found = check(document) if check else Findings()
    if check is None or found.errors:
        return found
    _, errors = followed(document)
    missing = document.report()
    if kind is Kind.WORKER:
        warn_of_missing(document, missing)
        warn_of_other_name(document, missing)
    return Findings(errors, (*found.warnings, *missing.findings().warnings))


def _meant(document: Document, by_folder: Kind) -> Kind:
    """The kind of `document`; of one without any sign what it nearly is, so that all that is wrong is told."""
    kind = detect_kind(document.value)
    if kind is not Kind.UNKNOWN or document.mapping is None:
        return kind
    keys = {*document.mapping, *(near for _, near in _near_signs(document.mapping))}
    nearly = detect_kind(dict.fromkeys(keys))
    if nearly in _CHECKED:
        return nearly
    return Kind.WORKER if len(keys & _OF_WORKERS) > 1 else by_folder


def _near_signs(keys: Json) -> Iterator[tuple[str, str]]:
    """Keys that are most likely misspelt, each with the sign of a kind that was meant."""
    for key in islice(keys, 50):
        near = nearest(key, SIGNS, 0.8)
        if near:
            yield key, near


def _undetected(document: Document) -> Problem:
    """Why the kind is unknown."""
    for key, near in _near_signs(document.mapping or {}):
        at = document.locate_key((key,))
        what = "is not a known key, so this is no kind of file Loom knows: Cannot detect config type"
        return Problem(what, key, document.file, at.line, at.column, None, f"did you mean '{near}'?")
    remedy = "a worker has 'system_prompt', a pipeline 'pipeline_stages', a suite 'cases'"
    return Problem("Cannot detect config type", None, document.file, 1, 1, None, remedy)


def _sentences(subject: str, check: Callable[[Document], Findings], config: Any) -> list[str]:
    if too_deep(config):
        return [f"{subject}: is nested too deep"]
    return [f"{subject}: {_sentence(problem)}" for problem in check(Document(None, config)).errors]


def _sentence(problem: Problem) -> str:
    """The problem in the order 0.9 spoke: the item it is in, then the key in quotes, then what is wrong."""
    inside, _, key = (problem.field or "").rpartition(".")
    if key.endswith("]"):
        return f"{problem.field}: {replace(problem, field=None)}"
    return f"{inside}: {replace(problem, field=key)}" if inside else str(problem)
