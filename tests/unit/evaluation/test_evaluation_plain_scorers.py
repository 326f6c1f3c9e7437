"""The scorers that look at a text and ask nobody, through the factory that users reach them by."""

import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom.core.errors import ConfigError
from loom.core.jsonvalue import JsonValue
from loom.evaluation.models import ABSENT
from loom.evaluation.scorers import ScoreInput, ScoreResult, make_scorer
from loom.evaluation.scorers.catalogue import BUILT_IN
from loom.evaluation.scorers.formats import FORMATS
from loom.evaluation.scorers.registry import entries


def score(
    spec: JsonValue, text: str | None, output: JsonValue = None, expected: JsonValue = ABSENT
) -> ScoreResult:
    return make_scorer(spec).score(ScoreInput({}, output, expected, text))


@pytest.mark.parametrize(
    ("spec", "value"),
    [
        ({"all": ["refund", "days"]}, 1),
        ({"all": ["refund", "weeks"]}, 0),
        ({"all": ["refund", "weeks"], "graded": True}, 0.5),
        ({"any": ["weeks", "days"]}, 1),
        ({"any": ["weeks", "months"]}, 0),
        ({"none": "sorry"}, 1),
        ({"none": ["Refund"]}, 1),
        ({"none": ["Refund"], "ignore_case": True}, 0),
        ({"all": "fun"}, 1),
        ({"all": "fun", "whole_words": True}, 0),
        ({"all": "day(s)", "whole_words": True}, 0),
        ({"keywords": "refund"}, 1),
        ({"all": ["refund", "x"], "none": "days", "graded": True}, 0),
        ({"all": ["yes"], "field": "answer"}, 1),
        ({"all": ["yes"], "field": "reason"}, 0),
    ],
)
def test_keyword_looks_for_words(spec, value):
    found = score({"scorer": "keyword", **spec}, "Your refund comes within 5 days.", {"answer": "yes"})
    assert found.value == value


@pytest.mark.parametrize(
    ("spec", "value"),
    [
        ({"max_words": 4}, 1),
        ({"max_words": 3}, 0),
        ({"max_words": 2, "graded": True}, 0.5),
        ({"min_words": 8, "graded": True}, 0.5),
        ({"min_chars": 19, "max_chars": 19}, 1),
        ({"min_words": 8, "max_chars": 1, "graded": True}, 1 / 19),
        ({"max_tokens": 5}, 1),
        ({"max_tokens": 4}, 0),
        ({"max_words": 1, "field": "label"}, 1),
    ],
)
def test_length_measures_characters_words_and_tokens(spec, value):
    found = score({"scorer": "length", **spec}, "four words are here", {"label": "one"})
    assert found.value == pytest.approx(value)


GOOD = {
    "json": '{"a": [1, 2]}',
    "json_object": '{"a": 1}',
    "json_list": "[1, 2]",
    "yaml": "a: 1\nb: [x, y]",
    "csv": 'name,total\n"Smith, J",3\n',
    "markdown": "## Title\n\ntext",
    "bullet_list": "- one\n- two\n  and more of it\n\n* three",
    "numbered_list": "1. one\n2. two\n3) three",
    "sentences": "It is late, at 5.30. We are open, e.g. on Sundays. Come in, Mr. Smith!",
    "one_line": "only this\n",
    "date": "2026-11-21",
    "datetime": "2026-11-21T03:15:00+01:00",
    "number": "-12.5e3",
    "email": "a.b+c@mail.example.org",
    "url": "https://example.org/a?b=c#d",
}
BAD = {
    "json": "{'a': 1}",
    "json_object": "[1]",
    "json_list": "{}",
    "yaml": "just words",
    "csv": "name,total\nSmith\n",
    "markdown": "plain words",
    "bullet_list": "Here they are:\n- one",
    "numbered_list": "1. one\n3. three",
    "one_line": "two\nlines",
    "date": "21.11.2026",
    "datetime": "2026-11-21",
    "number": "about 5",
    "email": "a@b",
    "url": "example.org",
}


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_knows_its_own(name):
    assert score({"scorer": "format", "format": name}, GOOD[name]).value == 1
    if name in BAD:
        found = score({"scorer": "format", "format": name}, BAD[name])
        assert (found.value, bool(found.reason)) == (0, True)


