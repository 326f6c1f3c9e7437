"""The stage graph: dependencies, levels, cycles; and the conditions that are part of it."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom.core.condition import Condition, parse_condition
from loom.core.graph import CycleError, dependencies, find_cycle, levels


def stage(name: str, *sources: str, **more) -> dict:
    return {"name": name, "input_mapping": {f"f{i}": source for i, source in enumerate(sources)}, **more}


def test_what_a_stage_reads_is_what_it_waits_for():
    stages = [stage("extract", "goal.context.x"), stage("classify", "extract.output.text", "goal.context.y")]
    assert dependencies(stages) == {"extract": set(), "classify": {"extract"}}


def test_a_condition_is_a_dependency():
    stages = [stage("extract"), stage("ocr", condition="extract.output.needs_ocr == true")]
    assert dependencies(stages)["ocr"] == {"extract"}


def test_a_quoted_literal_is_no_dependency():
    assert dependencies([stage("a"), stage("b", "'a.output.x'")])["b"] == set()


def test_depends_on_replaces_what_is_inferred_and_unknown_names_are_dropped():
    stages = [stage("a"), stage("b"), stage("c", "a.output.x", "nowhere.x", depends_on=["b", "nobody"])]
    assert dependencies(stages)["c"] == {"b"}


def test_stages_of_one_level_are_alphabetical():
    stages = [stage("z"), stage("c", "z.output.x"), stage("b", "z.output.x"), stage("a", "b.output.x")]
    assert levels(dependencies(stages)) == [["z"], ["b", "c"], ["a"]]


def test_a_cycle_is_named():
    graph = {"a": {"c"}, "b": {"a"}, "c": {"b"}, "d": set()}
    with pytest.raises(CycleError, match="Circular dependency: ") as caught:
        levels(graph)
    cycle = caught.value.cycle
    assert cycle[0] == cycle[-1]
    assert set(cycle) == {"a", "b", "c"}
    assert all(after in graph[before] for before, after in pairwise(cycle))


names = st.sampled_from("abcdefgh")


@given(st.dictionaries(names, st.sets(names)))
def test_levels_hold_each_stage_once_after_all_it_waits_for(wanted):
    graph = {name: waits & wanted.keys() for name, waits in wanted.items()}
    if find_cycle(graph):
        return
    seen: set[str] = set()
    for level in levels(graph):
        assert level == sorted(level)
        assert all(graph[name] <= seen for name in level)
        seen |= set(level)
    assert seen == graph.keys()


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("a.x == true", True),
        ("a.x == False", False),
        ("a.x == None", None),
        ("a.x == 'true'", "true"),
        ('a.x == "two words"', "two words"),
        ("a.x == 1", 1),
        ("a.x == -1.5", -1.5),
        ("a.x == word", "word"),
        ("a.x == 'half", "'half"),
    ],
)
def test_the_literal_of_a_condition_is_read_by_its_form(text: str, literal):
    condition = parse_condition(text)
    assert condition == Condition("a.x", negated=False, literal=literal)
    assert type(condition.literal) is type(literal)


@pytest.mark.parametrize(
    ("text", "says"), [("a.x", "3 space-separated parts"), ("a.x > 3", "operator must be '==' or '!='")]
)
def test_a_malformed_condition_says_what_is_missing(text: str, says: str):
    with pytest.raises(ValueError, match=says):
        parse_condition(text)
