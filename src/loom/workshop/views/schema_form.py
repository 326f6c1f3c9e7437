"""A form made from a JSON Schema, and what was sent turned back into a value of that shape.

Strings, numbers, booleans, enums, lists of plain values and nested objects get controls of their own; whatever else a
schema can say is written as JSON. It does not validate: that is the contract's work, on the value it gives.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from loom.core.errors import Problem
from loom.core.jsonvalue import Json, JsonValue, pretty
from loom.evaluation.json_text import is_number, parse_json
from loom.workshop.views.forms import Field, FieldKind

__all__ = ["FormGroup", "FormInput", "SchemaForm", "read_form"]

_SCALARS = frozenset({"string", "integer", "number"})
_DEEPEST = 4
_LINES, _FEW_LINES = 4, 2
_EXACT = 2.0**53
_LONG = 120
"""Strings that may be longer than this get several lines."""


@dataclass(frozen=True, slots=True)
class FormGroup:
    """An object inside the object."""

    label: str
    nodes: tuple["Field | FormGroup", ...]
    help: str = ""


@dataclass(frozen=True, slots=True)
class SchemaForm:
    """The controls of an object's properties."""

    nodes: tuple[Field | FormGroup, ...]

    @staticmethod
    def of(
        schema: Json,
        value: Json | None = None,
        problems: Mapping[str, str] | None = None,
        prefix: str = "input",
    ) -> "SchemaForm":
        """The form of `schema` filled with `value`; `problems` by dotted path, without the prefix."""
        return SchemaForm(_Maker(prefix, problems or {}).nodes(schema, value or {}, (), 0))


@dataclass(frozen=True, slots=True)
class FormInput:
    """What a form was filled with."""

    value: Json
    problems: tuple[Problem, ...]
    """Fields whose JSON cannot be read."""


def read_form(schema: Json, pairs: Iterable[tuple[str, str]], prefix: str = "input") -> FormInput:
    """The value that was filled into the form of `schema`. What was left empty is left out.

    A number that is none stays text, so that the contract can say so at its field.
    """
    reader = _Reader(prefix, dict(pairs), [])
    return FormInput(reader.object(schema, (), 0), tuple(reader.problems))


def _properties(schema: Json) -> dict[str, Json]:
    found: JsonValue = schema.get("properties")
    if not isinstance(found, dict):
        return {}
    properties = cast("dict[str, JsonValue]", found)
    return {name: cast("Json", one) if isinstance(one, dict) else {} for name, one in properties.items()}


def _required(schema: Json) -> frozenset[str]:
    found: JsonValue = schema.get("required")
    return frozenset(cast("list[str]", found)) if isinstance(found, list) else frozenset()


def _kind(schema: Json, depth: int) -> str:
    """enum, boolean, string, integer, number, lines, object or json."""
    if isinstance(schema.get("enum"), list):
        return "enum" if all(isinstance(one, str) for one in schema["enum"]) else "json"
    kind = _single(schema.get("type"))
    if kind in _SCALARS or kind == "boolean":
        return kind
    if kind == "array":
        items: JsonValue = schema.get("items")
        plain = isinstance(items, dict) and _single(cast("Json", items).get("type")) in _SCALARS
        return "lines" if plain else "json"
    return "object" if kind == "object" and _properties(schema) and depth < _DEEPEST else "json"


def _single(kind: JsonValue) -> str:
    """The type of a schema, with `null` set aside; empty for several."""
    if isinstance(kind, list):
        kinds = [one for one in cast("list[str]", kind) if one != "null"]
        return kinds[0] if len(kinds) == 1 else ""
    return kind if isinstance(kind, str) else ""


def _name(prefix: str, path: tuple[str, ...]) -> str:
    return ".".join((prefix, *path))


@dataclass(frozen=True, slots=True)
class _Maker:
    prefix: str
    problems: Mapping[str, str]

    def nodes(
        self, schema: Json, value: Json, path: tuple[str, ...], depth: int
    ) -> tuple[Field | FormGroup, ...]:
        required = _required(schema)
        return tuple(
            self._node(one, value.get(name), (*path, name), depth, required=name in required)
            for name, one in _properties(schema).items()
        )

    def _node(
        self, schema: Json, value: JsonValue, path: tuple[str, ...], depth: int, *, required: bool
    ) -> Field | FormGroup:
        kind, label = _kind(schema, depth), str(schema.get("title") or path[-1])
        if kind == "object":
            inner = cast("Json", value) if isinstance(value, dict) else {}
            return FormGroup(label, self.nodes(schema, inner, path, depth + 1), _help(schema, ""))
        control, shown, hint = _control(kind, schema, value, required=required)
        return Field(
            _name(self.prefix, path),
            label,
            control,
            shown,
            help=_help(schema, hint),
            problem=self.problems.get(".".join(path), ""),
            options=_options(kind, schema, required=required),
            required=required and control is not FieldKind.CHECKBOX,
            rows=_FEW_LINES if kind == "lines" else _LINES,
            mono=kind == "json",
            attributes=_attributes(kind, schema),
        )


