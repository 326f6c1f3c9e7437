"""Where the stages of a pipeline stand in its text: the lines of each, its comments among them. Changes nothing."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

import yaml

from loom.catalog.pipelines.edits import STAGES

__all__ = ["Layout", "StageText", "entry", "last_line", "layout_of"]

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BREAK = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")
_COMMENT = re.compile(r"( *)#")
_DASH = re.compile(r"( *)-(?=[ \r\n])")


@dataclass(frozen=True, slots=True)
class StageText:
    """A stage of a list with dashes. Lines are numbered from 0; `end` is the line after the last."""

    node: Any
    begin: int
    """With the comments above it."""

    end: int
    """With the comments that are indented as it is, and the blank lines up to the next stage."""

    dash: int
    """The column of its dash."""

    content: int
    """The column of its first key."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A pipeline's text, taken apart."""

    text: str
    lines: tuple[str, ...]
    """With their ends."""

    sequence: Any
    """The node of the list."""

    stages: tuple[StageText, ...]
    """Empty when the list is written in brackets."""

    @property
    def spaced(self) -> bool:
        """Whether blank lines stand between the stages."""
        return any(not self.lines[one.begin - 1].strip() for one in self.stages[1:])

    @property
    def line_end(self) -> str:
        """What the lines end with."""
        return "\r\n" if "\r\n" in self.text else "\n"


def layout_of(text: str) -> Layout | None:
    """How `text`, which Loom has read before, is laid out; None when its stages are not to be found in it."""
    root: Any = yaml.compose(text, Loader=_LOADER)
    sequence = _value_of(root, STAGES) if isinstance(root, yaml.MappingNode) else None
    if not isinstance(sequence, yaml.SequenceNode):
        return None
    nodes: list[Any] = sequence.value
    if not all(isinstance(node, yaml.MappingNode) for node in nodes):
        return None
    lines = _lines_of(text)
    stages = () if sequence.flow_style else _stages(lines, nodes)
    return None if stages is None else Layout(text, lines, sequence, stages)


def _lines_of(text: str) -> tuple[str, ...]:
    """The lines of `text` as YAML counts them, with their ends."""
    cuts = [0, *(found.end() for found in _BREAK.finditer(text)), len(text)]
    return tuple(text[begin:end] for begin, end in pairwise(cuts) if begin < end)


def entry(node: Any, key: str) -> tuple[Any, Any] | None:
    """The nodes of `key` and of its value in a mapping."""
    return next((pair for pair in node.value if pair[0].value == key), None)


def _value_of(node: Any, key: str) -> Any:
    """The node of the value of `key`; None when it is not there."""
    found = entry(node, key)
    return found[1] if found else None


def _stages(lines: Sequence[str], nodes: Sequence[Any]) -> tuple[StageText, ...] | None:
    dashes = [_dash(lines, node) for node in nodes]
    if not nodes or None in dashes:
        return None
    places = [place for place in dashes if place is not None]
    begins = [_head(lines, *place) for place in places]
    ends = [*begins[1:], _after(lines, nodes[-1], places[-1][1])]
    return tuple(
        StageText(node, begin, end, column, node.start_mark.column)
        for node, begin, end, (_, column) in zip(nodes, begins, ends, places, strict=True)
    )


def _dash(lines: Sequence[str], node: Any) -> tuple[int, int] | None:
    """The line and column of the dash before `node`."""
    for number in range(node.start_mark.line, -1, -1):
        found = _DASH.match(lines[number])
        if found:
            return number, len(found[1])
        if number < node.start_mark.line and lines[number].strip() and not _COMMENT.match(lines[number]):
            return None
    return None


def _head(lines: Sequence[str], line: int, column: int) -> int:
    """The first of the comments that stand right above the dash in `line`."""
    while line and (found := _COMMENT.match(lines[line - 1])) and len(found[1]) <= column:
        line -= 1
    return line


def _after(lines: Sequence[str], node: Any, column: int) -> int:
    """The line behind the last stage, and behind comments that are indented as its keys are."""
    line = last_line(lines, node) + 1
    while line < len(lines) and (found := _COMMENT.match(lines[line])) and len(found[1]) > column:
        line += 1
    return line


def last_line(lines: Sequence[str], node: Any) -> int:
    """The last line with something of `node` in it. The parser places the end of a block behind what follows it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last: Any = node.value[-1]
        parts = cast("tuple[Any, ...]", last) if isinstance(last, tuple) else (last,)
        return max(last_line(lines, part) for part in parts)  # an alias has the place of what it stands for
    end = node.end_mark
    line = end.line - 1 if end.column == 0 and end.line > node.start_mark.line else end.line
    while line > node.start_mark.line and not lines[min(line, len(lines) - 1)].strip():
        line -= 1
    return min(line, len(lines) - 1)
