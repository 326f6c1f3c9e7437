"""Two projects of one user: runs, `last` and baselines are those of the folder one works in."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

_EVAL = ("eval", "classifier", "--suite", "classifier", "--limit", "4")


@pytest.fixture
def into(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Goes into a folder below the home."""

    def go(name: str) -> Path:
        (home / name).mkdir(exist_ok=True)
        monkeypatch.chdir(home / name)
        return home / name

    return go


def _runs(loom: Callable[..., Any], *options: str) -> list[str]:
    return [one["short"] for one in loom("runs", "--json", *options).json]


def test_last_and_the_list_are_those_of_the_folder(
    loom: Callable[..., Any], into: Callable[[str], Path]
) -> None:
    first_folder = into("first")
    first = loom(*_EVAL, "--json").json["short"]
    into("second")
    assert _runs(loom) == []
    missing = loom("runs", "show", "last")
    assert "no evaluation 'last' in this folder; other folders have 1" in missing.errors
    second = loom(*_EVAL, "--json").json["short"]
    assert _runs(loom, "--worker", "classifier") == _runs(loom) == [second]
    assert _runs(loom, "--everywhere") == [second, first]
    assert "1 more in other folders: --everywhere" in loom("runs").out
    assert "1 runs in other folders: --everywhere" in loom("runs", "--worker", "nobody").out
    assert str(first_folder) in loom("runs", "--everywhere").out
    assert f"run {first} in {first_folder}" in loom("compare", first, "last").out


def test_a_bill_is_held_against_a_run_of_the_folder(
    loom: Callable[..., Any], into: Callable[[str], Path], home: Path
) -> None:
    bill = home / "bill.jsonl"
    into("first")
    first = [loom(*_EVAL, "--json", "--model", model).json["id"] for model in ("sim-small", "sim-large")]
    into("second")
    second = loom(*_EVAL, "--json").json["id"]
    bill.touch()
    check = ("runs", "check", "--json", "--bill", str(bill))
    assert loom(*check, "last").json["run"] == second
    into("first")
    assert [loom(*check, name).json["run"] for name in ("last~1", "last")] == first
    into("third")
    assert "no evaluation 'last' in this folder" in loom(*check, "last").errors


def test_a_folder_without_a_baseline_uses_that_of_another_and_says_so(
    loom: Callable[..., Any], into: Callable[[str], Path]
) -> None:
    first_folder = into("first")
    first = loom(*_EVAL, "--json").json["short"]
    loom("baseline", "set", "last")
    into("second")
    told = loom(*_EVAL, "--against", "baseline")
    assert f"the baseline was set in {first_folder}" in told.errors
    assert f"run {first} in {first_folder}" in told.out


def test_a_baseline_set_here_holds_here_and_leaves_that_of_another_folder(
    loom: Callable[..., Any], into: Callable[[str], Path]
) -> None:
    into("first")
    first = loom(*_EVAL, "--json").json["short"]
    loom("baseline", "set", "last")
    into("second")
    second = loom(*_EVAL, "--json").json["short"]
    loom("baseline", "set", "last")
    assert [one["short"] for one in loom("baseline", "list", "--json").json] == [second]
    assert len(loom("baseline", "list", "--everywhere", "--json").json) == 2
    assert loom(*_EVAL, "--against", "baseline").errors.count("warning") == 0
    loom("baseline", "clear", "classifier", "classifier")
    assert "has no baseline" in loom("baseline", "show", "classifier", "classifier").errors
    into("first")
    assert loom("baseline", "show", "classifier", "classifier", "--json").json["short"] == first


def test_runs_of_no_known_folder_belong_to_all(
    loom: Callable[..., Any], into: Callable[[str], Path], home: Path
) -> None:
    import sqlite3

    into("first")
    first = loom(*_EVAL, "--json").json["short"]
    with sqlite3.connect(home / "loom.db") as database:
        database.execute("UPDATE run SET folder = NULL")
    into("second")
    assert _runs(loom) == [first]
    assert loom("runs", "show", "last").status == 0
