"""What makes the definition of a worker right or wrong, key by key; builds nothing, imports no user code."""

import re
from typing import Any, cast

from loom.core.findings import Findings, Report, Steps
from loom.core.jsonvalue import Json
from loom.core.keys import (
    Rule,
    a_dict,
    a_number,
    a_path_to_a_class,
    check_keys,
    dict_of,
    list_of,
    may_be_null,
    one_of,
    schema_version,
    text,
    text_or_empty,
    whole_number,
)
from loom.core.rule import about, described, object_schema
from loom.core.schema_rule import a_schema
from loom.core.yamlfile import Document

__all__ = ["MODEL_TIERS", "a_tier", "check_worker", "worker_schema", "write_modes"]

MODEL_TIERS = ("local", "standard", "frontier")
_ACCESS = {"read": False, "readwrite": True, "read_write": True}
_WRITABLE_TYPES = {"folder_readonly": False, "folder_readwrite": True}
_SILO_TYPES = ("folder", "tool", *_WRITABLE_TYPES)
_ONE_SUBJECT_TOKEN = re.compile(r"[^\s.*>/\\\x00-\x1f]+")

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LONGEST_NAME = 200

a_tier = one_of(MODEL_TIERS, "is not a tier")
_positive = a_number(above=True, what="must be a positive number")
_tokens = whole_number()


def check_worker(document: Document) -> Findings:
    """Every error and warning in the definition of a worker. Schema references are not followed."""
    report = document.report()
    if document.mapping is not None:
        _worker(report, document.mapping)
    else:
        report.error((), "expected dict: a worker is a mapping", document.value, "start with 'name: ...'")
    return report.findings()


def worker_schema() -> Json:
    """The rules of a worker as a JSON Schema."""
    needs_prompt: Json = {"required": ["system_prompt"]}
    return {
        **object_schema(_RULES, ("name",)),
        "allOf": [
            {
                "if": {"properties": {"worker_kind": {"const": "processor"}}, "required": ["worker_kind"]},
                "then": {"required": ["processing_backend"]},
                "else": needs_prompt,
            },
            {
                "if": {
                    "properties": {"resolve_file_refs": {"minItems": 1}},
                    "required": ["resolve_file_refs"],
                },
                "then": {"required": ["workspace_dir"]},
            },
            {"not": {"required": ["default_tier", "default_model_tier"]}},
        ],
    }


def _worker(report: Report, config: Json) -> None:
    is_processor = config.get("worker_kind") == "processor"
    needed = "processing_backend" if is_processor else "system_prompt"
    check_keys(report, (), config, _RULES, ("name", needed))
    for side in ("input", "output"):
        if f"{side}_schema" not in config and f"{side}_schema_ref" not in config:
            report.warn(
                (), f"has no {side}_schema, so its {side} is not checked", remedy=f"add '{side}_schema'"
            )
    if config.get("resolve_file_refs") and "workspace_dir" not in config:
        report.key_error(("resolve_file_refs",), "needs 'workspace_dir'", "add 'workspace_dir: ...'")
    if "default_tier" in config and "default_model_tier" in config:
        report.key_error(("default_tier",), "is the old name of 'default_model_tier'", "keep the new one")


@described(
    {"type": "string", "pattern": r"^[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*$", "maxLength": _LONGEST_NAME}
)
def _name(report: Report, steps: Steps, value: Any) -> None:
    text(report, steps, value)
    if not isinstance(value, str) or not value.strip():
        return
    if len(value) > _LONGEST_NAME:
        report.error(steps, f"is longer than {_LONGEST_NAME} characters", value, "shorten it")
    elif _CONTROL.search(value):
        report.error(steps, "has a line break or another control character", value, "write it on one line")
    elif not _ONE_SUBJECT_TOKEN.fullmatch(value):
        report.warn(steps, "cannot be used on the mesh", value, "use letters, digits, '_' and '-' only")


@described({"const": True})
def _stateless(report: Report, steps: Steps, value: Any) -> None:
    if value is not True:
        report.error(steps, "must be true: workers are stateless", value, "write true, or remove the line")


@described({"type": ["string", "object"]})
def _text_or_object(report: Report, steps: Steps, value: Any) -> None:
    if not isinstance(value, str | dict):
        report.error(steps, "must be text or a mapping", value, "write text, or 'key: value' lines under it")


def _check_silo(report: Report, steps: Steps, value: Any) -> None:
    if not isinstance(value, dict):
        report.error(
            steps, "expected dict with 'name' and 'type'", value, "write 'key: value' lines under it"
        )
        return
    silo = cast("Json", value)
    kind = silo.get("type")
    known = isinstance(kind, str) and kind in _SILO_TYPES
    if not known and "type" in silo:
        report.error((*steps, "type"), "is an unknown silo type", kind, "use folder or tool")
    if kind == "tool":
        provider = "tool_provider" if "tool_provider" in silo else "provider"
        check_keys(report, steps, silo, _TOOL_RULES, ("name", "type", provider))
        return
    required = ("name", "type", "path") if known else ("name", "type")
    check_keys(report, steps, silo, _FOLDER_RULES, required)
    if len(write_modes(silo)) > 1:
        what = "says both that the folder may be written and that it may not"
        report.error(steps, what, remedy="keep 'mode' and remove 'permissions'")


