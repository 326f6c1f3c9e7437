"""Contracts: what does not fit is said in words, and neither data nor schema can hang, crash or reach out."""

import socket
import time
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator

from loom.core.contracts import MAX_DATA_DEPTH, Contract, contract, validate_input, validate_output
from loom.core.errors import InputError
from loom.core.schema import schema_faults

PERSON = {
    "type": "object",
    "required": ["name", "age"],
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "age": {"type": "integer", "minimum": 0},
        "tags": {"type": "array", "items": {"type": "string"}},
        "mail": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    },
}
TREE = {"$ref": "#/$defs/t", "$defs": {"t": {"type": "array", "items": {"$ref": "#/$defs/t"}}}}


def nested(depth: int) -> list:
    value: list = []
    for _ in range(depth - 1):
        value = [value]
    return value


def test_data_that_fits_has_no_problems():
    data = {"name": "a", "age": 3, "tags": [], "mail": None, "more": 1}
    assert Contract(PERSON, "output").problems(data) == ()


@pytest.mark.parametrize("data", [None, 3, [], "text", {}])
def test_the_empty_schema_accepts_everything(data):
    assert validate_input(data, {}) == []


def test_each_missing_field_has_its_own_message():
    assert validate_input({}, PERSON) == [
        "input: missing required field 'name'",
        "input: missing required field 'age'",
    ]


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [("object", []), ("integer", 1.5), ("number", "1"), ("boolean", 1), ("string", None), ("array", {})],
)
def test_a_wrong_type_says_what_was_expected(kind: str, wrong: object):
    assert validate_output({"a": wrong}, {"properties": {"a": {"type": kind}}})[0].startswith(
        f"output.a: expected {kind} (got "
    )


@pytest.mark.parametrize("kind", ["integer", "number"])
def test_a_boolean_is_no_number(kind: str):
    assert f"expected {kind}" in validate_input(True, {"type": kind})[0]


@pytest.mark.parametrize(
    ("schema", "data", "message"),
    [
        (PERSON, {"name": "", "age": -1}, "output.name: is shorter than 1 character ("),
        (PERSON, {"name": "a", "age": -1}, "output.age: is less than 0 (got -1)"),
        (PERSON, {"name": "a", "age": 1, "tags": ["a", 3]}, "output.tags[1]: expected string (got 3)"),
        (
            PERSON,
            {"name": "a", "age": 1, "mail": 3},
            "output.mail: fits none of 2 alternatives: expected string",
        ),
        ({"enum": ["a", "b"]}, "c", 'output: expected one of "a", "b" (got "c")'),
        ({"pattern": "^a"}, "b", 'output: does not match the pattern ^a (got "b")'),
        ({"additionalProperties": False, "properties": {}}, {"x": 1}, 'output: has unexpected fields: "x"'),
        ({"oneOf": [{"type": "string"}, {"minLength": 1}]}, "a", "output: fits more than one alternative"),
        ({"maxItems": 1}, [1, 2], "output: has more than 1 item (got 2)"),
        ({"not": {"type": "string"}}, "a", "output: is of a form that the schema forbids"),
        ({"type": ["string", "null"]}, 3, "output: expected null or string (got 3)"),
    ],
)
def test_other_keywords_say_what_does_not_hold(schema, data, message: str):
    assert validate_output(data, schema)[0].startswith(message)


def test_long_values_are_shortened_in_messages():
    assert len(validate_output("x" * 10_000, {"type": "integer"})[0]) < 120


@pytest.mark.parametrize("data", [{1: 2}, {"a": b"x"}, object(), "\ud800", {"a": 10**5000}], ids=type)
def test_what_is_not_json_is_a_problem_not_a_crash(data):
    assert len(validate_input(data, {"type": "integer", "maximum": 0})) == 1


def test_data_nested_too_deep_is_refused_not_followed():
    assert Contract(TREE, "output").problems(nested(MAX_DATA_DEPTH)) == ()
    for depth in (MAX_DATA_DEPTH + 1, 100_000):
        assert "deep" in Contract(TREE, "output").problems(nested(depth))[0]


def test_data_that_contains_itself_is_refused():
    circle: list = []
    circle += [circle, circle]
    assert "deep" in validate_output(circle, TREE)[0]


def test_very_large_wrong_data_is_answered_quickly():
    start = time.process_time()
    problems = validate_output(list(range(300_000)), {"items": {"type": "string"}})
    assert problems == ["output[0]: expected string (got 0)"]
    assert time.process_time() - start < 1


def test_many_problems_are_cut_off():
    problems = validate_output([0] * 500, {"items": {"type": "string"}})
    assert len(problems) == 101


@pytest.mark.parametrize("pattern", ["^(a+)+$", r"^(?=(a+)+$)(a+)+\1$"])
def test_a_catastrophic_pattern_does_not_hang(pattern: str):
    start = time.process_time()
    assert validate_output("a" * 5000 + "!", {"pattern": pattern})
    assert time.process_time() - start < 1


