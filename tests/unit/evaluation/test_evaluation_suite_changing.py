"""Single cases of suite files, changed, taken out, and put back."""

from pathlib import Path

import pytest

from loom.core.errors import ConflictError, NotFoundError, UsageError
from loom.evaluation.models import Case, Suite
from loom.evaluation.suites.changing import CaseEdit, case_hash, edit_case, restore_suite, suite_hash
from loom.evaluation.suites.files import load_suite
from loom.evaluation.suites.writing import suite_bytes

SUITE = Suite("s", tuple(Case(name, {"text": name}, {"label": name}) for name in "abc"))
YAML = """# the whole
name: s
cases:
  # the first
  - name: a   # keeps its remark
    input: {text: a}
  # the second
  - name: b
    input:
      text: b
scorers: [exact_match]  # how
"""
FORMATS = (".yaml", ".json", ".jsonl", ".csv", ".parquet")


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_case_is_changed_and_another_taken_out_in_every_format(
    tmp_path: Path, ending: str, number: int
) -> None:
    path = tmp_path / f"s{ending}"
    path.write_bytes(suite_bytes(SUITE, ending))
    case = Case("new", {"text": "other"}, {"label": "z"})
    edit_case(path, CaseEdit(number, case))
    edit_case(path, CaseEdit((number + 1) % 3, None))
    names = ["a", "b", "c"]
    names[number] = "new"
    del names[(number + 1) % 3]
    assert [one.name for one in load_suite(path).cases] == names


def test_comments_of_other_cases_stay_and_an_undo_gives_every_byte_back(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(YAML)
    edited = edit_case(path, CaseEdit(1, Case("b", {"text": "else"})))
    assert path.read_text() == YAML.replace("input:\n      text: b", "input: {text: else}")
    restore_suite(path, edited)
    assert path.read_text() == YAML


def test_a_change_of_what_is_no_longer_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(YAML)
    seen = suite_hash(path)
    edited = edit_case(path, CaseEdit(0, None), seen)
    with pytest.raises(ConflictError, match="changed meanwhile"):
        edit_case(path, CaseEdit(0, Case("x", {"text": "x"})), seen)
    path.write_text(YAML + "# more\n")
    with pytest.raises(ConflictError, match="nothing was undone"):
        restore_suite(path, edited)


@pytest.mark.parametrize("ending", FORMATS)
def test_a_case_is_changed_where_it_stands_by_now_and_its_neighbours_stay(
    tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"s{ending}"
    path.write_bytes(suite_bytes(SUITE, ending))
    seen = case_hash(SUITE.cases[2])
    edit_case(path, CaseEdit(0, None))
    edit_case(path, CaseEdit(2, Case("c", {"text": "new"})), seen)
    assert [(one.name, one.input["text"]) for one in load_suite(path).cases] == [("b", "b"), ("c", "new")]
    with pytest.raises(ConflictError, match="changed meanwhile"):
        edit_case(path, CaseEdit(1, None), seen)


@pytest.mark.parametrize(
    ("edit", "error"),
    [
        (CaseEdit(7, None), NotFoundError),
        (CaseEdit(0, Case("b", {"text": "z"})), ConflictError),
        (CaseEdit(None, Case("z", {"text": "a"})), ConflictError),
    ],
)
def test_what_would_spoil_a_suite_is_refused(tmp_path: Path, edit: CaseEdit, error: type[Exception]) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(YAML)
    with pytest.raises(error):
        edit_case(path, edit)
    assert path.read_text() == YAML


def test_the_last_case_of_a_suite_stays(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("- name: only\n  input: {text: a}\n")
    with pytest.raises(UsageError, match="only case"):
        edit_case(path, CaseEdit(0, None))