def write_modes(silo: Json) -> set[bool]:
    """What the keys of a folder silo say about writing, in any spelling: empty when they say nothing."""
    said = {_ACCESS.get(silo[key]) for key in ("mode", "permissions") if isinstance(silo.get(key), str)}
    said.add(_WRITABLE_TYPES.get(str(silo.get("type"))))
    return {mode for mode in said if mode is not None}


def _accepted(_report: Report, _steps: Steps, _value: Any) -> None:
    """A key whose value another rule has looked at."""


_source = dict_of(
    {"path": text, "inject_as": one_of(("reference", "few_shot"), "is not a way to inject knowledge")},
    ("path",),
    wrong="expected dict with 'path' and 'inject_as'",
)
_example = dict_of(
    {"input": _text_or_object, "output": _text_or_object},
    ("input", "output"),
    wrong="expected dict with 'input' and 'output'",
)
_FOLDER_RULES: dict[str, Rule] = {
    "name": text,
    "type": _accepted,
    "path": text,
    "description": text_or_empty,
    "mode": one_of(tuple(_ACCESS), "must be 'read' or 'readwrite'"),
    "permissions": one_of(tuple(_ACCESS), "must be 'read' or 'read_write'"),
    "write_back": one_of(("apply", "propose"), "is not a way to write back"),
}
_TOOL_RULES: dict[str, Rule] = {
    "name": text,
    "type": _accepted,
    "description": text_or_empty,
    "provider": a_path_to_a_class,
    "tool_provider": a_path_to_a_class,
    "config": a_dict,
    "tool_config": a_dict,
}
_silo = described(
    {
        "type": "object",
        "required": ["name", "type"],
        "properties": {"type": {"enum": list(_SILO_TYPES)}},
        "if": {"properties": {"type": {"const": "tool"}}},
        "then": {
            **object_schema(_TOOL_RULES),
            "anyOf": [{"required": ["provider"]}, {"required": ["tool_provider"]}],
        },
        "else": object_schema(_FOLDER_RULES, ("path",)),
    }
)(_check_silo)
_RULES: dict[str, Rule] = {
    "schema": schema_version,
    "name": about("The worker's type: letters, digits, '_' and '-', the same as the file name.", _name),
    "description": about(
        "One sentence for people; what an MCP client sees as the tool's description.", text_or_empty
    ),
    "worker_kind": about(
        "llm: a prompt and a model. processor: Python code, no model.",
        one_of(("llm", "processor"), "must be 'llm' or 'processor'"),
    ),
    "system_prompt": about("What comes in, what must come out, and the rules for the hard cases.", text),
    "processing_backend": about(
        "The class that does the work of a processor, as package.module.Class.", a_path_to_a_class
    ),
    "backend_config": about("Keyword arguments of the processing backend's constructor.", a_dict),
    "input_schema": about(
        "What the worker accepts, as a JSON Schema (2020-12); checked on every task.", a_schema
    ),
    "output_schema": about(
        "What the worker promises, as a JSON Schema (2020-12); checked on every task.", a_schema
    ),
    "input_schema_ref": about(
        "A Pydantic model instead of input_schema, as package.module.Model.", a_path_to_a_class
    ),
    "output_schema_ref": about(
        "A Pydantic model instead of output_schema, as package.module.Model.", a_path_to_a_class
    ),
    "default_model_tier": about("How strong a model the worker asks for.", a_tier),
    "default_tier": about("The old name of default_model_tier.", a_tier),
    "max_input_tokens": about("Refuse an input that is larger. Default: nothing is refused.", _tokens),
    "max_output_tokens": about("The longest answer. Default: 2000.", _tokens),
    "knowledge_sources": about("Files added to the prompt.", list_of(_source)),
    "knowledge_silos": about(
        "Folders of knowledge, and tools that the model may call.", list_of(_silo, wrong="should be a list")
    ),
    "workspace_dir": about("Where the files lie that input fields name.", text),
    "resolve_file_refs": about(
        "Input fields that name a file; its content is added as <field>_content.", list_of(text)
    ),
    "reset_after_task": about("Always true: a worker keeps nothing between tasks.", _stateless),
    "timeout_seconds": about("How long one answer of the model may take. Default: 60.", _positive),
    "temperature": about(
        "0 unless you say otherwise.", may_be_null(a_number(0, 2, what="must be a number from 0 to 2"))
    ),
    "top_p": about(
        "Not sent unless given.",
        may_be_null(a_number(0, 1, above=True, what="must be a number above 0, at most 1")),
    ),
    "seed": about(
        "Not sent unless given.",
        may_be_null(a_number(-(2**63), 2**63 - 1, whole=True, what="must be a whole number")),
    ),
    "model": about("One model, instead of what the tier resolves to.", may_be_null(text)),
    "endpoint": about("One configured endpoint, instead of what the tier resolves to.", may_be_null(text)),
    "few_shot": about("Worked examples shown to the model before the task.", list_of(_example)),
}
