"""Finding the one JSON object in what a model wrote, and refusing what is none."""

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom.core.jsonvalue import Json, JsonValue, canonical
from loom.worker.extract import extract_json

MEGABYTE = 1_000_000


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ('{"a": 1}', {"a": 1}),
        ('\n {"a": [1, {"b": null}]} \n', {"a": [1, {"b": None}]}),
        ("{}", {}),
        ('```json\n{"a": 1}\n```', {"a": 1}),
        ('Here you are:\n```\n{"a": 1}\n```\nAnything else?', {"a": 1}),
        ('```python\nprint({})\n```\n```json\n{"a": 1}\n```', {"a": 1}),
        ('```json\n{"code": "```py\\nx```"}\n```', {"code": "```py\nx```"}),
        ('The answer is {"a": {"b": 2}}, I think.', {"a": {"b": 2}}),
        ('Sure, {"a": 1}', {"a": 1}),
        ("```yaml\nlabel: bug\nscore: 0.5\n```", {"label": "bug", "score": 0.5}),
        ("label: 'bug'", {"label": "bug"}),
        ("Label: bug\nReasons:\n  - slow\n  - wrong", {"Label": "bug", "Reasons": ["slow", "wrong"]}),
        ('{"a": 1,}', {"a": 1}),
        ("{'a': 'b', 'c': True}", {"a": "b", "c": True}),
        ('{a: "b"}', {"a": "b"}),
        ('Sure! {"a": "say "hi" now", "b": None}', {"a": 'say "hi" now', "b": None}),
    ],
)
def test_an_object_is_found(raw: str, found: Json) -> None:
    assert extract_json(raw) == found


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "I cannot answer that.",
        "Note: hello",
        "Note that: this\nand: that is prose\nwith a tail",
        '[{"a": 1}]',
        'Results: [{"a": 1}]',
        'Results: [1, {"a": 1}]',
        '"text"',
        "42",
        "null",
        '{"a": 1} and {"b": 2}',
        '{"a": 1}{"b": 2}',
        '{"a": NaN}',
        '{"a": NaN,}',
        '{"a": -Infinity}',
        '{"a": 1e999}',
        '{"a": {"b": 1}, "c": "cut off he',
        "Use {x} or {x: y} as a placeholder.",
        'The set {"a", "b"}.',
        "a: &x [1]\nb: *x",
        "- a: 1",
        "a: b\nc",
        '{"a":' * 200 + "1" + "}" * 200,
    ],
)
def test_what_is_no_object_is_refused(raw: str) -> None:
    with pytest.raises(ValueError, match="non-JSON"):
        extract_json(raw)


def test_plain_yaml_means_what_json_means_and_nothing_more() -> None:
    raw = "a: yes\nb: 2020-01-01\nc: true\nd: 1_000\ne: .nan\nf: ~\ng: '1'\nh: 12:30:45\ni: !!float 3"
    assert extract_json(raw) == {
        "a": "yes",
        "b": "2020-01-01",
        "c": True,
        "d": "1_000",
        "e": ".nan",
        "f": None,
        "g": "1",
        "h": "12:30:45",
        "i": 3,
    }


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), values, max_size=4))
def test_every_object_survives_being_written(value: Json) -> None:
    assert extract_json(canonical(value).decode("utf-8", "surrogatepass")) == value


@given(st.text(alphabet="{}[]:,\"'`ab1 \n-&*|>#!", max_size=60))
def test_any_text_gives_an_object_of_json_or_a_value_error(raw: str) -> None:
    try:
        found: JsonValue = extract_json(raw)
    except ValueError:
        return
    assert isinstance(found, dict)
    canonical(found)


HOSTILE = {
    "open braces": "{" * MEGABYTE,
    "nested objects": '{"a":' * (MEGABYTE // 6) + "1" + "}" * (MEGABYTE // 6),
    "nested lists": "[" * MEGABYTE,
    "empty braces": "{}" * (MEGABYTE // 2),
    "backticks": "`" * MEGABYTE,
    "fences": '```json\n{"a":\n```' * (MEGABYTE // 16),
    "quotes": '{"' * (MEGABYTE // 2) + "}",
    "spaces": " " * MEGABYTE,
    "dashes": "- " * (MEGABYTE // 2),
    "short nested lists": "a: " + "[" * 9_000,
    "short quotes": "{'a':" + '"' * 9_900 + "}",
    "a long number": '{"a":' + "1" * MEGABYTE + "}",
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_costs_little_and_never_recurses(raw: str) -> None:
    began = time.process_time()
    with suppress(ValueError):
        extract_json(raw)
    assert time.process_time() - began < 0.5