def _control(kind: str, schema: Json, value: JsonValue, *, required: bool) -> tuple[FieldKind, str, str]:
    """Which control, what it shows, and how to fill it."""
    if value is None:
        value = schema.get("default")
    if kind == "boolean":
        control = FieldKind.CHECKBOX if required else FieldKind.SELECT
        return control, _truth(value, required=required), ""
    if kind == "enum":
        return FieldKind.SELECT, _text(value), ""
    if kind == "lines":
        items = cast("list[JsonValue]", value) if isinstance(value, list) else []
        return FieldKind.TEXTAREA, "\n".join(map(_text, items)), "one per line"
    if kind == "json":
        unread = isinstance(value, str) and schema.get("type") == "object"
        return FieldKind.TEXTAREA, _text(value) if value is None or unread else pretty(value), "JSON"
    if kind == "string":
        most: JsonValue = schema.get("maxLength")
        short = isinstance(most, int) and most <= _LONG
        return FieldKind.TEXT if short else FieldKind.TEXTAREA, _text(value), ""
    return FieldKind.NUMBER, _text(value), ""


def _truth(value: JsonValue, *, required: bool) -> str:
    if required:
        return "true" if value is True else ""
    return "" if value is None else str(value).lower()


def _text(value: JsonValue) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    whole = isinstance(value, float) and value.is_integer() and abs(value) < _EXACT
    return str(int(value)) if whole else json.dumps(value, ensure_ascii=False)


def _help(schema: Json, hint: str) -> str:
    words = [str(schema["description"])] if schema.get("description") else []
    return "; ".join([*words, hint] if hint else words)


def _options(kind: str, schema: Json, *, required: bool) -> tuple[tuple[str, str], ...]:
    nothing = () if required else (("", "not given"),)
    if kind == "enum":
        return (*nothing, *((one, one) for one in cast("list[str]", schema["enum"])))
    return (*nothing, ("true", "true"), ("false", "false")) if kind == "boolean" else ()


def _attributes(kind: str, schema: Json) -> tuple[tuple[str, str], ...]:
    if kind not in {"integer", "number"}:
        return ()
    bounds = (("min", "minimum"), ("max", "maximum"))
    found = tuple(
        (html, str(schema[key])) for html, key in bounds if isinstance(schema.get(key), int | float)
    )
    return (*found, ("step", "1" if kind == "integer" else "any"))


@dataclass(frozen=True, slots=True)
class _Reader:
    prefix: str
    sent: Mapping[str, str]
    problems: list[Problem]

    def object(self, schema: Json, path: tuple[str, ...], depth: int) -> Json:
        required = _required(schema)
        value: Json = {}
        for name, one in _properties(schema).items():
            here, kind = (*path, name), _kind(one, depth)
            if kind == "object":
                inner = self.object(one, here, depth + 1)
                if inner or name in required:
                    value[name] = inner
            elif (given := self._given(kind, here, required=name in required)) is not None:
                value[name] = self._read(kind, given, one, here)
        return value

    def _given(self, kind: str, path: tuple[str, ...], *, required: bool) -> str | None:
        """What was sent; None where nothing was. A checkbox that is off sends nothing."""
        sent = self.sent.get(_name(self.prefix, path), "").replace("\r\n", "\n")
        if kind == "boolean" and required:
            return "true" if sent else "false"
        return sent if sent.strip() else None

    def _read(self, kind: str, text: str, schema: Json, path: tuple[str, ...]) -> JsonValue:
        if kind == "boolean":
            return text == "true"
        if kind in {"integer", "number"}:
            return _number(kind, text)
        if kind == "lines":
            item = _single(cast("Json", schema["items"]).get("type"))
            return [_number(item, line.strip()) for line in text.splitlines() if line.strip()]
        return self._json(text, path) if kind == "json" else text

    def _json(self, text: str, path: tuple[str, ...]) -> JsonValue:
        try:
            return parse_json(text)
        except ValueError as error:
            remedy = "write JSON; text goes in double quotes"
            self.problems.append(Problem(f"is no JSON: {error}", field=".".join(path), remedy=remedy))
            return text


def _number(kind: str, text: str) -> JsonValue:
    """The number that `text` is, else `text`."""
    if kind == "string":
        return text
    try:
        number = int(text) if kind == "integer" else float(text)
    except ValueError:
        return text
    return number if is_number(number) else text
