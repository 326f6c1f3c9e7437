"""Baselines, gates, reports, leaderboards, re-scoring, labels and planning, as they are typed."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

Loom = Callable[..., Any]
GOOD = ("eval", "entity_extractor", "--suite", "entity_extractor", "--tier", "standard")
BRIEF = ("eval", "entity_extractor_brief", *GOOD[2:])


@pytest.fixture
def gated(loom: Loom, home: Path) -> Loom:
    """A good run is the baseline of a worker that became a worse one of the same name."""
    from loom.catalog.library import Library

    folder = home / "configs" / "workers"
    folder.mkdir(parents=True)
    texts = [
        Library(home / "configs").worker(name).read_text()
        for name in ("entity_extractor", "entity_extractor_brief")
    ]
    (folder / "mine.yaml").write_text(texts[0].replace("name: entity_extractor", "name: mine"))
    suite = ("--suite", "entity_extractor", "--tier", "standard")
    loom("eval", "mine", *suite, "--json")
    loom("baseline", "set", "last")
    (folder / "mine.yaml").write_text(texts[1].replace("name: entity_extractor_brief", "name: mine"))
    return lambda *options: loom("eval", "mine", *suite, *options)


def test_a_significant_regression_exits_1_and_says_so(gated: Loom) -> None:
    shown = gated("--against", "baseline", "--gate")
    assert shown.status == 1, shown.out
    assert "✗ WORSE" in shown.out
    assert "✗ GATE REGRESSED  pass rate −" in shown.out
    assert "warning: simulated answers: this gate says nothing about a real model" in shown.out


def test_without_the_gate_the_same_is_only_told(gated: Loom) -> None:
    shown = gated("--against", "baseline", "--json")
    assert shown.status == 0
    assert shown.json["comparison"]["verdict"] == "worse"
    assert "gate" not in shown.json


def test_reports_are_written_in_the_format_of_their_suffix(gated: Loom, home: Path) -> None:
    files = [f"out/r.{suffix}" for suffix in ("xml", "json", "md", "html", "csv")]
    options = [option for name in files for option in ("--report", name)]
    shown = gated("--against", "baseline", "--gate", "--tolerance", "1", *options)
    assert [line for line in shown.out.splitlines() if line.startswith("Written: ")] == [
        f"Written: {name}" for name in files
    ]
    suite = ET.parse(home / files[0]).getroot()[0]
    assert suite.find("testcase[@name='gate']/failure") is not None
    assert json.loads((home / files[1]).read_text())["gate"]["standing"] == "regressed"
    assert "**Gate: regressed**" in (home / files[2]).read_text()


def test_a_minimum_is_held_or_not(loom: Loom) -> None:
    for percent, status, words in (("5", 0, "✓ GATE HELD"), ("99.9", 1, "✗ GATE BELOW THE MINIMUM")):
        shown = loom(*GOOD, "--gate", "--min-pass-rate", percent)
        assert (shown.status, words in shown.out) == (status, True), shown.out


def test_the_run_before_is_meant_by_last_also_while_a_new_one_is_made(loom: Loom) -> None:
    first = loom(*BRIEF, "--json").json
    told = loom(*GOOD, "--against", "last", "--json").json
    assert told["against"] == first["id"]
    assert told["comparison"]["verdict"] == "better"


def test_baselines_are_set_listed_shown_and_cleared(loom: Loom) -> None:
    assert "No baselines yet" in loom("baseline", "list").out
    run = loom(*GOOD, "--json").json
    assert "--against baseline" in loom("baseline", "set", "last", "--note", "the first").out
    [listed] = loom("baseline", "list", "--json").json
    assert (listed["worker"], listed["run"], listed["note"]) == ("entity_extractor", run["id"], "the first")
    assert run["short"] in loom("baseline", "show", "entity_extractor", "entity_extractor").out
    assert loom("baseline", "clear", "entity_extractor", "entity_extractor").status == 0
    gone = loom("baseline", "show", "entity_extractor", "entity_extractor")
    assert (gone.status, "set one with: loom baseline set RUN" in gone.errors) == (2, True)


def test_three_runs_and_more_are_put_in_order_with_those_that_may_be_best(loom: Loom) -> None:
    for arguments in (BRIEF, GOOD, (*GOOD[:-1], "local")):
        loom(*arguments, "--json")
    shown = loom("compare", "last", "last~1", "last~2")
    assert "● 1" in shown.out
    board = loom("compare", "last", "last~1", "last~2", "--json").json
    values = [place["value"] for place in board["places"]]
    assert values == sorted(values, reverse=True)
    assert board["places"][0]["behind"] is None
    assert board["best"] == (board["tied"][0] if len(board["tied"]) == 1 else None)


def test_repetitions_show_how_reliable_a_worker_is(loom: Loom) -> None:
    shown = loom(*GOOD, "--repeat", "3", "--limit", "8")
    assert "pass^3" in shown.out
    reliability = loom("runs", "show", "last", "--json").json["reliability"]
    assert [one["k"] for one in reliability["all_pass"]] == [1, 2, 3]
    assert reliability["always"] + reliability["never"] <= 8


def test_outputs_are_scored_once_more_and_resumed_runs_are_found(loom: Loom) -> None:
    first = loom(*GOOD, "--json").json
    again = loom("rescore", "last", "--scorer", "exact_match", "--json").json
    assert (again["kind"], again["done"], again["paid_usd"]) == ("rescore", first["done"], 0)
    assert "re-scored" in loom("runs", "show", "last").out
    assert "names a run that is completed" in loom("eval", "--resume", "last").errors


@pytest.mark.parametrize("file", ["/dev/null/x.html", "folder.md"])
def test_a_report_that_cannot_be_written_is_refused_before_anything_is_asked(
    loom: Loom, home: Path, file: str
) -> None:
    (home / "folder.md").mkdir()
    refused = loom(*GOOD, "--report", file)
    assert (refused.status, "'--report' cannot be written: " in refused.errors) == (2, True), refused.errors
    assert loom("runs", "--json").json == []


def test_people_label_outputs_and_a_judge_gates_only_then(loom: Loom, home: Path) -> None:
    judged = (
        "eval",
        "classifier",
        "--suite",
        "classifier",
        "--scorer",
        "llm_judge",
        "--gate",
        "--min-pass-rate",
        "1",
    )
    refused = loom(*judged)
    assert (refused.status, "evaluate without --gate first" in refused.errors) == (2, True), refused.errors
    assert loom("runs", "--json").json == []
    loom(*judged[:6])
    assert loom("label", "export", "last", "-o", "sheet.csv").status == 0
    sheet = home / "sheet.csv"
    rows = list(csv.DictReader(sheet.read_text("utf-8").splitlines()))
    for row in rows:
        row["rating"] = "pass" if json.loads(row["output"]) == json.loads(row["expected"]) else "fail"
    with sheet.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    assert "is there already" in loom("label", "export", "last", "-o", "sheet.csv").errors
    assert "fill in who rated, or give --rater" in loom("label", "import", "sheet.csv").errors
    assert loom("label", "import", "sheet.csv", "--rater", "ann", "--json").json["new"] == len(rows) >= 50
    [agreement] = loom("label", "agreement", "last", "--json").json
    assert agreement["calibration"]["n"] == len(rows)
    assert "outputs by ann" in loom("runs", "show", "last").out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--rate", "80", "--effect", "5"), "About 903 cases show a difference of 5 points"),
        (("--rate", "80", "--cases", "903"), "903 cases show a difference of 5."),
    ],
)
def test_an_evaluation_is_planned(loom: Loom, arguments: tuple[str, ...], words: str) -> None:
    assert words in loom("power", *arguments).out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((*GOOD, "--gate"), "has nothing to go by"),
        ((*GOOD, "--tolerance", "2"), "decides nothing without --gate"),
        ((*GOOD, "--gate", "--min-pass-rate", "0.8"), "write 80 for 80 %"),
        ((*GOOD, "--against", "baseline"), "has no baseline on entity_extractor"),
        ((*GOOD, "--against", "ffffffff"), "there is no run 'ffffffff'"),
        ((*GOOD, "--report", "r.doc"), "end it in .xml"),
        ((*GOOD, "--measure", "speed"), "use pass-rate or score"),
        (("report", "last"), "needs a format"),
        (("report", "last", "--format", "jnit"), "did you mean 'junit'?"),
        (("rescore", "last"), "needs a scorer"),
        (("rescore", "last", "--scorer", "exact_mach"), "exact_mach"),
        (("baseline", "set", "last"), "there is no evaluation 'last'"),
        (("label", "import", "nothing.csv"), "cannot be read"),
        (("power", "--effect", "5"), "give one run, two runs, or --rate"),
        (("power", "--rate", "80"), "needs one of --effect and --cases"),
        (("compare", "last", "last", "last"), "there is no evaluation 'last'"),
    ],
)
def test_wrong_use_is_refused_before_anything_is_paid(
    loom: Loom, arguments: tuple[str, ...], words: str
) -> None:
    refused = loom(*arguments)
    assert (refused.status, words in refused.errors) == (2, True), refused.errors
    assert loom("runs", "--json").json == []


def test_a_run_that_shares_no_case_is_refused_before_anything_is_paid(loom: Loom) -> None:
    loom(*GOOD, "--limit", "2")
    sealed = loom(*GOOD, "--split", "sealed", "--against", "last")
    other = loom("eval", "classifier", "--suite", "classifier", "--against", "last")
    for refused in (sealed, other):
        assert refused.status == 2
        assert "is over cases of 'entity_extractor', and shares none of them" in refused.errors
        assert "name a run over the same suite and split, or leave it out" in refused.errors
    assert len(loom("runs", "--json").json) == 1


def test_a_report_can_be_had_later_too(loom: Loom, home: Path) -> None:
    loom(*GOOD, "--json")
    assert json.loads(loom("report", "last", "--format", "json").out)["suite"] == "entity_extractor"
    assert loom("report", "last", "-o", "r.html").status == 0
    assert (home / "r.html").read_text().startswith("<!doctype html>")