@pytest.mark.parametrize(
    ("spec", "text", "value"),
    [
        ({"format": "sentences", "max_items": 2}, GOOD["sentences"], 0),
        ({"format": "sentences", "min_items": 3, "max_items": 3}, GOOD["sentences"], 1),
        ({"format": "sentences", "max_items": 1}, "No end at all", 1),
        ({"format": "bullet_list", "min_items": 3}, GOOD["bullet_list"], 1),
        ({"format": "bullet_list", "min_items": 4}, GOOD["bullet_list"], 0),
        ({"format": "json_list", "max_items": 1}, "[1, 2]", 0),
        ({"format": "json", "fenced": True}, "```json\n{}\n```", 1),
        ({"format": "json"}, "```json\n{}\n```", 0),
        ({"format": "date", "date_format": "%d.%m.%Y"}, "21.11.2026", 1),
        ({"format": "csv", "delimiter": ";"}, "a;b\n1;2", 1),
        ({"format": "json"}, '{"a": NaN}', 0),
        ({"format": "yaml"}, "a: &x [1]\nb: *x", 1),
        ({"format": "yaml"}, "a: [1", 0),
    ],
)
def test_formats_take_bounds_fences_and_spellings(spec, text, value):
    assert score({"scorer": "format", **spec}, text).value == value


@given(st.sampled_from(FORMATS), st.text(max_size=300))
def test_any_text_has_a_format_or_has_not(name, text):
    assert score({"scorer": "format", "format": name}, text).value in {0, 1}


def test_no_text_makes_a_format_slow():
    for text in (
        "- " * 50_000,
        "a@" * 50_000,
        "*" * 100_000,
        "[" * 100_000,
        "1. " * 30_000,
        "a." * 50_000,
        "[a" * 50_000,
    ):
        for name in FORMATS:
            score({"scorer": "format", "format": name}, text)


def test_a_schema_of_the_suites_own_is_checked_and_what_is_wrong_is_said():
    schema = {"required": ["total"], "properties": {"total": {"type": "number"}}}
    spec = {"scorer": "json_schema", "schema": schema}
    assert score(spec, None, {"total": 3}).value == 1
    assert score(spec, '{"total": 3}').value == 1
    found = score(spec, None, {"total": "3"})
    assert (found.value, "output.total" in found.reason) == (0, True)
    assert score({**spec, "field": "x"}, None, {}).value == 0
    assert score(spec, "not JSON").value == 0


def test_a_regex_can_be_negated():
    spec = {"scorer": "regex", "pattern": "sorry", "negate": True}
    assert (score(spec, "of course").value, score(spec, "sorry").value) == (1, 0)


def test_hashed_similarity_tells_near_from_far_without_a_model():
    wanted = "The parcel was delivered to the neighbour."
    near = score("embedding_similarity", "The neighbour was given the parcel.", expected=wanted).value
    far = score("embedding_similarity", "Interest rates fell in March.", expected=wanted).value
    same = score("embedding_similarity", wanted, expected=wanted).value
    assert same == pytest.approx(1)
    assert near is not None
    assert far is not None
    assert 1 > near > far + 0.3


def test_similarity_compares_json_whatever_its_spacing_and_needs_something_to_compare():
    output = {"label": "order", "urgency": "high"}
    assert score("embedding_similarity", "{ ... }", output, output).value == pytest.approx(1)
    assert score("embedding_similarity", "x").reason == "no expected output"
    reference = {"scorer": "embedding_similarity", "reference": "order"}
    assert score(reference, "order").value == pytest.approx(1)
    assert score(reference, "").value == 0


def test_a_rating_is_waited_for():
    assert score("human_rating", "x").reason == "waits for a person's rating"


@pytest.mark.parametrize(
    "spec",
    [
        {"scorer": "keyword"},
        {"scorer": "keyword", "all": []},
        {"scorer": "keyword", "all": "x", "keywords": "y"},
        {"scorer": "length"},
        {"scorer": "length", "min_words": 5, "max_words": 4},
        {"scorer": "format"},
        {"scorer": "format", "format": "jsonn"},
        {"scorer": "format", "format": "date", "min_items": 1},
        {"scorer": "format", "format": "json", "date_format": "%d"},
        {"scorer": "format", "format": "csv", "delimiter": ";;"},
        {"scorer": "json_schema", "schema": {"type": "nonsense"}},
        {"scorer": "llm_judge", "criteria": {"tone": 3}},
        {"scorer": "llm_judge", "votes": 0},
        {"scorer": "llm_judge", "prompt": " "},
        {"scorer": "human_rating", "scale": "grades"},
    ],
)
def test_a_specification_that_makes_no_sense_is_refused(spec):
    with pytest.raises(ConfigError) as caught:
        make_scorer(spec)
    assert all(problem.remedy for problem in caught.value.problems)


def test_every_scorer_has_an_example_that_works_and_the_defaults_that_it_documents():
    for entry in entries():
        scorer = make_scorer({"scorer": entry.name, **entry.example})
        assert scorer.name == entry.name
        known = inspect.signature(entry.make).parameters
        for param in entry.params:
            if param.default is not None:
                assert known[param.name].default == param.default, (entry.name, param.name)


def test_nothing_of_a_scorer_is_undocumented():
    for name, entry in BUILT_IN.items():
        known = {
            one
            for one, kind in inspect.signature(entry.make).parameters.items()
            if kind.kind != kind.VAR_KEYWORD
        }
        assert known <= {param.name for param in entry.params} | {"params"}, name
