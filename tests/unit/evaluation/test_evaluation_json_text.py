"""Strict JSON: a key that is given twice is refused however it is spelled, and nothing else for its sake."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom.evaluation.json_text import parse_all, parse_json, scan_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "a": 2}',
        '{"a" :1, "a" :2}',
        '{"a": ":", "a": "::"}',
        '{"a": [{"b": {"c": 1, "c": 1}}]}',
        r'{"a:": 1, "a\u003a": 2}',
        r'{"a": 1, "a": "\u003a"}',
        r'{"a\u003A": 1, "b": "\u003a:", "a\u003a": ""}',
        '{"a": 123456789012345678901234567890, "a": 1}',
        r'{"é": 1, "\u00e9": 2}',
    ],
)
def test_a_key_that_is_given_twice_is_refused(text: str):
    for read in (parse_json, lambda text: scan_json(f" {text}", 1)):
        with pytest.raises(ValueError, match="twice"):
            read(text)


@pytest.mark.parametrize(
    "text",
    [
        '[{"a": 1}, {"a": 1}]',
        '{"a": {"a": {"a": ":::"}}}',
        r'{"a\u003a": "\u003a", "b": "\":"}',
        '{"a": 123456789012345678901234567890}',
        r'{"a": "\ud83d\ude00", "b": "\ud83d"}',
    ],
)
def test_what_only_looks_like_it_is_read(text: str):
    assert parse_json(text) == json.loads(text) == scan_json(text, 0)[0]


@pytest.mark.parametrize("text", ["NaN", "[1e999]", '{"a": -Infinity}', "[1,]", '{"a"}', "", "[" * 100_000])
def test_what_is_no_json_is_refused(text: str):
    for read in (parse_json, lambda text: scan_json(text, 0)):
        with pytest.raises(ValueError, match=r"Expecting|is not JSON|too large|too deeply|Illegal"):
            read(text)


@given(VALUES, st.booleans(), st.sampled_from([None, (",", ":"), (" , ", " : ")]))
def test_what_is_written_is_read_back(value, ascii_only, separators):
    text = json.dumps(value, ensure_ascii=ascii_only, separators=separators)
    assert parse_json(text) == value


PIECES = st.sampled_from(
    ["1", "[1", "2]", ",", '"--next--"', ',"--next--",', '{"a": 1}', '"a', 'b"', " ", ":", "{", "}"]
)


@given(st.lists(st.lists(PIECES, max_size=4).map("".join) | VALUES.map(json.dumps), max_size=6))
def test_texts_that_are_read_together_say_what_each_says(texts):
    values = parse_all(texts)
    assert values is None or values == [parse_json(text) for text in texts]


@given(st.lists(VALUES, min_size=1, max_size=6))
def test_texts_that_are_right_are_read_together(values):
    assert parse_all([json.dumps(value) for value in values]) == values
