"""Builds JSON values, with the place of each, from YAML parser events; knows nothing of files.

Unquoted scalars follow the YAML 1.2 core schema: `true`, `false`, `null` and numbers as JSON writes them (and
`0x1F`, `0o17`) are what they say; `no`, `12:30`, `2026-11-20` and `007` stay the text they look like.
"""

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NoReturn, cast

from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from loom.core.errors import Problem
from loom.core.jsonvalue import JsonValue

__all__ = ["MAX_ALIASED_NODES", "MAX_DEPTH", "Mark", "build"]

MAX_DEPTH = 50
MAX_ALIASED_NODES = 10_000
_MAX_PROBLEMS = 50
_MERGE = "<<"
_TEXT_TAGS = ("!", "tag:yaml.org,2002:str")
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)|0x[0-9a-fA-F]+|0o[0-7]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


@dataclass(slots=True)
class Mark:
    """Where a value begins (0-based), where its key does, and the marks of what it contains."""

    line: int
    column: int
    key: tuple[int, int] | None = None
    children: "dict[str, Mark] | list[Mark] | None" = None


@dataclass(slots=True)
class _Node:
    value: JsonValue
    mark: Mark
    size: int = 1
    """How many values it holds, itself included, aliases expanded."""

    height: int = 0
    """How deep it nests, aliases expanded; 0 for a scalar."""


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not come yet."""

    node: _Node
    anchor: str | None
    key: str | None = None
    """In a mapping: the key that waits for its value."""

    key_at: tuple[int, int] = (0, 0)
    merges: bool = False
    """That key is a merge: `<<`, not in quotes."""

    merged: list[_Node] = field(default_factory=list[_Node])


class _Refused(Exception):  # noqa: N818 - a signal inside this module
    """What cannot be continued after."""


def build(events: Iterable[Event]) -> tuple[JsonValue, Mark | None, list[Problem]]:
    """The value of the one document in `events`, its mark (None: no document), and what is wrong with it."""
    builder = _Builder()
    try:
        for event in events:
            builder.take(event)
    except _Refused:
        pass
    root = builder.root
    return (root.value if root else None), (root.mark if root else None), builder.problems


class _Builder:
    def __init__(self) -> None:
        self.root: _Node | None = None
        self.problems: list[Problem] = []
        self._open: list[_Open] = []
        self._anchors: dict[str, _Node | None] = {}
        self._aliased = 0
        self._take: dict[type[Event], Callable[[Any], None]] = {
            DocumentStartEvent: self._document,
            ScalarEvent: self._scalar,
            AliasEvent: self._alias,
            SequenceStartEvent: self._start,
            MappingStartEvent: self._start,
            SequenceEndEvent: self._end,
            MappingEndEvent: self._end,
        }

    def take(self, event: Event) -> None:
        handler = self._take.get(type(event))
        if handler:
            handler(event)

    def _document(self, event: DocumentStartEvent) -> None:
        if self.root is not None:
            self._refuse(event, "has a second document after '---'", remedy="keep one document in a file")

    def _scalar(self, event: ScalarEvent) -> None:
        plain = event.implicit[0] and event.tag is None
        top = self._open[-1] if self._open else None
        if top and top.key is None and isinstance(top.node.value, dict):
            self._key(top, event, event.value, plain=plain)
            return
        value = self._value(event, plain=plain)
        self._add(_Node(value, _mark(event)), event.anchor)

    def _value(self, event: ScalarEvent, *, plain: bool) -> JsonValue:
        if event.tag is not None and event.tag not in _TEXT_TAGS:
            self._problem(event, "has a tag Loom does not read", event.tag, "remove the tag")
        if not plain:
            return event.value
        try:
            return _plain(event.value)
        except ValueError:
            self._problem(
                event,
                "is not a number that JSON can hold",
                event.value,
                "put it in quotes to keep it as text",
            )
            return event.value

    def _key(self, top: _Open, event: Event, key: JsonValue, *, plain: bool) -> None:
        if not isinstance(key, str) or (plain and not isinstance(_lenient(key), str)):
            self._problem(event, "is a key that is not text", key, "put it in quotes")
            key = str(key)
        at = _mark(event)
        top.key, top.key_at = key, (at.line, at.column)
        top.merges = plain and key == _MERGE  # in quotes it is a key like any other
        if top.merges or key not in top.node.value:
            return
        marks = cast("dict[str, Mark]", top.node.mark.children)
        first = marks[key].key or (0, 0)
        self._problem(
            event, f"'{key}' is given twice, first in line {first[0] + 1}", remedy="keep one of them"
        )

    def _alias(self, event: AliasEvent) -> None:
        name = event.anchor or ""
        node = self._anchors.get(name)
        if node is None:
            what = (
                "refers to itself"
                if name in self._anchors
                else "refers to an anchor that is not defined above it"
            )
            self._refuse(event, what, f"*{name}", "write the value out")
        self._aliased += node.size
        if self._aliased > MAX_ALIASED_NODES:
            self._refuse(
                event,
                f"expands to more than {MAX_ALIASED_NODES} values by aliases",
                remedy="use fewer aliases",
            )
        self._check_depth(event, node.height)
        top = self._open[-1]
        if top.key is None and isinstance(top.node.value, dict):
            self._key(top, event, node.value, plain=False)
            return
        at = _mark(event)
        at.children = node.mark.children
        self._add(_Node(node.value, at, node.size, node.height), None)

    def _start(self, event: SequenceStartEvent | MappingStartEvent) -> None:
        self._check_depth(event, 1)
        if self._open and self._open[-1].key is None and isinstance(self._open[-1].node.value, dict):
            self._refuse(
                event, "has a list or mapping as a key", remedy="put text that begins with { or [ in quotes"
            )
        if event.tag is not None:
            self._problem(event, "has a tag Loom does not read", event.tag, "remove the tag")
        if event.anchor:
            self._anchors[event.anchor] = None
        at = _mark(event)
        is_list = isinstance(event, SequenceStartEvent)
        at.children = [] if is_list else {}
        self._open.append(_Open(_Node([] if is_list else {}, at, height=1), event.anchor))

    def _end(self, _event: Event) -> None:
        done = self._open.pop()
        for source in done.merged:
            marks = cast("dict[str, Mark]", source.mark.children)
            for key, value in source.value.items():
                if key not in done.node.value:
                    done.node.value[key] = value
                    cast("dict[str, Mark]", done.node.mark.children)[key] = marks[key]
        self._add(done.node, done.anchor)

    def _add(self, node: _Node, anchor: str | None) -> None:
        if anchor:
            self._anchors[anchor] = node
        if not self._open:
            self.root = node
            return
        top = self._open[-1]
        top.node.size += node.size
        top.node.height = max(top.node.height, node.height + 1)
        if isinstance(top.node.mark.children, list):
            top.node.value.append(node.value)
            top.node.mark.children.append(node.mark)
            return
        key, top.key = cast("str", top.key), None
        node.mark.key = top.key_at
        if top.merges:
            self._merge(top, node)
            return
        top.node.value[key] = node.value
        cast("dict[str, Mark]", top.node.mark.children)[key] = node.mark

    def _merge(self, top: _Open, node: _Node) -> None:
        parts = [node]
        if isinstance(node.mark.children, list):
            pairs = zip(node.value, node.mark.children, strict=True)
            parts = [_Node(value, mark) for value, mark in pairs]
        if all(isinstance(part.value, dict) for part in parts):
            top.merged += parts
            return
        at = node.mark
        self.problems.append(
            Problem(
                "'<<' merges what is not a mapping",
                line=at.line + 1,
                column=at.column + 1,
                remedy="merge a mapping",
            )
        )

    def _check_depth(self, event: Event, height: int) -> None:
        if len(self._open) + height > MAX_DEPTH:
            self._refuse(event, f"is nested more than {MAX_DEPTH} deep", remedy="make it flatter")

    def _problem(self, event: Event, what: str, value: object = None, remedy: str | None = None) -> None:
        at = _mark(event)
        self.problems.append(Problem(what, None, None, at.line + 1, at.column + 1, value, remedy))
        if len(self.problems) >= _MAX_PROBLEMS:
            raise _Refused

    def _refuse(self, event: Event, what: str, value: object = None, remedy: str | None = None) -> NoReturn:
        self._problem(event, what, value, remedy)
        raise _Refused


def _mark(event: Event) -> Mark:
    at: Any = event.start_mark
    return Mark(at.line, at.column)


def _plain(text: str) -> JsonValue:
    """The value of unquoted `text`. Raises ValueError for what JSON has no number for."""
    word = text.lower()
    if word in _WORDS and text in {word, word.upper(), word.capitalize()}:
        return _WORDS[word]
    if _INTEGER.fullmatch(text):
        return int(text, 0)
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(text)
    if _FLOAT.fullmatch(text):
        number = float(text)
        if not math.isfinite(number):
            raise ValueError(text)
        return number
    return text


def _lenient(text: str) -> JsonValue:
    try:
        return _plain(text)
    except ValueError:
        return None
