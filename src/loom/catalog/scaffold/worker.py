"""The file of a new worker, made of what it does and the fields of its contract."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from loom.catalog.scaffold.written import block, scalar
from loom.core.errors import Problem, UsageError
from loom.core.worker_config import Tier, WorkerKind

__all__ = ["BLANKS", "FieldPlan", "WorkerPlan", "field_plans", "worker_text"]

BLANKS = ("<say what it is>", "<what belongs here>")
"""What a prompt says that was made of the names of fields alone, until someone fills it in."""

_FIELD = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_TYPES = {
    "text": "string",
    "string": "string",
    "number": "number",
    "integer": "integer",
    "boolean": "boolean",
    "list": "array",
    "object": "object",
}
_SAMPLES = {
    "string": f'"{BLANKS[1]}"',
    "number": "<number>",
    "integer": "<whole number>",
    "boolean": "<true or false>",
    "array": '["<item>", "<item>"]',
    "object": "{}",
}


@dataclass(frozen=True, slots=True)
class FieldPlan:
    """One field of a worker's input or output."""

    name: str
    type: str = "string"
    """As JSON Schema calls it."""

    options: tuple[str, ...] = ()
    """The only values it may have."""


@dataclass(frozen=True, slots=True)
class WorkerPlan:
    """What a new worker shall be."""

    name: str
    description: str
    inputs: tuple[FieldPlan, ...]
    outputs: tuple[FieldPlan, ...]
    kind: WorkerKind = WorkerKind.LLM
    tier: Tier = Tier.LOCAL
    prompt: str | None = None
    """Instead of one made of the description and the fields."""

    backend: str = "mypackage.backend.MyBackend"
    timeout_s: int = 30


def field_plans(written: str | Iterable[str]) -> tuple[FieldPlan, ...]:
    """Fields written as `name` or `name:type`, separated by commas. A type is a word, or options as in `a|b|c`.

    Raises:
        UsageError: for a field that is not one, or comes twice.
    """
    parts = (
        written.split(",")
        if isinstance(written, str)
        else [one for part in written for one in part.split(",")]
    )
    plans = tuple(_field_plan(part.strip()) for part in parts if part.strip())
    names = [plan.name for plan in plans]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UsageError(Problem("comes twice", "field", value=twice, remedy="name it once"))
    if not plans:
        raise UsageError(Problem("needs at least one field", "field", remedy="write one, as in text"))
    return plans


def _field_plan(written: str) -> FieldPlan:
    name, _, kind = (part.strip() for part in written.partition(":"))
    if not _FIELD.fullmatch(name):
        remedy = "write NAME or NAME:TYPE, as in text,count:integer,tone:calm|angry"
        raise UsageError(Problem("is not a field", "field", value=written, remedy=remedy))
    if "|" in kind:
        return FieldPlan(name, options=tuple(option.strip() for option in kind.split("|") if option.strip()))
    if kind and kind not in _TYPES:
        remedy = f"use {', '.join(_TYPES)}, or options as in a|b|c"
        raise UsageError(Problem("is not a type of field", name, value=kind, remedy=remedy))
    return FieldPlan(name, _TYPES[kind or "text"])


def worker_text(plan: WorkerPlan) -> str:
    """The file of the worker."""
    is_llm = plan.kind is WorkerKind.LLM
    lines = [
        "schema: loom/v1",
        f"name: {plan.name}",
        f"description: {scalar(plan.description)}",
        *(("worker_kind: processor",) if not is_llm else ()),
        "",
        *(_prompt_lines(plan) if is_llm else _backend_lines(plan)),
        "",
        "# What goes in and what comes out, as JSON Schema. Both are checked on every task.",
        *_schema_lines("input_schema", plan.inputs),
        "",
        *_schema_lines("output_schema", plan.outputs),
        "",
        "# How strong a model does the work: local, standard or frontier.",
        f"default_model_tier: {plan.tier}",
        *(("temperature: 0", "max_input_tokens: 8000", "max_output_tokens: 1000") if is_llm else ()),
        f"timeout_seconds: {plan.timeout_s}",
        "reset_after_task: true",
    ]
    return "\n".join(lines) + "\n"


def _prompt_lines(plan: WorkerPlan) -> list[str]:
    return [
        "# What comes in, what must come out, and the rules for the hard cases: say it here.",
        *block("system_prompt", plan.prompt or _prompt(plan)),
    ]


def _prompt(plan: WorkerPlan) -> str:
    purpose = plan.description.strip()
    purpose += "" if purpose.endswith((".", "!", "?")) else "."
    received = [f"- {one.name} ({_TYPE_NAMES.get(one.type, one.type)}): {BLANKS[0]}" for one in plan.inputs]
    shown = [f'  "{one.name}": {_sample(one)}' for one in plan.outputs]
    return "\n".join(
        [
            purpose,
            "",
            "INPUT FORMAT:",
            "You will receive a JSON object:",
            *received,
            "",
            "OUTPUT FORMAT:",
            "Respond with ONLY a JSON object:",
            "{",
            ",\n".join(shown),
            "}",
            "",
            "RULES:",
            "- Use only what the input says.",
            "- Never output anything except the JSON object.",
        ]
    )


_TYPE_NAMES = {"array": "list"}


def _sample(one: FieldPlan) -> str:
    return " | ".join(json.dumps(option) for option in one.options) if one.options else _SAMPLES[one.type]


def _backend_lines(plan: WorkerPlan) -> list[str]:
    return [
        "# The Python class that does the work, and the arguments of its constructor.",
        f"processing_backend: {plan.backend}",
        "backend_config: {}",
    ]


def _schema_lines(key: str, fields: Sequence[FieldPlan]) -> list[str]:
    lines = [f"{key}:", "  type: object", f"  required: [{', '.join(one.name for one in fields)}]"]
    lines += ["  additionalProperties: false"] if key == "output_schema" else []
    lines.append("  properties:")
    for one in fields:
        lines.append(f"    {one.name}:")
        if one.options:
            lines.append(f"      enum: [{', '.join(scalar(option) for option in one.options)}]")
        else:
            lines.append(f"      type: {one.type}")
        if one.type == "array":
            lines += ["      items:", "        type: string"]
    return lines
