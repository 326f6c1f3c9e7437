"""Every scorer through the factory that users reach it by."""

import importlib.metadata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom.core.errors import ConfigError
from loom.core.jsonvalue import JsonValue
from loom.engine.models import ExecutionState
from loom.evaluation.models import ABSENT
from loom.evaluation.scorers import ConfiguredScorer, ScoreInput, ScoreResult, make_scorer, scorer_names
from loom.evaluation.scoring.executions import verdict
from loom.evaluation.statistics.case_totals import Outcome


def score(spec: JsonValue, expected: JsonValue, output: JsonValue, raw: str | None = None) -> ScoreResult:
    return make_scorer(spec).score(ScoreInput({}, output, expected, raw))


@pytest.mark.parametrize(
    ("expected", "output", "value"),
    [
        ({"a": 1}, {"a": 1.0}, 1),
        ({"a": 1}, {"a": True}, 0),
        ([0], [False], 0),
        ({"a": None}, {}, 0),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 2}]}, 1),
        ({"a": 1}, {"a": 1, "b": 2}, 0),
        ("Yes", "yes", 0),
        (None, None, 1),
    ],
)
def test_exact_match_compares_json_values(expected, output, value):
    assert score("exact_match", expected, output).value == value


@pytest.mark.parametrize(
    ("expected", "output", "value"),
    [
        ({"a": "Yes ", "b": 2}, {"a": " yes", "b": 3, "extra": 1}, 0.5),
        ({"tags": ["x", "y", 3]}, {"tags": ["y", "3", "z"]}, 2 / 3),
        ({"tags": []}, {"tags": ["x"]}, 1),
        ({"a": None}, {"a": None}, 1),
        ({"a": None}, {}, 0),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, 0),
        ({"a": 1}, "not an object", 0),
        ({}, {"a": 1}, 1),
        ("Yes", "yes ", 1),
    ],
)
def test_field_match_gives_the_mean_over_the_expected_fields(expected, output, value):
    assert score("field_match", expected, output).value == pytest.approx(value)


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ({"tags": ["x", "y"], "n": 2}, "differs in n; more than expected, which costs nothing, in tags"),
        ({"tags": ["y", "x"], "n": 1}, "all fields match; more than expected, which costs nothing, in tags"),
        ({"tags": ["x", "x"], "n": 1}, "all fields match"),
        ({"tags": "x", "n": 1}, "differs in tags"),
    ],
)
def test_field_match_says_where_a_list_has_more_than_expected(output, reason):
    assert score("field_match", {"tags": ["x"], "n": 1}, output).reason == reason


def test_field_match_shows_a_score_per_field_and_the_paths_that_differ():
    expected = {"to": {"city": "Bern", "zip": "3000"}, "n": 1}
    result = score("field_match", expected, {"to": {"city": "Basel", "zip": "3000"}, "n": 1})
    assert result.details == {
        "method": "field_match",
        "fields": {"to": 0.0, "n": 1.0},
        "differs": ["to.city"],
    }


@pytest.mark.parametrize(
    ("spec", "expected", "output", "value"),
    [
        ({"field": "t", "tolerance": 0.01}, {"t": 1.0}, {"t": 1.01}, 1),
        ({"field": "t", "tolerance": 0.01}, {"t": 1.0}, {"t": 1.011}, 0),
        ({"field": "t", "relative": 0.1}, {"t": -100}, {"t": -109}, 1),
        ({"field": "rows.1.t"}, {"rows": [0, {"t": 5}]}, {"rows": [0, {"t": 5.0}]}, 1),
        ({"field": "t"}, {"t": 1}, {"t": True}, 0),
        ({"field": "t"}, {"t": 1}, {}, 0),
        ({"field": "t"}, {"t": 1200}, {"t": "1,200"}, 0),
        ({"parse": True}, 1234.5, "EUR 1,234.50", 1),
        ({"parse": True}, 1234.5, "1.234,50 €", 1),
        ({"parse": True}, -0.5, "about -.5 %", 1),
        ({"parse": True}, 12.5, "12,5", 1),
        ({"parse": True}, 5, "between 5 and 6", 0),
        ({"parse": True}, 1234567, "CHF 1 234 567.00.", 1),
        ({"parse": True}, 1020, "10 20", 0),
        ({"parse": True}, 12, "INV-12", 1),
        ({"parse": True}, 2024, "2024-01-31", 0),
    ],
)
def test_numeric_compares_within_its_tolerance(spec, expected, output, value):
    assert score({"scorer": "numeric", **spec}, expected, output).value == value


def test_numeric_cannot_judge_without_an_expected_number():
    result = score({"scorer": "numeric", "field": "t"}, {"t": "many"}, {"t": 1})
    assert (result.value, result.reason) == (None, "the expected 't' is not a number: 'many'")


