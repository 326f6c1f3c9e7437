"""Builds the fields of the answer from a skeleton, a JSON Schema, or a list in the prompt."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from loom.calls.simulated.brief import Field, Kind, Label
from loom.calls.simulated.kinds import kind_of, name_words
from loom.calls.simulated.labels import make_label, options_in
from loom.calls.simulated.skeleton import Leaf, Node
from loom.core.jsonvalue import Json

__all__ = ["fields_of_example", "fields_of_list", "fields_of_schema", "fields_of_skeleton", "with_notes"]

_NOTE = re.compile(
    r"^\s*(?:[-*•]|"
    r"\d+[.)])?\s*[\"'`*]{0,3}(?P<name>[A-Za-z_]\w*)[\"'`*]{0,3}\s*(?:\((?P<type>[^)]*)\))?\s*(?:[:=—\u2013]|"
    r"\s-)\s*(?P<text>\S.*)$"
)
_BULLET = re.compile(
    r"^\s*(?:[-*•]|"
    r"\d+[.)])\s*[\"'`*]{0,3}(?P<name>[a-z][a-z0-9_]*)[\"'`*]{0,3}\s*(?:\((?P<type>[^)]*)\))?\s*(?:[:=—\u2013-]\s*(?P<text>.*))?$"
)
_KEYS = re.compile(
    r"\b(?:keys?|fields?|properties)\b:?\s*(?P<list>[\"'`]?\w+[\"'`]?(?:\s*,\s*(?:and"
    r" )?[\"'`]?\w+[\"'`]?)*(?:,? and [\"'`]?\w+[\"'`]?)?)"
)
_TYPE_NAMES = {"bool": "boolean", "int": "integer", "float": "number", "list": "array", "dict": "object"}
_TYPES = ("array", "boolean", "integer", "number", "object")
_FILLER = "the a an of and or with that for in is are as json only exactly following these below must should"
_NOT_KEYS = frozenset(_FILLER.split())


def fields_of_skeleton(skeleton: Mapping[str, Node]) -> tuple[Field, ...]:
    """One field per key."""
    return tuple(_of_node(name, node) for name, node in skeleton.items())


def fields_of_schema(schema: Json) -> tuple[Field, ...]:
    """One field per property of a JSON Schema object."""
    properties: Json = schema.get("properties") or {}
    described = {name: cast("Json", spec) for name, spec in properties.items() if isinstance(spec, dict)}
    return tuple(_of_property(name, spec) for name, spec in described.items())


def fields_of_example(output: Mapping[str, object]) -> tuple[Field, ...]:
    """The fields that a worked example's answer shows."""
    return tuple(_of_value(name, value) for name, value in output.items())


def fields_of_list(text: str) -> tuple[Field, ...]:
    """Fields named in bullets (`- total (number): what is due`) or in `keys a, b and c`."""
    bullets = [match for line in text.splitlines() if (match := _BULLET.match(line))]
    if bullets:
        return tuple(_of_words(match["name"], match["type"] or "", match["text"] or "") for match in bullets)
    for listed in _KEYS.finditer(text):
        names = [name for name in re.findall(r"\w+", listed["list"]) if name.lower() not in _NOT_KEYS]
        if len(names) > 1:
            return tuple(_of_words(name, "", "") for name in names)
    return ()


def with_notes(fields: Sequence[Field], lines: Iterable[str]) -> tuple[Field, ...]:
    """The fields with what the prompt's other lines say about each by name."""
    known = {field.name: field for field in fields}
    for line in lines:
        match = _NOTE.match(line)
        if match and match["name"] in known:
            known[match["name"]] = _noted(known[match["name"]], match["type"] or "", match["text"])
    return tuple(known.values())


