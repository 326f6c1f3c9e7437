"""Puts a violation of a JSON Schema into words; does not look for violations."""

import json
from collections.abc import Callable
from itertools import islice
from typing import Any, TypeAlias, cast

import jsonschema_rs

from loom.core.jsonvalue import Json, JsonValue

__all__ = ["explain", "located", "path_text"]

_MAX_SHOWN = 60


def explain(error: jsonschema_rs.ValidationError, value: JsonValue) -> str:
    """What is wrong with `value`, in a few words."""
    phrase = _PHRASES.get(error.kind.name)
    return phrase(error, value) if phrase else f"{error.kind.name} does not hold (got {_shown(value)})"


def path_text(steps: list[str | int]) -> str:
    """`["people", 0]` as `.people[0]`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)


def located(data: Any, path: list[str | int]) -> tuple[list[str | int], JsonValue]:
    """The steps to the value that the validator's `path` names in `data`, and the value.

    They differ where a field's name is a number: the validator tells it as if it were a place in a list.
    """
    steps: list[str | int] = []
    for given in path:
        holder: object = data
        step = str(given) if isinstance(holder, dict) else given
        steps.append(step)
        data = data[step]
    return steps, data


def _shown(value: JsonValue) -> str:
    if isinstance(value, dict) and value:
        return f"an object with {len(cast('Json', value))} fields"
    if isinstance(value, list) and value:
        return f"an array of {len(cast('list[Any]', value))} items"
    text = (
        json.dumps(value, ensure_ascii=False) if isinstance(value, str) else json.dumps(value, default=repr)
    )
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 1] + "…"


def _alternatives(error: jsonschema_rs.ValidationError, value: JsonValue) -> str:
    kind: Any = error.kind
    firsts: list[jsonschema_rs.ValidationError] = [branch[0] for branch in kind.context if branch]
    reasons: dict[str, None] = {}
    for first in firsts:
        inside, part = located(value, first.instance_path[len(error.instance_path) :])
        reason = explain(first, part).partition(" (got")[0]
        reasons[f"{path_text(inside).lstrip('.')} {reason}".strip()] = None
    why = "; or ".join(islice(reasons, 4))
    return f"fits none of {len(kind.context)} alternatives: {why} (got {_shown(value)})"


def _one_of(error: jsonschema_rs.ValidationError, value: JsonValue) -> str:
    if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.OneOfMultipleValid):
        return f"fits more than one alternative (got {_shown(value)})"
    return _alternatives(error, value)


def _by_kind(phrase: "Callable[[Any, JsonValue], str]") -> "_Phrase":
    return lambda error, value: phrase(error.kind, value)


_Phrase: TypeAlias = Callable[[jsonschema_rs.ValidationError, JsonValue], str]
_BY_KIND: dict[str, Callable[[Any, JsonValue], str]] = {
    "required": lambda kind, _: f"missing required field '{kind.property}'",
    "type": lambda kind, value: f"expected {' or '.join(sorted(kind.types))} (got {_shown(value)})",
    "enum": lambda kind, value: f"expected one of {_listed(kind.options)} (got {_shown(value)})",
    "const": lambda kind, value: f"expected {_shown(kind.expected_value)} (got {_shown(value)})",
    "minLength": lambda kind, value: (
        f"is shorter than {_counted(kind.limit, 'character')} (got {_shown(value)})"
    ),
    "maxLength": lambda kind, value: f"is longer than {_counted(kind.limit, 'character')} (got {len(value)})",
    "minimum": lambda kind, value: f"is less than {kind.limit} (got {_shown(value)})",
    "maximum": lambda kind, value: f"is greater than {kind.limit} (got {_shown(value)})",
    "exclusiveMinimum": lambda kind, value: f"must be greater than {kind.limit} (got {_shown(value)})",
    "exclusiveMaximum": lambda kind, value: f"must be less than {kind.limit} (got {_shown(value)})",
    "multipleOf": lambda kind, value: f"is not a multiple of {kind.multiple_of} (got {_shown(value)})",
    "pattern": lambda kind, value: f"does not match the pattern {kind.pattern} (got {_shown(value)})",
    "minItems": lambda kind, value: f"has fewer than {_counted(kind.limit, 'item')} (got {len(value)})",
    "maxItems": lambda kind, value: f"has more than {_counted(kind.limit, 'item')} (got {len(value)})",
    "uniqueItems": lambda _, value: f"has an item twice (got {_shown(value)})",
    "minProperties": lambda kind, value: f"has fewer than {_counted(kind.limit, 'field')} (got {len(value)})",
    "maxProperties": lambda kind, value: f"has more than {_counted(kind.limit, 'field')} (got {len(value)})",
    "additionalProperties": lambda kind, _: f"has unexpected fields: {_listed(kind.unexpected)}",
    "unevaluatedProperties": lambda kind, _: f"has unexpected fields: {_listed(kind.unexpected)}",
    "propertyNames": lambda kind, _: f"has a field name that does not fit: {kind.error.message[:_MAX_SHOWN]}",
    "falseSchema": lambda _, value: f"must be absent or empty (got {_shown(value)})",
    "not": lambda _, value: f"is of a form that the schema forbids (got {_shown(value)})",
    "contains": lambda _, value: f"has no item of the required form (got {_shown(value)})",
    "format": lambda kind, value: f"is not a {kind.format} (got {_shown(value)})",
}
_PHRASES: dict[str, _Phrase] = {
    "anyOf": _alternatives,
    "oneOf": _one_of,
    **{name: _by_kind(phrase) for name, phrase in _BY_KIND.items()},
}


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _listed(items: list[Any]) -> str:
    return ", ".join(_shown(item) for item in islice(items, 8)) + (", …" if len(items) > 8 else "")