@pytest.mark.parametrize(
    ("spec", "output", "raw", "value"),
    [
        ({"pattern": r"\d{3}"}, None, "call 123", 1),
        ({"pattern": r"\d{3}", "full": True}, None, "call 123", 0),
        ({"pattern": "a|ab", "full": True}, None, "ab", 1),
        ({"pattern": "^yes", "ignore_case": True, "field": "a"}, {"a": "YES!"}, "no", 1),
        ({"pattern": "x", "field": "a"}, {}, "x", 0),
    ],
)
def test_regex_needs_no_expectation(spec, output, raw, value):
    assert score({"scorer": "regex", **spec}, ABSENT, output, raw).value == value


def test_a_pattern_that_would_backtrack_for_ages_is_quick():
    assert score({"scorer": "regex", "pattern": "(a+)+$"}, ABSENT, None, "a" * 100_000 + "!").value == 0


@pytest.mark.parametrize("name", ["exact_match", "field_match", "numeric"])
def test_without_an_expected_output_there_is_no_score(name: str):
    result = score(name, ABSENT, {"a": 1})
    assert (result.value, result.reason) == (None, "no expected output")


@pytest.mark.parametrize(
    ("spec", "field", "remedy"),
    [
        ("feild_match", "scorer", "did you mean 'field_match'?"),
        ({"scorer": "numeric", "tolerence": 1}, "tolerence", "did you mean 'tolerance'?"),
        ({"scorer": "numeric", "tolerance": float("nan")}, "tolerance", "give a number of at least 0"),
        ({"scorer": "exact_match", "threshold": 2}, "threshold", "give a number from 0 to 1"),
        ({"scorer": "exact_match", "weight": 10**400}, "weight", "give a number above 0"),
        ({"scorer": "regex"}, "pattern", "add it"),
        ({"scorer": "regex", "pattern": "(?=x)"}, "pattern", None),
        ({"scorer": "regex", "pattern": "a)(b", "full": True}, "pattern", None),
        ({"name": "numeric"}, "scorer", None),
    ],
)
def test_a_wrong_specification_is_refused_with_a_remedy(spec, field, remedy):
    with pytest.raises(ConfigError) as caught:
        make_scorer(spec)
    (problem,) = caught.value.problems
    assert problem.field == field
    assert remedy is None or (problem.remedy or "").startswith(remedy)


def test_the_hash_covers_what_decides_a_score_and_not_what_decides_a_pass():
    one = make_scorer({"scorer": "numeric", "tolerance": 1})
    assert one.scorer_hash == make_scorer({"scorer": "numeric", "tolerance": 1, "threshold": 0.9}).scorer_hash
    assert one.scorer_hash != make_scorer({"scorer": "numeric", "tolerance": 2}).scorer_hash


def test_a_pass_is_at_the_threshold():
    scorer = make_scorer({"scorer": "field_match", "threshold": 0.8})
    ends = [
        verdict(ExecutionState.COMPLETED, valid=True, scorers=[scorer], values=[value])[0]
        for value in (0.8, 0.79)
    ]
    assert ends == [Outcome.PASSED, Outcome.FAILED]


class Rogue:
    name = "rogue"
    version = 1

    def __init__(self, params):
        self.params = params

    def score(self, item):
        return ScoreResult(item.output / self.params["by"])


class Entry:
    name = "rogue"

    def load(self):
        return Rogue


@pytest.mark.parametrize("output", [float("nan"), 7, -1, 10**400, "text"])
def test_a_scorer_that_fails_or_leaves_its_range_gives_unscored(output):
    result = ConfiguredScorer(Rogue({"by": 2})).score(ScoreInput({}, output))
    assert result.value is None
    assert "rogue" in result.reason


def test_a_third_party_scorer_is_found_through_its_entry_point(monkeypatch):
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: [Entry()])
    scorer = make_scorer({"scorer": "rogue", "by": 2, "threshold": 0.9})
    assert (scorer.params, scorer.threshold) == ({"by": 2}, 0.9)
    assert "rogue" in scorer_names()


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
)
specs = st.sampled_from(
    ["exact_match", "field_match", {"scorer": "numeric", "parse": True}, {"scorer": "numeric", "field": "a"}]
)


@given(specs, values, values, st.none() | st.text())
def test_a_score_is_always_in_range_or_unscored(spec, expected, output, raw):
    value = score(spec, expected, output, raw).value
    assert value is None or 0 <= value <= 1


@given(values.filter(lambda value: "nan" not in repr(value) and "inf" not in repr(value)))
def test_every_output_matches_itself(value):
    assert score("exact_match", value, value).value == 1
    assert score("field_match", value, value).value == 1