@pytest.mark.parametrize("uri", ["http://127.0.0.1:{port}/a.json", "file:///etc/hostname"])
def test_a_remote_reference_is_never_fetched(uri: str):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        schema = {"properties": {"a": {"$ref": uri.format(port=server.getsockname()[1])}}}
        with pytest.raises(InputError, match="never fetches"):
            Contract(schema, "input")
        with pytest.raises(BlockingIOError):
            server.accept()
    fault = schema_faults(schema)[0]
    assert fault.steps == ("properties", "a", "$ref")
    assert "never fetches" in fault.what


def test_an_invalid_schema_is_a_message_of_the_face():
    assert "is not a schema" in validate_input({}, {"type": "nonsense"})[0]


def test_one_schema_is_compiled_once():
    assert contract(dict(PERSON), "input") is contract(dict(PERSON), "input")
    assert contract(PERSON, "input") is not contract(PERSON, "output")


@pytest.mark.parametrize(
    ("schema", "steps", "says"),
    [
        ({"type": "strng"}, ("type",), "not a valid JSON Schema type"),
        ({"required": "a"}, ("required",), "required must be a list"),
        ({"properties": []}, ("properties",), "properties must be a dict"),
        ({"properties": {"a": "string"}}, ("properties", "a"), "a must be a dict"),
        ({"items": {"pattern": "("}}, ("items", "pattern"), "not a regular expression"),
        ({"minLength": -1}, ("minLength",), "is less than 0"),
        ({"items": {"$ref": "#/$defs/no"}}, ("items", "$ref"), "refers to nothing"),
        ({"$schema": "http://json-schema.org/draft-07/schema#", "type": "x"}, ("type",), "not a JSON Schema"),
        ([], (), "must be a dict"),
    ],
)
def test_a_fault_in_a_schema_is_named_with_its_place(schema, steps, says: str):
    (fault,) = {(fault.steps, fault.what) for fault in schema_faults(schema)}
    assert fault[0] == steps
    assert says in fault[1]


def _doubling(steps: int, *, key: str = "allOf", named: bool = False):
    """A schema of `steps` parts, each of which applies the next one twice."""
    names = [f"d{number}" for number in range(steps + 1)]
    refs = {name: {"$ref": f"#{name}" if named else f"#/$defs/{name}"} for name in names}
    parts = {name: {"$anchor": name, key: [refs[after]] * 2} for name, after in pairwise(names)}
    return {**refs["d0"], "$defs": {**parts, names[-1]: {"$anchor": names[-1], "type": "object"}}}


@pytest.mark.parametrize(
    "schema",
    [
        _doubling(40),
        _doubling(40, key="oneOf", named=True),
        {"properties": {"a": _doubling(40, named=True)}},
        {
            "$ref": "#/$defs/0",
            "$defs": {str(number): {"$ref": f"#/$defs/{number + 1}"} for number in range(5000)},
        },
    ],
)
def test_a_schema_that_would_never_be_done_is_refused(schema):
    (fault,) = schema_faults(schema)
    assert "applies more than 10,000 subschemas to one value" in fault.what


def test_a_schema_that_refers_to_itself_is_none_of_those():
    tree = {"type": "object", "properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}}}
    assert schema_faults(tree) == schema_faults(_doubling(8)) == ()
    assert validate_output({"left": {"right": 1}}, tree) == ["output.left.right: expected object (got 1)"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "required", "properties", "items", "$ref", "a"]), inner, max_size=3
        )
    ),
    max_leaves=12,
)


_words = st.sampled_from(
    ["type", "properties", "required", "items", "additionalProperties", "enum", "minLength"]
)
_said = st.recursive(
    st.sampled_from(["string", "object", "null", "x", "", True, 3, -1, 1.5, None])
    | st.lists(st.sampled_from(["a", "b", "string", 1]), max_size=2),
    lambda inner: st.dictionaries(_words | st.just("a"), inner, max_size=3),
    max_leaves=8,
)
_DIALECT = Draft202012Validator(
    {"$ref": "https://json-schema.org/draft/2020-12/schema"}, validate_formats=True
)


@given(st.dictionaries(_words, _said, max_size=3))
@example({"required": ["a", "a"]})
@example({"properties": {"a": {"items": {"enum": 3}}}})
def test_what_the_dialect_refuses_is_a_fault_however_plain(schema):
    assert _DIALECT.is_valid(schema) == (not schema_faults(schema))


@given(json_values, json_values)
def test_no_schema_and_no_data_raise(schema, data):
    faults = schema_faults(schema)
    if isinstance(schema, dict):
        problems = validate_output(data, schema)
        assert all(problem.startswith("output") for problem in problems)
        assert not faults or not schema or problems


def test_a_field_whose_name_is_a_number_is_told_by_its_name():
    schema = {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}}
    assert validate_output({"2024": ["a", 1]}, schema) == ["output.2024[1]: expected string (got 1)"]


@pytest.mark.parametrize(("wrong", "told"), [(100, 100), (101, 101)])
def test_a_hundred_problems_are_told_and_that_there_are_more_only_where_there_are(wrong, told):
    said = validate_output(["x"] * wrong, {"items": {"type": "integer"}})
    assert len(said) == told
    assert ("more problems" in said[-1]) is (wrong > 100)
