"""Turns `input_schema_ref: package.Model` into that Pydantic model's JSON Schema, by importing the module."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any, cast

from loom.core.errors import ConfigError, Problem
from loom.core.findings import Report, Steps
from loom.core.imports import ImportRefusedError, module_of
from loom.core.jsonvalue import Json
from loom.core.yamlfile import Document

__all__ = ["followed", "resolve_schema_refs"]

_SIDES = ("input", "output")


def resolve_schema_refs(config: Json) -> Json:
    """Fill `input_schema` and `output_schema` from their `_ref`, at the top and in each stage.

    Changes and returns `config`. A schema that is written out wins over a reference.

    Raises:
        ConfigError: naming every reference that cannot be followed.
    """
    report = Document(None, config).report()
    _resolve(config, report)
    report.findings().require_valid()
    return config


def followed(document: Document) -> tuple[Json, tuple[Problem, ...]]:
    """A copy of the mapping in `document`, references resolved, and a problem for each that cannot."""
    config = cast("Json", deepcopy(document.value))
    report = document.report()
    _resolve(config, report)
    return config, report.findings().errors


def _resolve(config: Json, report: Report) -> None:
    for steps, holder in _holders(config):
        for side in _SIDES:
            key, reference = f"{side}_schema", holder.get(f"{side}_schema_ref")
            if key in holder or reference is None:
                continue
            try:
                holder[key] = _schema_of(reference)
            except ConfigError as error:
                problem = error.problems[0]
                report.error((*steps, f"{side}_schema_ref"), problem.what, reference, problem.remedy)


def _holders(config: Json) -> Iterator[tuple[Steps, Json]]:
    yield (), config
    stages: Any = config.get("pipeline_stages")
    for index, stage in enumerate(cast("list[Any]", stages) if isinstance(stages, list) else ()):
        if isinstance(stage, dict):
            yield ("pipeline_stages", index), cast("Json", stage)


def _schema_of(reference: Any) -> Json:
    path = reference if isinstance(reference, str) else ""
    module_name, _, name = path.rpartition(".")
    if not module_name or not name:
        raise _wrong("is not fully qualified", "write package.module.Model")
    try:
        module, _ = module_of(path)
    except ImportRefusedError as error:
        raise _wrong(f"may not be imported: {error}", "write the schema out") from error
    except Exception as error:  # importing runs the author's code, which may raise anything
        reason = f"cannot import module '{module_name}': {type(error).__name__}: {error}"
        raise _wrong(reason, "install it, or add its folder to PYTHONPATH") from error
    model = getattr(module, name, None)
    if model is None:
        raise _wrong(f"has no target: module '{module_name}' has no attribute '{name}'", "check the name")
    return _model_schema(model)


def _model_schema(model: Any) -> Json:
    from pydantic import BaseModel

    if not (isinstance(model, type) and issubclass(model, BaseModel) and model is not BaseModel):
        raise _wrong("is not a Pydantic BaseModel", "name a class that inherits from pydantic.BaseModel")
    try:
        schema = model.model_json_schema()
    except Exception as error:  # it may be the author's own method
        raise _wrong(f"has no JSON Schema: {error}", "use field types that JSON can express") from error
    if not isinstance(cast("Any", schema), dict):
        raise _wrong(f"has no JSON Schema: it gives {schema!r}", "have it give a mapping")
    return schema


def _wrong(what: str, remedy: str) -> ConfigError:
    return ConfigError(Problem(what, remedy=remedy))
