"""Writing suites: whatever is in them, each format gives it back, and says what it cannot hold."""

import csv
import json
import re
import subprocess
import sys
from dataclasses import replace
from io import BytesIO, StringIO
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet
from suite_strategies import suites

from loom.core.errors import ConfigError, ConflictError, UsageError
from loom.core.jsonvalue import JsonValue, canonical
from loom.evaluation.models import ABSENT, Case, Split, Suite
from loom.evaluation.suites import yaml_files
from loom.evaluation.suites.files import FORMATS, check_suite, load_suite, parse_suite
from loom.evaluation.suites.writing import suite_bytes, unwritable, write_new_file
from loom.evaluation.suites.yaml_files import least_bytes, yaml_text

_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _texts,
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(_texts, inner, max_size=6),
    max_leaves=40,
)
TWO = Suite(
    "two", (Case("a", {"t": "x"}, {"n": 1}), Case("b", {"t": "y"}, {"n": 2})), "About.", ("exact_match",)
)


def read_back(data: bytes, ending: str, folder: Path) -> Suite:
    path = folder / f"s{ending}"
    path.write_bytes(data)
    return load_suite(path)


@pytest.mark.parametrize("ending", FORMATS)
@settings(max_examples=60)
@given(suite=suites)
def test_a_suite_that_is_written_and_read_is_the_same(
    ending: str, suite: Suite, tmp_path_factory: pytest.TempPathFactory
):
    again = read_back(suite_bytes(suite, ending), ending, tmp_path_factory.getbasetemp())
    wanted = replace(suite, **{key: Suite("", ()).__getattribute__(key) for key in unwritable(suite, ending)})
    assert again == wanted
    assert again.version_hash == wanted.version_hash


@settings(max_examples=200)
@given(suite=suites)
def test_no_cell_of_a_csv_is_a_formula(suite: Suite):
    for cells in csv.reader(StringIO(suite_bytes(suite, ".csv").decode(), newline="")):
        for cell in cells:
            assert re.fullmatch(r"-[0-9.e+-]+", cell) or not cell.startswith(("=", "+", "-", "@", "\t", "\r"))


def test_a_quote_before_a_formula_is_no_part_of_the_text():
    (case,) = parse_suite("name,input.t\na,'=1+1\n", "s.csv").cases
    assert case.input == {"t": "=1+1"}


def test_a_csv_has_a_column_per_field_and_only_those_columns_that_say_something():
    text = suite_bytes(Suite("s", TWO.cases), ".csv").decode()
    assert text.splitlines() == ["name,input.t,expected.n:number", "a,x,1", "b,y,2"]


def test_a_csv_says_what_it_leaves_out():
    assert unwritable(TWO, ".csv") == ("description", "scorers")
    assert unwritable(TWO, ".jsonl") == ()


def test_the_first_line_of_a_jsonl_describes_the_suite():
    head, *cases = suite_bytes(TWO, ".jsonl").decode().splitlines()
    assert json.loads(head) == {
        "schema": "loom/v1",
        "name": "two",
        "description": "About.",
        "scorers": ["exact_match"],
    }
    assert len(cases) == 2


def test_a_wrong_first_line_of_a_jsonl_is_named():
    with pytest.raises(ConfigError) as caught:
        parse_suite('{"schema": "loom/v1", "scorers": ["nonsense"]}\n{"input": {}}\n', "s.jsonl")
    assert (caught.value.problems[0].line, caught.value.problems[0].field) == (1, "scorers[0].scorer")


def test_a_case_that_may_be_looked_at_says_so_when_others_may_not():
    suite = Suite("s", (Case("a", {}), Case("b", {"x": 1}, split=Split.SEALED)))
    assert [json.loads(line)["split"] for line in suite_bytes(suite, ".jsonl").splitlines()] == [
        "train",
        "sealed",
    ]


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("value", [float("nan"), float("inf"), "half \ud800"])
def test_what_json_cannot_hold_is_refused_with_its_case(ending: str, value: object):
    with pytest.raises(ConfigError, match="'odd'"):
        suite_bytes(Suite("s", (Case("odd", {"x": value}),)), ending)


def test_a_text_too_long_for_csv_is_refused():
    with pytest.raises(ConfigError, match="jsonl"):
        suite_bytes(Suite("s", (Case("long", {"t": "x" * 200_000}),)), ".csv")


def test_a_suite_too_large_for_yaml_is_refused_and_one_that_is_there_can_be_converted(tmp_path: Path):
    large = Suite("large", tuple(Case(f"c{number}", {"t": "x" * 300}) for number in range(1000)))
    with pytest.raises(ConfigError, match="jsonl"):
        suite_bytes(large, ".yaml")
    path = tmp_path / "large.yaml"
    path.write_text(json.dumps(large.to_json()))
    assert "loom suite export" in str(check_suite(path).errors[0])
    assert load_suite(path, large=True) == large


def test_an_ending_that_is_no_format_is_refused():
    with pytest.raises(UsageError, match="xlsx"):
        suite_bytes(TWO, ".xlsx")


def test_a_file_that_is_there_is_kept_unless_it_is_to_be_replaced(tmp_path: Path):
    path = tmp_path / "new" / "s.csv"
    write_new_file(path, b"first")
    with pytest.raises(ConflictError, match="--force"):
        write_new_file(path, b"second")
    write_new_file(path, b"third", replace=True)
    assert path.read_bytes() == b"third"
    assert [found.name for found in path.parent.iterdir()] == ["s.csv"]


