"""Editing suite files: a case is added, splits are written, and everything else stays as it was."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from msgspec import structs
from suite_strategies import case_lists, cases

from loom.core.errors import ConfigError, ConflictError, TakenError
from loom.evaluation.models import Case, Split, Suite
from loom.evaluation.suites.editing import add_case, divide_suite
from loom.evaluation.suites.files import FORMATS, load_suite
from loom.evaluation.suites.writing import suite_bytes

SHARES = {Split.TRAIN: 60.0, Split.VALIDATION: 20.0, Split.SEALED: 20.0}
YAML = """\
# mine
cases:
  # the first
  - name: a   # note
    # about the input
    input: {x: 1}

  - {name: b, input: {x: 2}}
  - input: {x: 3}
# about the scorers
scorers: [exact_match]
"""


def file(folder: Path, text: str, name: str = "s.yaml") -> Path:
    path = folder / name
    path.write_text(text, newline="")
    return path


@pytest.mark.parametrize("ending", FORMATS)
@settings(max_examples=25)
@given(listed=case_lists, case=cases)
def test_an_added_case_is_the_last_and_the_others_stay(
    ending: str, listed: tuple[Case, ...], case: Case, tmp_path_factory: pytest.TempPathFactory
):
    path = tmp_path_factory.getbasetemp() / f"added{ending}"
    suite = Suite("added", listed)
    path.write_bytes(suite_bytes(suite, ending))
    try:
        add_case(path, case)
    except ConflictError:
        assert any(case.name == one.name or case.item_hash == one.item_hash for one in listed)
    except ConfigError:
        assert ending == ".csv"  # there is no column for it
    else:
        assert load_suite(path).cases == (*listed, case)


@pytest.mark.parametrize("ending", FORMATS)
@settings(max_examples=25)
@given(listed=case_lists)
def test_only_the_splits_change(
    ending: str, listed: tuple[Case, ...], tmp_path_factory: pytest.TempPathFactory
):
    path = tmp_path_factory.getbasetemp() / f"divided{ending}"
    path.write_bytes(suite_bytes(Suite("divided", listed), ending))
    divide_suite(path, SHARES, reassign=True)
    again = load_suite(path).cases
    assert tuple(structs.replace(case, split=Split.TRAIN) for case in again) == tuple(
        structs.replace(case, split=Split.TRAIN) for case in listed
    )


def test_comments_and_order_of_a_yaml_stay_when_a_case_is_added(tmp_path: Path):
    path = file(tmp_path, YAML)
    add_case(path, Case("d", {"x": 4}, {"y": 1}))
    added = "  - name: d\n    input: {x: 4}\n    expected_output: {y: 1}\n"
    assert path.read_text() == YAML.replace("# about the scorers", f"{added}# about the scorers")


def test_comments_and_order_of_a_yaml_stay_when_it_is_divided(tmp_path: Path):
    path = file(tmp_path, YAML)
    divided = divide_suite(path, SHARES)
    assert divided.assigned == 3
    left = [line for line in path.read_text().splitlines() if "split:" not in line or "{name: b" in line]
    wanted = YAML.replace("  - input: {x: 3}", "    input: {x: 3}").splitlines()
    assert [line.replace("split: validation, ", "").replace("split: train, ", "") for line in left] == wanted


def test_windows_line_ends_stay(tmp_path: Path):
    path = file(tmp_path, "cases:\r\n  - name: a\r\n    input: {x: 1}\r\n")
    add_case(path, Case("b", {"t": "one\ntwo"}))
    divide_suite(path, SHARES)
    assert path.read_bytes().count(b"\n") == path.read_bytes().count(b"\r\n")
    assert load_suite(path).cases[1].input == {"t": "one\ntwo"}


def test_a_case_with_this_content_is_refused_whatever_its_name(tmp_path: Path):
    path = file(tmp_path, YAML)
    with pytest.raises(ConflictError, match="as case 'a'"):
        add_case(path, Case("new", {"x": 1}))
    with pytest.raises(TakenError, match="another name"):
        add_case(path, Case("a", {"x": 9}))
    assert path.read_text() == YAML


@pytest.mark.parametrize(
    "text", ["cases: [{name: a, input: {x: 1}}]\n", "cases: [{name: a, input: {x: 1}}] # end"]
)
def test_a_list_in_brackets_is_not_torn(text: str, tmp_path: Path):
    path = file(tmp_path, text)
    with pytest.raises(ConfigError, match="loom suite export"):
        add_case(path, Case("b", {"x": 2}))
    assert path.read_text() == text


def test_a_case_made_of_another_by_an_anchor_is_not_torn(tmp_path: Path):
    text = "cases:\n  - &one\n    name: a\n    input: {x: 1}\n  - <<: *one\n    name: b\n"
    path = file(tmp_path, text)
    with pytest.raises(ConfigError, match="loom suite export"):
        divide_suite(path, {Split.SEALED: 1.0})
    assert path.read_text() == text


def test_other_lines_of_a_jsonl_keep_their_bytes(tmp_path: Path):
    path = file(tmp_path, '{"input":{"x":1},  "split":"sealed"}\n\n{"input":{"x":2}}', "s.jsonl")
    divide_suite(path, SHARES)
    add_case(path, Case("new", {"x": 3}))
    first, blank, second, new = path.read_text().splitlines()
    assert (first, blank) == ('{"input":{"x":1},  "split":"sealed"}', "")
    assert json.loads(second)["split"] in list(Split)
    assert json.loads(new) == {"name": "new", "input": {"x": 3}}


def test_a_csv_without_a_column_for_a_field_is_not_widened(tmp_path: Path):
    path = file(tmp_path, "name,input.x:number\na,1\n", "s.csv")
    with pytest.raises(ConfigError, match=r"--to s\.jsonl"):
        add_case(path, Case("b", {"y": 2}))


def test_a_file_stays_whole_when_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = file(tmp_path, YAML)

    def fail(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="No space"):
        add_case(path, Case("d", {"x": 4}))
    assert path.read_text() == YAML
    assert [found.name for found in tmp_path.iterdir()] == ["s.yaml"]


def test_a_link_stays_a_link_and_the_permissions_stay(tmp_path: Path):
    path = file(tmp_path, YAML)
    path.chmod(0o640)
    link = tmp_path / "link.yaml"
    link.symlink_to(path)
    add_case(link, Case("d", {"x": 4}))
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert len(load_suite(path).cases) == 4
