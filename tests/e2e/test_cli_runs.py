"""Runs as they are listed and looked into: filters, rates, what was expected and what came, one case whole."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from loom.access.models import LOCAL
from loom.cli.context import with_app
from loom.core.ids import JobId
from loom.wiring.hosting import JobHost

Loom = Callable[..., Any]


@pytest.fixture
def ran(loom: Loom) -> Loom:
    for model in ("sim-small", "sim-large"):
        loom("eval", "classifier", "--suite", "classifier", "--limit", "10", "--model", model, "--json")
    return loom


def test_runs_are_listed_with_their_rate_and_filtered(ran: Loom) -> None:
    large, small = ran("runs", "--json").json
    assert small["pass_rate"]["attempted"] == 10
    assert f"{100 * small['pass_rate']['value']:.1f} [" in ran("runs").out
    assert [run["id"] for run in ran("runs", "--model", "sim-large", "--json").json] == [large["id"]]
    assert len(ran("runs", "--worker", "classifier", "--suite", "classifier", "--json").json) == 2
    assert "No run is like that" in ran("runs", "--worker", "nobody").out


def test_no_width_cuts_what_marks_a_run(ran: Loom, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = ran("eval", "classifier", "--suite", "classifier", "--split", "sealed", "--json").json["short"]
    ran("rescore", sealed, "--scorer", "exact_match", "--json")
    for width in ("40", "60", "80", "200"):
        monkeypatch.setenv("COLUMNS", width)
        shown = ran("runs").out
        assert re.findall(" ([~↻◆]+) sim", shown) == ["~↻◆", "~◆", "~", "~"]
        assert [line[:11] for line in shown.splitlines() if line[0] in "~↻◆"] == [
            "~ simulated",
            "↻ re-scored",
            "◆ sealed: o",
        ]
    assert [run["sealed"] for run in ran("runs", "--json").json] == [True, True, False, False]


def test_what_a_case_passes_by_is_said_wherever_a_rate_is_shown(ran: Loom) -> None:
    line = "passes by  field_match from 0.5\n"
    small, large = [one["short"] for one in ran("runs", "--json").json][::-1]
    shown = ran("rescore", small, "--scorer", json.dumps({"scorer": "field_match", "threshold": 0.5}))
    assert line in shown.out
    assert line in ran("runs", "show", "last").out
    assert ran("runs", "show", "last", "--json").json["passes_by"] == ["field_match from 0.5"]
    assert "passes by  field_match from 1\n" in ran("runs", "show", large).out


def test_the_remedy_for_runs_scored_differently_can_be_pasted(ran: Loom) -> None:
    scorer = json.dumps({"scorer": "field_match", "threshold": 0.5})
    small, large = [one["short"] for one in ran("runs", "--json").json][::-1]
    other = ran("rescore", large, "--scorer", scorer, "--json").json["short"]
    shown = ran("compare", small, other).out
    assert "○ NO VERDICT  scored differently, with other settings of field_match" in shown
    remedy = f"loom rescore {small} --like {other}"
    assert remedy in shown
    again = ran(*remedy.split()[1:], "--json").json
    assert again["passes_by"] == ["field_match from 0.5"]
    assert not ran("compare", again["short"], other, "--json").json["scored_differently"]
    both = ran("rescore", small, "--like", other, "--scorer", "exact_match")
    assert (both.status, "leave out --like" in both.errors) == (2, True)


def test_a_case_whose_own_scorers_were_changed_leaves_no_verdict(ran: Loom, home: Path) -> None:
    case: dict[str, Any] = {"name": "one", "input": {"text": "I was charged twice"}, "expected_output": {}}
    for scorer in ("field_match", "exact_match"):
        cases = [case | {"scorers": [scorer]}, case | {"name": "two", "input": {"text": "Where is it?"}}]
        (home / "own.json").write_text(json.dumps({"name": "own", "cases": cases}))
        assert ran("eval", "classifier", "--suite", "own.json", "--json").status == 0
    shown = ran("compare", "last~1", "last").out
    assert "○ NO VERDICT  scored differently, a case by other scorers of its own" in shown
    assert "○ 1 scored by others  one" in shown
    assert "--like" not in shown


def test_a_run_that_is_paused_gets_no_verdict(ran: Loom, monkeypatch: pytest.MonkeyPatch) -> None:
    ran("eval", "classifier", "--suite", "classifier", "--model", "sim-small", "--budget-usd", "0.00002")
    paused = ran("runs", "--json").json[0]
    assert paused["state"] == "paused"
    said = f"run {paused['short']} has not ended: {paused['done']} of {paused['planned']} done"
    shown = ran("compare", "last~1", "last").out
    assert shown.lstrip().startswith(f"○ NO VERDICT  {said}")
    assert " better" not in shown
    told = ran("compare", "last~1", "last", "--json").json
    assert (told["verdict"], told["unfinished"]) == ("no verdict", [said])
    for asked in (("last~2", "last~1", "last"), ("last~1", "last", "--judge")):
        refused = ran("compare", *asked)
        assert (refused.status, said in refused.errors) == (2, True)


def test_a_run_that_was_stopped_gets_no_verdict_and_says_so_everywhere(ran: Loom) -> None:
    ran("eval", "classifier", "--suite", "classifier", "--model", "sim-small", "--budget-usd", "0.00002")
    at = ran("runs", "--json").json[0]
    gated = ran("eval", "--resume", "last", "--against", "last~1", "--gate")
    assert f"○ GATE NOT JUDGED  run {at['short']} has not ended" in gated.out
    with_app(lambda app: JobHost(app).stop(JobId(UUID(at["job"]).bytes), LOCAL))
    said = f"run {at['short']} was stopped at {at['done']} of {at['planned']}: the cases done are no sample"
    shown = ran("compare", "last~1", "last").out
    assert shown.lstrip().startswith(f"○ NO VERDICT  {said}")
    assert " better" not in shown
    assert ran("compare", "last~1", "last", "--json").json["verdict"] == "no verdict"
    assert said in ran("runs", "show", "last").out
    assert said in ran("runs", "show", "last", "--json").json["unfinished"]
    for asked in (
        ("compare", "last~2", "last~1", "last"),
        ("compare", "last~1", "last", "--judge"),
        ("eval", "classifier", "--suite", "classifier", "--limit", "4", "--against", at["short"], "--gate"),
    ):
        refused = ran(*asked)
        assert (refused.status, said in refused.errors) == (2, True), refused
    assert ran("runs", "--json").json[0]["short"] == at["short"]  # nothing was begun
    for name in ("r.html", "r.md"):
        ran("report", at["short"], "-o", name)
        assert said in Path(name).read_text()


def test_a_failure_says_what_was_expected_and_what_came(ran: Loom) -> None:
    [failed, *_] = [one for one in ran("runs", "show", "last~1", "--json").json["cases"] if one["score"] == 0]
    [whole] = ran("runs", "show", "last~1", "--case", failed["name"], "--json").json
    shown = ran("runs", "show", "last~1", "--failures").out
    for field, value in whole["expected_output"].items():
        assert f"{field}: expected '{value}', got '{whole['output'][field]}'" in shown


def test_one_case_is_shown_whole_with_its_prompt(ran: Loom) -> None:
    name = ran("runs", "show", "last", "--json").json["cases"][0]["name"]
    [whole] = ran("runs", "show", "last", "--case", name, "--json").json
    shown = ran("runs", "show", "last", "--case", name).out
    assert [message["role"] for message in whole["prompt"]] == ["system", "user", "assistant"]
    assert whole["input"]["text"][:40] in shown
    assert whole["prompt"][0]["content"][:40] in shown
    refused = ran("runs", "show", "last", "--case", name[:-1])
    assert (refused.status, f"did you mean '{name}'?" in refused.errors) == (2, True)


@pytest.mark.parametrize(
    "words",
    [
        ("runs", "--limit", "9" * 20),
        ("eval", "classifier", "--suite", "classifier", "--repeat", "9" * 20),
    ],
)
def test_a_number_that_no_store_could_hold_is_wrong_use(loom: Loom, words: tuple[str, ...]) -> None:
    refused = loom(*words)
    assert (refused.status, "is not in the range" in refused.errors) == (2, True)
