"""Boxes on levels with lines between them, as a picture in pixels: what stands where, and no line crosses a text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from loom.workshop.views.layering import Item, Lane, Layers, layered
from loom.workshop.views.tones import Tone

__all__ = ["Band", "Box", "Graph", "Line", "LineKind", "Link", "Node"]

_HEIGHT = 48
"""Of a box."""

_BETWEEN = 44
"""Rows."""

_GAP = 16
_LANE = 8
_GUTTER = 32
"""Left of the boxes, for the numbers of the levels."""

_EDGE = 8
_NARROW, _WIDE = 104, 236
_ROOM = 600
"""What a row of boxes should fit into, so long as each is wide enough to be read."""

_INSET = 12
_LETTER = 7.6
"""About the width of a letter of the name; of the note it is less."""

_NOTE_LETTER = 6.7
_MOST_ITEMS = 600
"""Boxes and lanes: what a person can still follow, and what is laid out in a few milliseconds."""


class LineKind(StrEnum):
    """How a line is drawn."""

    SOLID = "solid"
    DASHED = "dashed"
    DOTTED = "dotted"


@dataclass(frozen=True, slots=True)
class Node:
    """A box to draw."""

    name: str
    note: str
    level: int
    """From 0; a line leads from an earlier level to a later one."""

    href: str | None = None
    tone: Tone = Tone.PLAIN
    """Of its edge. What it means must also be in the note."""

    current: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A line to draw."""

    source: str
    target: str
    label: str
    kind: LineKind = LineKind.SOLID


@dataclass(frozen=True, slots=True)
class Box:
    """A box with its place; `title` is what a pointer that rests on it is told."""

    x: str
    y: str
    middle: str
    name: str
    note: str
    title: str
    node: Node


@dataclass(frozen=True, slots=True)
class Line:
    """A line as an SVG path, downwards."""

    path: str
    kind: LineKind
    label: str


@dataclass(frozen=True, slots=True)
class Band:
    """A level: its number, and where it is."""

    number: int
    y: str
    middle: str


@dataclass(frozen=True, slots=True)
class Graph:
    """The picture."""

    id: str
    label: str
    width: str
    """At least: where there is more room, the boxes stand in the middle of it."""

    half: str
    """Minus half of it."""

    height: str
    box_width: str
    box_height: str
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    bands: tuple[Band, ...]

    @staticmethod
    def of(id: str, label: str, nodes: Sequence[Node], links: Sequence[Link]) -> "Graph | None":  # noqa: A002 - as HTML calls it
        """The picture of `nodes`, in their order as far as lines allow; None when there are too many to follow."""
        levels = _levels(nodes)
        level_of = {node.name: node.level for node in nodes}
        lanes = {(one.source, one.kind): level_of[one.target] - level_of[one.source] for one in links}
        if not nodes or len(nodes) + len(links) + sum(lanes.values()) > _MOST_ITEMS:
            return None
        box = _box_width(nodes, max(map(len, levels)))
        layers = layered(levels, [(one.source, one.target, one.kind) for one in links], box, _LANE, _GAP)
        shift = _shift(layers)
        place = _Place(layers, level_of, box, shift)
        width = max(layers.middles[item] for row in layers.rows for item in row) + box / 2 + shift + _GUTTER
        return Graph(
            id=id,
            label=label,
            width=_px(width),
            half=_px(-width / 2),
            height=_px(len(levels) * (_HEIGHT + _BETWEEN) - _BETWEEN + 2 * _EDGE),
            box_width=_px(box),
            box_height=_px(_HEIGHT),
            boxes=tuple(place.box(node) for node in nodes),
            lines=tuple(place.line(link) for link in links),
            bands=tuple(_band(level) for level in range(len(levels))),
        )


@dataclass(frozen=True, slots=True)
class _Place:
    """From positions among levels to pixels."""

    layers: Layers
    level_of: Mapping[str, int]
    width: float
    shift: float

    def box(self, node: Node) -> Box:
        middle = self._across(node.name)
        letters = self.width - 2 * _INSET
        return Box(
            x=_px(middle - self.width / 2),
            y=_px(_top(node.level)),
            middle=_px(middle),
            name=_cut(node.name, int(letters / _LETTER)),
            note=_cut(node.note, int(letters / _NOTE_LETTER)),
            title=f"{node.name}: {node.note}" if node.note else node.name,
            node=node,
        )

    def line(self, link: Link) -> Line:
        way = self.layers.ways[link.source, link.target]
        path = ""
        for number, (upper, lower) in enumerate(pairwise(way), self.level_of[link.source]):
            path += self._step(upper, lower, number)
        return Line(path, link.kind, link.label)

    def _step(self, upper: Item, lower: Item, level: int) -> str:
        """From the foot of a row to the head of the next; along a lane straight on, past the boxes beside it."""
        begin, end = self._across(upper), self._across(lower)
        foot, head = _top(level) + _HEIGHT, _top(level + 1)
        bend = (foot + head) / 2
        curve = f"C{_px(begin)} {_px(bend)} {_px(end)} {_px(bend)} {_px(end)} {_px(head)}"
        on = f"V{_px(head + _HEIGHT)}" if isinstance(lower, Lane) else ""
        return f"{'' if isinstance(upper, Lane) else f'M{_px(begin)} {_px(foot)}'}{curve}{on}"

    def _across(self, item: Item) -> float:
        return self.layers.middles[item] + self.shift


def _levels(nodes: Sequence[Node]) -> list[list[str]]:
    rows: list[list[str]] = [[] for _ in range(max((node.level for node in nodes), default=-1) + 1)]
    for node in nodes:
        rows[node.level].append(node.name)
    return rows


def _shift(layers: Layers) -> float:
    """How far everything moves right, so that nothing is under the numbers of the levels."""
    lanes = [layers.middles[item] for row in layers.rows for item in row if isinstance(item, Lane)]
    return _GUTTER - min(0.0, *(middle - _LANE for middle in lanes)) if lanes else _GUTTER


def _box_width(nodes: Sequence[Node], most_in_a_row: int) -> float:
    """As the longest text wants it, within reason."""
    wanted = max(max(len(node.name) * _LETTER, len(node.note) * _NOTE_LETTER) for node in nodes)
    share = _ROOM / most_in_a_row - _GAP
    return max(min(wanted + 2 * _INSET, share, _WIDE), _NARROW)


def _band(level: int) -> Band:
    return Band(level + 1, _px(_top(level)), _px(_top(level) + _HEIGHT / 2))


def _top(level: int) -> int:
    return _EDGE + level * (_HEIGHT + _BETWEEN)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _px(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