class TestParquet:
    def test_columns_of_other_tools_are_read(self, tmp_path: Path):
        rows = {
            "input.q": ["why", "how"],
            "expected.a": [1, None],
            "input.on": [None, "2026-11-20"],
            "tags": [["x"], []],
        }
        (tmp_path / "s.parquet").write_bytes(_parquet(rows))
        first, second = load_suite(tmp_path / "s.parquet").cases
        assert first == Case("case-1", {"q": "why"}, {"a": 1}, ("x",))
        assert second == Case("case-2", {"q": "how", "on": "2026-11-20"})

    def test_nothing_is_told_from_null(self, tmp_path: Path):
        rows = {"input": ["{}"] * 3, "expected_output": ['{"a": 1}', None, "null"]}
        (tmp_path / "s.parquet").write_bytes(_parquet(rows))
        read = [case.expected_output for case in load_suite(tmp_path / "s.parquet").cases]
        assert read == [{"a": 1}, ABSENT, None]

    @pytest.mark.parametrize(
        ("rows", "row", "words"),
        [
            ({"input.q": ["a", "b"], "split": ["train", "trian"]}, 2, "is not a split"),
            ({"input": ["{}", "{"]}, 2, "cannot be read"),
            ({"input.q": [1.0, float("nan")]}, 2, "is not JSON"),
            ({"input.q": [b"bytes"]}, 1, "JSON has no bytes"),
        ],
    )
    def test_a_wrong_row_is_named(self, rows: dict[str, list[object]], row: int, words: str, tmp_path: Path):
        (tmp_path / "s.parquet").write_bytes(_parquet(rows))
        (found,) = check_suite(tmp_path / "s.parquet").errors
        assert (found.line, words in str(found)) == (row, True)

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ("input.text", "input"),
            ("input", "input.text"),
            ("input.a.b", "input.a"),
            ("expected.x", "expected_output.x"),
            ("expected_output", "expected.x"),
            ("input.text", "input.text"),
        ],
    )
    def test_columns_that_say_the_same_are_refused_in_the_header_as_in_csv(
        self, first: str, second: str, tmp_path: Path
    ):
        table = pa.table([["{}"] * 2, ['{"n": 1}'] * 2, ["x"] * 2], names=[first, second, "input.other.text"])
        parquet.write_table(table, tmp_path / "s.parquet")
        (tmp_path / "s.csv").write_text(f"{first},{second},input.other.text\n1,2,3\n")
        for file in ("s.parquet", "s.csv"):
            found = check_suite(tmp_path / file).errors[0]
            words = f"says the same as column '{first}'"
            assert (found.field, found.what, found.remedy) == (second, words, "keep one of them")

    def test_what_is_no_parquet_is_refused(self, tmp_path: Path):
        (tmp_path / "s.parquet").write_bytes(b"PAR1 or not")
        assert "is not Parquet" in check_suite(tmp_path / "s.parquet").errors[0].what

    def test_without_pyarrow_the_extra_is_named(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
        monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
        with pytest.raises(UsageError, match=r"loom-ai\[parquet\]"):
            suite_bytes(TWO, ".parquet")
        (tmp_path / "s.parquet").write_bytes(b"")
        assert "parquet" in str(check_suite(tmp_path / "s.parquet").errors[0])


def _parquet(columns: dict[str, list[object]]) -> bytes:
    stream = BytesIO()
    parquet.write_table(pa.table(columns), stream)
    return stream.getvalue()


@given(suite=suites)
def test_a_suite_is_spelled_case_by_case_as_it_is_as_a_whole(suite: Suite) -> None:
    assert bytes(suite.spelled().text) == canonical(suite.to_json())
    empty = replace(suite, cases=())
    assert bytes(empty.spelled().text) == canonical(empty.to_json())


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("name;input.t", "the cells are separated by semicolons"),
        ("name\tinput.t", "the cells are separated by tabs"),
    ],
)
def test_a_table_that_is_not_separated_by_commas_is_told_so(header, words):
    with pytest.raises(ConfigError, match=words):
        parse_suite(f"{header}\na;b\n", "s.csv")


def test_a_column_that_means_a_field_is_told_how_to_say_so(tmp_path):
    (tmp_path / "s.csv").write_text("name,text,input.a\na,b,c\n")
    assert "call it input.text or expected.text" in str(check_suite(tmp_path / "s.csv").warnings[0])


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("name,text,note", ["line 1", "'text' is not", "mean 'input.text'", "mean 'input.note'"]),
        ("name,expected.a,tags", ["no column of the input", "as input.text"]),
    ],
)
def test_a_table_without_input_is_refused_once_and_not_row_by_row(header, words):
    with pytest.raises(ConfigError) as caught:
        parse_suite(f"{header}\n" + "a,b,c\n" * 20, "s.csv")
    assert len(caught.value.problems) <= 2
    assert all(word.removeprefix("line ") in str(caught.value) for word in words)


def test_a_case_without_input_is_shown_where_its_fields_belong():
    with pytest.raises(ConfigError) as caught:
        parse_suite('{"question": "why"}\n', "s.jsonl")
    assert 'put the fields of the worker into it: "input": {"question": …}' in str(caught.value)


@given(value=json_values)
def test_yaml_is_never_smaller_than_foretold(value: JsonValue):
    assert least_bytes(value) <= len(yaml_text(value).encode())


def test_a_suite_far_too_large_for_yaml_is_refused_without_being_written(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(yaml_files, "yaml_text", lambda _: pytest.fail("it was written"))
    cases = tuple(Case(f"case {number}", {"text": "x" * 100}) for number in range(10_000))
    with pytest.raises(ConfigError, match=r"write \.jsonl instead"):
        suite_bytes(Suite("large", cases), ".yaml")


def test_rows_are_read_without_what_only_definitions_and_scorers_need():
    heavy = "{'asyncio', 'yaml', 'jsonschema_rs', 'loom.evaluation.scorers'}"
    code = f"import sys, loom.evaluation.suites.files; print({heavy} & sys.modules.keys())"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout == "set()\n"
