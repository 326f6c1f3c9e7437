"""Whether a JSON Schema is itself valid, and where it is not; knows nothing of the file it stands in."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import jsonschema_rs

from loom.core.contract_words import explain, located
from loom.core.contracts import compiled, too_deep
from loom.core.findings import Steps
from loom.core.jsonvalue import Json, JsonValue

__all__ = ["VALID_SCHEMA_TYPES", "SchemaFault", "schema_faults"]

VALID_SCHEMA_TYPES = frozenset({"object", "string", "integer", "number", "boolean", "array"})
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_REFERENCES = ("$ref", "$dynamicRef")
_KINDS = {
    "array": "a list",
    "object": "a dict",
    "string": "text",
    "boolean": "true or false",
    "integer": "an integer",
}


@dataclass(frozen=True, slots=True)
class SchemaFault:
    """One thing wrong with a schema, `steps` from its top."""

    steps: Steps
    what: str
    value: JsonValue = None
    remedy: str | None = None


def schema_faults(schema: JsonValue) -> tuple[SchemaFault, ...]:
    """Everything that keeps `schema` from being compiled; empty when it is valid. Never raises."""
    if not isinstance(schema, dict):
        return (SchemaFault((), "must be a dict that is a JSON Schema", schema, "start with 'type: object'"),)
    if too_deep(schema):
        return (SchemaFault((), "is nested too deep to be a schema", None, "make it flatter"),)
    known = cast("Json", schema)
    try:
        faults = _against_dialect(known)
        return faults or _when_compiled(known)
    except (ValueError, OverflowError) as error:
        return (SchemaFault((), f"is not a JSON Schema: {_first_line(error)}"),)


def _is_plain(schema: JsonValue) -> bool:
    """Whether `schema` says only what most do, and says it right. To compile the dialect, and ask it, takes 2 MB."""
    if not isinstance(schema, dict):
        return isinstance(schema, bool)
    return all(word in _PLAIN and _PLAIN[word](said) for word, said in cast("Json", schema).items())


def _are_plain(schemas: JsonValue) -> bool:
    return isinstance(schemas, dict) and all(map(_is_plain, cast("Json", schemas).values()))


def _are_names(said: JsonValue) -> bool:
    names = cast("list[JsonValue]", said) if isinstance(said, list) else [None]
    return all(isinstance(name, str) for name in names) and len(set(names)) == len(names)


def _is_count(said: JsonValue) -> bool:
    return isinstance(said, int) and not isinstance(said, bool) and said >= 0


_PLAIN: dict[str, Callable[[JsonValue], bool]] = {
    "type": lambda said: isinstance(said, str) and said in VALID_SCHEMA_TYPES,
    "properties": _are_plain,
    "required": _are_names,
    "items": _is_plain,
    "additionalProperties": _is_plain,
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum"), _is_count),
    "enum": lambda said: isinstance(said, list),
    "description": lambda said: isinstance(said, str),
}


def _against_dialect(schema: Json) -> tuple[SchemaFault, ...]:
    if schema.get("$schema", _DIALECT) != _DIALECT or _is_plain(schema):
        return ()
    errors = _metaschema().iter_errors(schema)
    faults = (_fault(error, schema) for error in errors)
    return tuple({(fault.steps, fault.what): fault for fault in faults}.values())


@cache
def _metaschema() -> jsonschema_rs.Validator:
    return jsonschema_rs.Draft202012Validator({"$ref": _DIALECT}, validate_formats=True)


def _fault(error: jsonschema_rs.ValidationError, schema: Json) -> SchemaFault:
    path, value = located(schema, error.instance_path)
    steps = tuple(path)
    name = next((step for step in reversed(steps) if isinstance(step, str)), "it")
    kind: Any = error.kind
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.Type):
        expected = _KINDS.get("object" if "object" in kind.types else kind.types[0], kind.types[0])
        return SchemaFault(steps, f"is not valid in a schema: {name} must be {expected}", value)
    if name == "type":
        types = ", ".join(sorted(VALID_SCHEMA_TYPES))
        return SchemaFault(steps, "is not a valid JSON Schema type", value, f"use {types} or null")
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.Format) and kind.format == "regex":
        return SchemaFault(steps, "is not a regular expression", value)
    return SchemaFault(steps, f"is not valid in a schema: {name} {explain(error, value)}")


def _when_compiled(schema: Json) -> tuple[SchemaFault, ...]:
    try:
        compiled(schema)
    except jsonschema_rs.ValidationError as error:
        return _unresolved(schema, error)
    return ()


def _unresolved(schema: Json, error: jsonschema_rs.ValidationError) -> tuple[SchemaFault, ...]:
    """Faults for the references that compiling stumbled on; for the whole schema when none can be named."""
    message = _first_line(error)
    references = tuple(_references(schema, ()))
    remote = [
        SchemaFault(
            steps, "is a remote reference, and Loom never fetches schemas", target, "copy it under '$defs'"
        )
        for steps, target in references
        if not target.startswith("#") and target.partition("#")[0] in message
    ]
    local = [
        SchemaFault(steps, "refers to nothing in this schema", target, "define it, as in '#/$defs/Name'")
        for steps, target in references
        if target.startswith("#") and target[1:] and f"'{target[1:]}'" in message
    ]
    whole = SchemaFault(tuple(error.instance_path), f"is not a JSON Schema: {message}")
    return tuple(remote + local) or (whole,)


def _references(part: Any, steps: Steps) -> Iterator[tuple[Steps, str]]:
    if isinstance(part, list):
        for index, item in enumerate(cast("list[Any]", part)):
            yield from _references(item, (*steps, index))
    if isinstance(part, dict):
        for key, item in cast("Json", part).items():
            if key in _REFERENCES and isinstance(item, str):
                yield (*steps, key), item
            else:
                yield from _references(item, (*steps, key))


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