def _noted(field: Field, written_type: str, note: str) -> Field:
    hint = f"{field.hint} {written_type} {note}".lower().strip()
    options = () if field.labels or field.kind is Kind.FLAG else options_in(note)
    labels = field.labels or tuple(make_label(option) for option in options)
    json_type = field.type if field.type != "string" else _type_in(written_type) or field.type
    grouped = field.kind is Kind.GROUP
    kind = field.kind if grouped else kind_of(field.name, json_type, hint, labelled=bool(labels))
    return replace(field, hint=hint, labels=labels, type=json_type, kind=kind)


def _of_words(name: str, written_type: str, description: str) -> Field:
    options = options_in(description)
    json_type = _type_in(written_type) or (
        "array" if re.match(r"(?:a )?list of", description.lower()) else "string"
    )
    hint = f"{written_type} {description}".strip().lower()
    return Field(
        name, kind_of(name, json_type, hint, labelled=bool(options)), json_type, _labels(options), hint
    )


def _of_node(name: str, node: Node) -> Field:
    if isinstance(node, dict):
        return Field(name, _group_kind(name), "object", children=fields_of_skeleton(node))
    if isinstance(node, list):
        return _of_items(name, node)
    hint = f"{node.text} {node.remark}".strip().lower()
    if node.text.lower() in {"true", "false", "null"} and node.type != "boolean":
        return Field(name, kind_of(name, "string", hint), "string", hint=hint)
    options = options_in(node.text) or _remarked_options(node)
    json_type = "string" if options else node.type
    return Field(
        name, kind_of(name, json_type, hint, labelled=bool(options)), json_type, _labels(options), hint
    )


def _remarked_options(node: Leaf) -> tuple[str, ...]:
    """`"a" | "b"` and `"a" or "b"`: the first value is the leaf, the others are its remark."""
    return options_in(f'"{node.text}" {node.remark}') if node.remark.startswith(("or ", "|", "/ ")) else ()


def _of_items(name: str, items: Sequence[Node]) -> Field:
    first = items[0] if items else Leaf("", "string")
    if isinstance(first, dict):
        return Field(name, Kind.GROUP, "array", children=fields_of_skeleton(first))
    hint = first.text.lower() if isinstance(first, Leaf) else ""
    options = options_in(hint)
    return Field(name, kind_of(name, "array", hint, labelled=bool(options)), "array", _labels(options), hint)


def _of_property(name: str, spec: Json) -> Field:
    written: Any = spec.get("type") or "string"
    types: Sequence[str] = [written] if isinstance(written, str) else written
    json_type = next((kind for kind in types if kind != "null"), "string")
    items: Json = spec.get("items") or {}
    hint = f"{spec.get('description', '')} {spec.get('format', '')}".strip().lower()
    nested = spec if json_type == "object" else items
    if nested.get("properties"):
        kind = _group_kind(name) if json_type == "object" else Kind.GROUP
        return Field(name, kind, json_type, hint=hint, children=fields_of_schema(nested))
    allowed = spec.get("enum") or items.get("enum") or ()
    labels = _labels([option for option in allowed if isinstance(option, str)])
    return Field(name, kind_of(name, json_type, hint, labelled=bool(labels)), json_type, labels, hint)


def _of_value(name: str, value: object) -> Field:
    json_type = _TYPE_NAMES.get(type(value).__name__, "string")
    children = fields_of_example(cast("Json", value)) if isinstance(value, dict) else ()
    kind = _group_kind(name) if children else kind_of(name, json_type)
    return Field(name, kind, json_type, children=children)


def _group_kind(name: str) -> Kind:
    return Kind.CRITERIA if "criteria" in name_words(name) else Kind.GROUP


def _labels(options: Iterable[str]) -> tuple[Label, ...]:
    return tuple(make_label(option) for option in options)


def _type_in(text: str) -> str | None:
    lowered = text.lower()
    if re.search(r"\b(?:list|array)\b", lowered):
        return "array"
    return next((name for name in _TYPES if re.search(rf"\b{name}\b", lowered)), None)
