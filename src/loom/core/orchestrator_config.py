"""What makes the definition of a goal-decomposing orchestrator right or wrong; runs nothing."""

from loom.core.findings import Findings
from loom.core.jsonvalue import Json
from loom.core.keys import (
    Rule,
    a_number,
    check_keys,
    dict_of,
    list_of,
    schema_version,
    text,
    text_or_empty,
    whole_number,
)
from loom.core.rule import object_schema
from loom.core.schema_rule import a_schema
from loom.core.worker_rules import a_tier
from loom.core.yamlfile import Document

__all__ = ["check_orchestrator", "orchestrator_schema"]


def check_orchestrator(document: Document) -> Findings:
    """Every error and warning in the definition of an orchestrator."""
    report = document.report()
    if document.mapping is not None:
        check_keys(report, (), document.mapping, _RULES, ("name", "system_prompt"))
    else:
        report.error(
            (), "expected dict: an orchestrator is a mapping", document.value, "start with 'name: ...'"
        )
    return report.findings()


def orchestrator_schema() -> Json:
    """The rules of an orchestrator as a JSON Schema."""
    return object_schema(_RULES, ("name", "system_prompt"))


_positive_integer = whole_number(what="must be a positive integer")
_CHECKPOINT_RULES: dict[str, Rule] = {
    "token_threshold": _positive_integer,
    "recent_window": whole_number(0, "must be an integer of at least 0"),
}
_AVAILABLE_RULES: dict[str, Rule] = {
    "name": text,
    "description": text,
    "input_schema": a_schema,
    "default_tier": a_tier,
}
_RULES: dict[str, Rule] = {
    "schema": schema_version,
    "name": text,
    "description": text_or_empty,
    "system_prompt": text,
    "checkpoint": dict_of(
        _CHECKPOINT_RULES, wrong="must be a dict with 'token_threshold' and 'recent_window'"
    ),
    "max_concurrent_goals": _positive_integer,
    "max_concurrent_tasks": _positive_integer,
    "timeout_seconds": a_number(above=True, what="must be a positive number"),
    "available_workers": list_of(
        dict_of(
            _AVAILABLE_RULES, ("name", "description"), wrong="expected dict with 'name' and 'description'"
        )
    ),
    "default_model_tier": a_tier,
    "max_output_tokens": _positive_integer,
}
