"""Reading YAML: every value has a place, and no bytes do anything but give a value or a YamlError."""

import json
import os
import time
import tracemalloc

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from loom.core.bounded import MAX_CONFIG_BYTES
from loom.core.errors import ConfigError
from loom.core.findings import Place
from loom.core.yamlfile import YamlError, load_yaml, parse_yaml

LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{b}: &{b} [{','.join([f'*{a}'] * 10)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


def problem(text: str, name: str = "a.yaml"):
    with pytest.raises(YamlError) as caught:
        parse_yaml(text, name)
    return caught.value.problems[0]


def test_values_are_plain_json():
    text = "a: 1\nb: [1.5, true, null, ~, 'x', \"y\"]\nc: {d: 1e3, e: 0x1F}\n"
    assert parse_yaml(text).value == {
        "a": 1,
        "b": [1.5, True, None, None, "x", "y"],
        "c": {"d": 1000.0, "e": 31},
    }


@pytest.mark.parametrize("text", ["no", "yes", "on", "12:30", "2026-11-20", "007", "1_000", "0x", "tRUE"])
def test_text_that_other_readers_turn_into_something_else_stays_text(text: str):
    assert parse_yaml(f"a: {text}").value == {"a": text}


def test_every_value_and_key_has_a_place():
    document = parse_yaml("stages:\n  - name: a\n    tier:  local\n  - 3\n")
    assert document.locate(("stages", 0, "tier")) == Place(3, 12)
    assert document.locate_key(("stages", 0, "tier")) == Place(3, 5)
    assert document.locate(("stages", 1)) == Place(4, 5)


def test_a_value_that_is_not_there_has_the_place_of_what_surrounds_it():
    document = parse_yaml("stages:\n  - name: a\n")
    assert document.locate(("stages", 0, "missing", "deeper")) == Place(2, 5)


def test_anchors_and_merges_are_followed_and_own_keys_win():
    text = "base: &b {x: 1, y: 2}\nc:\n  <<: *b\n  y: 3\nd: {<<: [*b, {z: 4}]}\n"
    document = parse_yaml(text)
    assert document.value["c"] == {"x": 1, "y": 3}
    assert document.value["d"] == {"x": 1, "y": 2, "z": 4}
    assert document.locate(("c", "x")) == Place(1, 14)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "given twice, first in line 1"),
        ("1: x", 1, "a key that is not text"),
        ("a: 1\ntrue: x", 2, "a key that is not text"),
        ("a: .nan", 1, "not a number that JSON can hold"),
        ("a: -.inf", 1, "not a number that JSON can hold"),
        ("a: 1e999", 1, "not a number that JSON can hold"),
        ("a: &x [*x]", 1, "refers to itself"),
        ("a: *x", 1, "not defined"),
        ("a:\n\tb: 1", 2, "a tab"),
        ("a: b: c", 1, "in quotes"),
        ("a: @x", 1, "cannot begin with '@'"),
        ("a: {{ text }}", 1, "in quotes"),
        ("a: 'x\n", 1, "close the quote"),
        ("a: 1\n---\nb: 1\n", 2, "second document"),
        ("a: !!python/object/apply:os.system [x]", 1, "a tag Loom does not read"),
        ("a: 1\nb: \x00", 2, "control character"),
        ("a: \ud800", 1, "not UTF-8"),
        ("<<: 3", 1, "what is not a mapping"),
        ("", 1, "is empty"),
        ("# only a comment\n", 1, "is empty"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(text: str, line: int, says: str):
    found = problem(text)
    assert (found.file, found.line) == ("a.yaml", line)
    assert says in str(found)


def test_all_problems_are_reported_at_once():
    with pytest.raises(YamlError) as caught:
        parse_yaml("a: 1\na: 2\n3: x\nb: .nan\n")
    assert [found.line for found in caught.value.problems] == [2, 3, 4]


def test_a_yaml_error_is_an_error_of_both_worlds():
    assert issubclass(YamlError, ConfigError)
    assert issubclass(YamlError, yaml.YAMLError)


def test_json_is_read_with_its_tabs_and_escapes():
    text = '{\n\t"face": "\\ud83d\\ude00",\n\t"path": "a\\/b", "n": 1.5e3\n}'
    assert parse_yaml(text, "a.json").value == {"face": "\U0001f600", "path": "a/b", "n": 1500.0}


def test_a_byte_order_mark_is_passed_over(tmp_path):
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert load_yaml(tmp_path / "a.yaml").value == {"a": 1}


def test_invalid_utf8_is_named_with_line_and_column(tmp_path):
    (tmp_path / "a.yaml").write_bytes(b"a: 1\nb: \xff\n")
    with pytest.raises(YamlError, match=r"a.yaml:2:4: is not UTF-8 text"):
        load_yaml(tmp_path / "a.yaml")


@pytest.mark.parametrize("path", ["missing.yaml", ".", "nul\0", "x" * 5000])
def test_a_path_that_cannot_be_read_is_a_config_error(tmp_path, path: str):
    with pytest.raises(YamlError):
        load_yaml(f"{tmp_path}/{path}")


def test_a_pipe_that_nobody_writes_to_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(YamlError, match="is not a file"):
        load_yaml(tmp_path / "pipe.yaml")


HOSTILE = {
    "laughs": LAUGHS,
    "brackets": "[" * (MAX_CONFIG_BYTES - 1),
    "braces": "{a: " * 60_000,
    "dashes": "- " * 120_000,
    "questions": "? " * 120_000,
    "deep aliases": "".join(f"- &a{i} [{f'*a{i - 1}' if i else ''}]\n" for i in range(2000)),
    "documents": "---\n" * 60_000,
    "long key": "a" * 250_000 + ": 1",
    "long number": "a: " + "9" * 250_000,
    "same keys": "a: 1\n" * 50_000,
    "ten megabytes": "a" * 10_000_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_quickly_and_in_little_memory(name: str, tmp_path):
    path = tmp_path / "hostile.yaml"
    path.write_text(HOSTILE[name])
    tracemalloc.start()
    start = time.process_time()
    with pytest.raises(YamlError):
        load_yaml(path)
    spent_s = time.process_time() - start
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert spent_s < 1
    assert peak < 100_000_000


def test_the_largest_legal_file_is_read():
    text = "a: [" + "b," * 120_000 + "]\n"
    assert len(parse_yaml(text).value["a"]) == 120_000


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
    max_leaves=20,
)


@given(json_values)
def test_any_json_is_read_back(value):
    assert parse_yaml(json.dumps(value), "a.json").value == value


@given(st.text(max_size=200))
def test_any_text_gives_a_value_or_a_yaml_error_with_a_line_in_the_file(text: str):
    try:
        parse_yaml(text, "a.yaml")
    except YamlError as error:
        for found in error.problems:
            assert found.file == "a.yaml"
            assert 1 <= (found.line or 0) <= max(1, len(text.splitlines()))


def test_a_merge_key_in_quotes_is_a_key_like_any_other() -> None:
    assert parse_yaml('a: {"<<": 1}\nb: {<<: {c: 2}}', "x.yaml").value == {"a": {"<<": 1}, "b": {"c": 2}}
