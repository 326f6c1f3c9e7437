"""Pictures of graphs: boxes of a level do not overlap, lines do not cross boxes, and few cross each other."""

import re
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loom.workshop.views.graph import Graph, LineKind, Link, Node
from loom.workshop.views.layering import layered


def drawn(levels, links):
    nodes = [Node(name, "note", number) for number, row in enumerate(levels) for name in row]
    return Graph.of("g", "Stages", nodes, [Link(source, target, "") for source, target in links])


def points(path):
    """The ends of the parts of a path."""
    x = y = 0.0
    for letter, numbers in re.findall(r"([MCV])([^MCV]*)", path):
        parts = [float(number) for number in numbers.split()]
        x, y = (x, parts[0]) if letter == "V" else (parts[-2], parts[-1])
        yield x, y


@st.composite
def _graphs(draw):
    rows = draw(st.lists(st.integers(1, 4), min_size=1, max_size=5))
    levels = [[f"n{row}_{number}" for number in range(count)] for row, count in enumerate(rows)]
    pairs = [(a, b) for upper, lower in combinations(levels, 2) for a in upper for b in lower]
    return levels, draw(st.lists(st.sampled_from(pairs), unique=True, max_size=12)) if pairs else []


@given(_graphs())
@settings(max_examples=80)
def test_boxes_keep_apart_and_lines_pass_beside_them(graph):
    picture = drawn(*graph)
    assert picture is not None
    wide, high = float(picture.box_width), float(picture.box_height)
    boxes = [(float(box.x), float(box.y)) for box in picture.boxes]
    for (left, top), (other, its_top) in combinations(boxes, 2):
        assert top != its_top or abs(left - other) >= wide + 8
    assert all(left >= 0 and left + wide <= float(picture.width) for left, _ in boxes)
    for line in picture.lines:
        for (x, y), (end, below) in pairwise(points(line.path)):
            passed = [left for left, top in boxes if y < top + high and below > top]
            assert not passed or x == end
            assert not [left for left in passed if left <= x <= left + wide]


def test_two_chains_side_by_side_do_not_cross_whatever_the_order_of_their_stages():
    layers = layered([["a", "b"], ["y", "x"]], [("a", "x", "s"), ("b", "y", "s")], 100, 8, 16)
    assert [row.index(name) for row, name in zip(layers.rows, ["a", "x"], strict=True)] in ([0, 0], [1, 1])


def test_a_chain_is_a_straight_line():
    picture = drawn([["a"], ["b"], ["c"]], [("a", "b"), ("b", "c")])
    assert len({box.middle for box in picture.boxes}) == 1


def test_lines_of_one_stage_share_a_lane_unless_they_are_drawn_differently():
    links = [
        Link("a", "d", "", LineKind.SOLID),
        Link("a", "c", "", LineKind.SOLID),
        Link("a", "e", "", LineKind.DASHED),
    ]
    nodes = [Node(name, "", level) for name, level in (("a", 0), ("b", 1), ("c", 2), ("d", 2), ("e", 2))]
    lines = Graph.of("g", "Stages", nodes, links).lines
    passing = [next(point for number, point in enumerate(points(line.path)) if number == 1) for line in lines]
    assert passing[0] == passing[1] != passing[2]


@pytest.mark.parametrize(("name", "shown"), [("short", "short"), ("x" * 60, "x" * 26 + "…")])
def test_a_long_name_is_cut_and_whole_in_the_title(name, shown):
    [box] = Graph.of("g", "Stages", [Node(name, "", 0)], []).boxes
    assert (box.name, box.title) == (shown, name)


def test_a_graph_that_nobody_could_follow_is_not_drawn():
    names = [f"s{number}" for number in range(60)]
    nodes = [Node(name, "", level) for level, name in enumerate(names)]
    links = [Link(a, b, "") for a, b in combinations(names, 2)]
    assert Graph.of("g", "Stages", nodes, links) is None
    assert Graph.of("g", "Stages", [], []) is None
