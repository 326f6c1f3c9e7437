"""Suite files of every format: what they mean, and what is said about wrong ones."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom.core.errors import ConfigError, Problem
from loom.evaluation.models import Case, Split, Suite
from loom.evaluation.suites.files import FORMATS, check_suite, load_suite, parse_suite

YAML = """\
schema: loom/v1
name: invoices
scorers: [field_match, {scorer: numeric, field: total, tolerance: 0.01}]
cases:
  - name: first
    input: {text: "a"}
    expected_output: {total: 1.5}
    tags: [easy]
    cluster: acme
    weight: 2
    split: sealed
  - input: {text: "b"}
    expected_output: null
"""


def problems(text: str, file: str = "suite.yaml") -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        parse_suite(text, file)
    return caught.value.problems


def test_a_yaml_suite_is_read_whole():
    suite = parse_suite(YAML)
    first = Case("first", {"text": "a"}, {"total": 1.5}, ("easy",), "acme", 2, Split.SEALED)
    assert suite.name == "invoices"
    assert len(suite.scorers) == 2
    assert suite.cases == (first, Case("case-2", {"text": "b"}, None))


def test_a_bare_list_of_cases_is_a_suite_named_after_its_file():
    suite = parse_suite("- {name: a, input: {x: 1}}", "dir/old.yaml")
    assert suite == Suite("old", (Case("a", {"x": 1}),))


def test_a_jsonl_suite_has_a_case_per_line():
    suite = parse_suite('{"input": {"t": "\u2028"}}\n\n{"input": {}, "split": "validation"}\n', "s.jsonl")
    assert [case.split for case in suite.cases] == [Split.TRAIN, Split.VALIDATION]


def test_a_csv_cell_is_text_unless_its_column_says_otherwise():
    text = "name,input.a.b,input.n:number,expected.ok:bool,expected.code,tags\nx,1,2.5,true,007,p; q\n"
    (case,) = parse_suite(text, "s.csv").cases
    assert case == Case("x", {"a": {"b": "1"}, "n": 2.5}, {"ok": True, "code": "007"}, ("p", "q"))


def test_an_empty_csv_cell_expects_nothing_but_is_an_empty_input_text():
    (case,) = parse_suite("input.t,input.n:number,expected.x,name\n,,,blank\n", "s.csv").cases
    assert case == Case("blank", {"t": ""})


def test_a_csv_column_may_hold_whole_json():
    (case,) = parse_suite('input,expected_output\n"{""a"": [1]}",null\n', "s.csv").cases
    assert case == Case("case-1", {"a": [1]}, None)


def test_all_problems_of_a_yaml_suite_are_reported_with_their_places():
    found = problems("cases:\n  - {input: {}, splt: x}\n  - {name: 3, input: 4, weight: 0, split: traln}\n")
    assert [(item.line, item.field) for item in found] == [
        (2, "cases[0].splt"),
        (3, "cases[1].name"),
        (3, "cases[1].input"),
        (3, "cases[1].weight"),
        (3, "cases[1].split"),
    ]
    assert found[0].remedy == "did you mean 'split'?"
    assert found[-1].remedy == "did you mean 'train'?"


def test_a_json_suite_is_refused_with_line_and_column():
    (found,) = problems('{"cases": [\n  {"input": {}, "weight": -1}]}', "s.json")
    assert (found.line, found.column) == (2, 27)


@pytest.mark.parametrize(
    "wrong", ["{", '{"input": {"a": NaN}}', '{"input": {"a": 1e999}}', '{"input": {}, "input": {}}']
)
def test_a_wrong_jsonl_line_is_named_and_the_others_are_still_checked(wrong: str):
    found = problems(f'{{"input": {{}}}}\n{wrong}\n{{"inputs": {{}}}}\n', "s.jsonl")
    assert {item.line for item in found} == {2, 3}


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("input.a\n1\n2,3\n", 3, "cells"),
        ("input.a,input.n:number\na,x\n", 2, "cannot be read"),
        ("input.a:nubmer\n1\n", 1, "not a column"),
        ("input.a,input.a.b\n1,2\n", 1, "says the same"),
        ('input.a\n"open\n', 2, "not CSV"),
        ('input.a,weight\n"two\nlines",1\nb,0\n', 4, "above 0"),
    ],
)
def test_a_wrong_csv_row_is_named_by_the_line_it_begins_on(text: str, line: int, what: str):
    (found,) = problems(text, "s.csv")
    assert found.line == line
    assert what in found.what


@pytest.mark.parametrize(
    "field", ['"name": "a\\u0000b"', '"cluster": "\\u0000"', '"tags": ["x", "a\\u0000"]']
)
def test_what_postgresql_could_not_hold_is_refused_with_its_line(field: str):
    (found,) = problems(f'{{"input": {{}}}}\n{{"input": {{}}, {field}}}\n', "s.jsonl")
    assert (found.what[:19], found.line) == ("has a NUL character", 2)


def test_a_name_used_twice_is_refused():
    (found,) = problems('{"name": "a", "input": {"x": 1}}\n{"name": "a", "input": {}}', "s.jsonl")
    assert (found.what, found.value, found.line) == ("is used twice", "a", 2)


def test_a_suite_without_cases_is_refused():
    assert problems("name: empty\ncases: []\n")[0].what == "has no cases"


def test_a_misspelt_scorer_is_refused_with_a_suggestion():
    (found,) = problems("scorers: [exact_mach]\ncases: [{input: {}}]")
    assert (found.field, found.remedy) == ("scorers[0].scorer", "did you mean 'exact_match'?")


def test_the_likeliest_misspelling_is_not_taken_for_no_expectation():
    (found,) = problems("- {input: {}, expected: {a: 1}}")
    assert found.remedy == "did you mean 'expected_output'?"


def test_a_deeply_nested_case_is_refused():
    assert "nested" in problems('{"input": {"a": ' + "[" * 60 + "]" * 60 + "}}", "s.jsonl")[0].what
    assert "nested" in problems('{"input": {"a": ' + "[" * 99_999, "s.jsonl")[0].what


def test_a_far_unknown_key_is_only_a_warning(tmp_path):
    path = tmp_path / "s.jsonl"
    path.write_text('{"input": {}, "difficulty": 3}')
    findings = check_suite(path)
    assert not findings.errors
    assert findings.warnings[0].field == "[0].difficulty"
    assert len(load_suite(path).cases) == 1


def test_an_unreadable_file_is_a_finding(tmp_path):
    (tmp_path / "latin.csv").write_bytes(b"input.a\n\xe9\n")
    assert check_suite(tmp_path / "latin.csv").errors[0].line == 2
    assert "not found" in check_suite(tmp_path / "none.yaml").errors[0].what
    assert "not a suite file" in check_suite(__file__).errors[0].what


def test_endless_errors_are_cut_short():
    assert len(problems('{"name": 1}\n' * 5000, "s.jsonl")) < 500


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
cases = st.builds(
    Case,
    name=st.uuids().map(str),
    input=st.dictionaries(st.text(), json_values, max_size=3),
    expected_output=json_values,
    tags=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1), max_size=2).map(
        tuple
    ),
    weight=st.floats(min_value=0.001, max_value=1e6),
    split=st.sampled_from(Split),
)


@given(st.lists(cases, min_size=1, max_size=4, unique_by=lambda case: case.name))
def test_a_written_suite_reads_back_the_same_from_json_and_jsonl(listed):
    suite = Suite("s", tuple(listed))
    again = parse_suite(json.dumps(suite.to_json()), "s.json")
    lines = parse_suite("\n".join(json.dumps(case.to_json()) for case in listed), "s.jsonl")
    assert again == lines == suite
    assert again.version_hash == suite.version_hash


shapes = st.recursive(
    json_values | st.just(float("nan")),
    lambda inner: st.dictionaries(
        st.sampled_from(["name", "cases", "input", "weight", "split", "tags"]), inner
    ),
)


@given(st.sampled_from(FORMATS), st.text() | shapes.map(json.dumps) | st.lists(shapes).map(json.dumps))
def test_hostile_text_is_a_suite_or_a_config_error(ending: str, text: str):
    found: tuple[Problem, ...] = ()
    try:
        assert parse_suite(text, f"hostile{ending}").version_hash
    except ConfigError as error:
        found = error.problems
    assert all(problem.what for problem in found)
