"""Puts other values, and further keys, into the text of a list of stages; touches no other character of it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import yaml

from loom.catalog.pipelines.layout import Layout, entry, last_line
from loom.catalog.pipelines.spelling import spelled_like
from loom.core.jsonvalue import Json, JsonValue

__all__ = ["with_values"]

_BEFORE_A_NEW_KEY = "worker_type"


@dataclass(frozen=True, slots=True, order=True)
class _Change:
    """What comes in the place of the characters from `begin` to `end`."""

    begin: int
    end: int
    text: str


def with_values(layout: Layout, before: Sequence[Json], wanted: Sequence[Json]) -> str:
    """The text of `layout` in which the stages say what is `wanted`; they may differ in values and in new keys."""
    changes = {
        change
        for node, old, new in zip(layout.sequence.value, before, wanted, strict=True)
        for change in _changes(layout, node, old, new)
    }
    text = layout.text
    for change in sorted(changes, reverse=True):  # from the end, so that earlier places stay where they are
        text = f"{text[: change.begin]}{change.text}{text[change.end :]}"
    return text


def _changes(layout: Layout, node: Any, old: JsonValue, new: JsonValue) -> Iterator[_Change]:
    if old == new:
        return
    if isinstance(node, yaml.MappingNode):
        for key, value in cast("Json", new).items():
            found = entry(node, key)
            if found is None:
                yield _new_key(layout, node, key, value)
            else:
                yield from _changes(layout, found[1], old[key], value)
    elif isinstance(node, yaml.SequenceNode):
        for part, was, becomes in zip(node.value, old, new, strict=True):
            yield from _changes(layout, part, was, becomes)
    else:
        yield _Change(node.start_mark.index, node.end_mark.index, spelled_like(node, new))


def _new_key(layout: Layout, node: Any, key: str, value: str) -> _Change:
    """The key behind that of the worker."""
    name, after = entry(node, _BEFORE_A_NEW_KEY) or node.value[-1]
    if node.flow_style:
        pair = f"{json.dumps(key)}: {json.dumps(value)}" if name.style else f"{key}: {value}"
        return _Change(after.end_mark.index, after.end_mark.index, f", {pair}")
    line = last_line(layout.lines, after) + 1
    at = sum(map(len, layout.lines[:line]))
    end = layout.line_end
    added = f"{' ' * name.start_mark.column}{key}: {value}"
    whole = layout.lines[line - 1].endswith(("\n", "\r"))
    return _Change(at, at, f"{added}{end}" if whole else f"{end}{added}")
