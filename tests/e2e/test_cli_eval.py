"""`loom eval`, `runs` and `compare`: an evaluation from its command to its numbers."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

EVAL = ("eval", "classifier", "--suite", "classifier", "--limit", "8")


def test_an_evaluation_shows_its_rate_with_interval_its_cost_and_the_next_step(
    loom: Callable[..., Any],
) -> None:
    shown = loom(*EVAL)
    assert shown.status == 0
    assert "classifier on classifier · sim-small simulated · run " in shown.out
    assert "n = 8" in shown.out
    assert "paid" in shown.out
    assert "loom runs show" in shown.out


def test_json_is_the_same_from_eval_and_from_runs_show(loom: Callable[..., Any]) -> None:
    run = loom(*EVAL, "--json").json
    assert (run["done"], len(run["cases"]), run["simulated"]) == (8, 8, True)
    assert loom("runs", "show", run["short"], "--json").json == run
    failed = loom("runs", "show", "last", "--failures", "--json").json["cases"]
    assert {case["outcome"] for case in failed} <= {"failed", "errored", "unscored"}


def test_repetitions_and_a_second_tier_are_taken_from_the_command_line(loom: Callable[..., Any]) -> None:
    run = loom(*EVAL, "--repeat", "2", "--tier", "standard", "--concurrency", "3", "--json").json
    assert (run["planned"], run["model"]) == (16, "sim-medium")
    assert "#2" in loom("runs", "show", "last").out


def test_runs_are_listed_newest_first_and_marked_as_simulated(loom: Callable[..., Any]) -> None:
    first, second = loom(*EVAL, "--json").json, loom(*EVAL, "--json").json
    listed = loom("runs").out.splitlines()
    assert [line.split()[0] for line in listed[:3]] == ["run", second["short"], first["short"]]
    assert "~ sim-small" in listed[1]
    assert listed[-1].startswith("~ simulated")
    assert len(loom("runs", "--limit", "1", "--json").json) == 1


def test_a_comparison_answers_first_and_labels_both_runs(loom: Callable[..., Any]) -> None:
    suite = ("--suite", "entity_extractor", "--tier", "standard", "--json")
    loom("eval", "entity_extractor_brief", *suite)
    loom("eval", "entity_extractor", *suite)
    shown = loom("compare", "last~1", "last")
    lines = shown.out.strip().splitlines()
    assert (shown.status, lines[0].startswith("✓ BETTER")) == (0, True), shown.out
    assert [line.split()[0] for line in lines[1:3]] == ["A", "B"]
    assert all("simulated" in line for line in lines[1:3])
    told = loom("compare", "last~1", "last", "--json").json
    assert (told["verdict"], told["simulated"]) == ("better", True)
    assert len(told["fixed"]) > len(told["broken"])


def test_what_cannot_be_told_apart_says_how_many_cases_it_would_take(loom: Callable[..., Any]) -> None:
    loom(*EVAL, "--json")
    loom(*EVAL, "--json", "--tier", "standard")
    assert "NOT SEPARABLE" in (shown := loom("compare", "last~1", "last")).out
    assert "more cases would show" in shown.out or "no difference" in shown.out


def test_runs_that_share_no_case_are_said_to(loom: Callable[..., Any]) -> None:
    loom(*EVAL, "--json")
    loom("eval", "extractor", "--suite", "extractor", "--limit", "2", "--json")
    refused = loom("compare", "last~1", "last")
    assert (refused.status, "'last~1, last' share no case" in refused.errors) == (2, True), refused.out


@pytest.mark.parametrize(
    ("worker", "suite", "words"),
    [
        (
            "summarizer",
            "classifier",
            "'output_schema' promises summary, key_points, and the cases expect category",
        ),
        ("classifier", "entity_extractor", "'output_schema' promises category"),
        ("qa", "classifier", "'input_schema' admits the input of no case: "),
    ],
)
def test_a_suite_that_cannot_be_meant_for_the_worker_is_warned_of(
    loom: Callable[..., Any], worker: str, suite: str, words: str
) -> None:
    shown = loom("eval", worker, "--suite", suite, "--limit", "2")
    assert "warning: " in shown.errors
    assert words in " ".join(shown.errors.split())
    assert "warning: " not in loom("eval", suite, "--suite", suite, "--limit", "2").errors


def test_a_spent_budget_pauses_and_a_larger_one_goes_on_without_paying_twice(
    loom: Callable[..., Any],
) -> None:
    paused = loom(*EVAL, "--budget-usd", "0.0002", "--concurrency", "1")
    assert paused.status == 1
    assert "the budget has no room" in paused.out
    assert "--budget-usd MORE" in paused.out
    before = loom("runs", "show", "last", "--json").json
    after = loom("eval", "--resume", "last", "--budget-usd", "1", "--json")
    assert (after.status, after.json["done"]) == (0, 8)
    assert before["paid_usd"] < after.json["paid_usd"] < 0.001


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("eval",), "needs a worker and a suite"),
        (("eval", "classifier"), "needs a worker and a suite"),
        ((*EVAL[:3], "clasifier"), "did you mean 'classifier'?"),
        ((*EVAL, "--split", "validtion"), "did you mean 'validation'?"),
        ((*EVAL, "--tag", "nope"), "selects no case"),
        ((*EVAL, "--budget-usd", "abc"), "'--budget-usd' is not an amount of money"),
        ((*EVAL, "--budget-usd", "-1"), "'--budget-usd' is not an amount of money"),
        ((*EVAL, "--repeat", "0"), "--repeat"),
        ((*EVAL, "--concurrency", "9999"), "--concurrency"),
        (("eval", "--resume", "last"), "there is no evaluation 'last'"),
        (("eval", "--resume", "12345678"), "there is no run '12345678'"),
        (("eval", "classifier", "--resume", "last"), "leave out WORKER"),
        (("runs", "show", "zzz"), "is no run"),
        (("eval", "--resume", ""), "'--resume' is empty"),
        (("compare", "last", "last~x"), "there is no evaluation 'last'"),
        (("rusn",), "Did you mean 'runs'"),
    ],
)
def test_wrong_use_is_told_with_status_2(
    loom: Callable[..., Any], arguments: tuple[str, ...], words: str
) -> None:
    refused = loom(*arguments)
    assert (refused.status, words in refused.errors) == (2, True), refused.errors


def test_what_is_finished_or_no_evaluation_cannot_be_resumed(loom: Callable[..., Any]) -> None:
    loom("test", "classifier", "--input", '{"text": "hi"}')
    test = loom("runs", "--json").json[0]["short"]
    assert "names a test" in loom("eval", "--resume", test).errors
    done = loom(*EVAL, "--json").json["short"]
    refused = loom("eval", "--resume", done)
    assert (refused.status, f"loom runs show {done}" in refused.errors) == (2, True), refused.errors


HOSTILE = "c [red]x[/red] [/] \x1b[31mRED\x1b]0;owned\x07 \u202eabc :smile: עברית"
SHOWN = r"c [red]x[/red] [/] \u001b[31mRED\u001b]0;owned\u0007 \u202eabc :smile: עברית"


def test_names_and_answers_are_shown_as_they_are_and_never_obeyed(
    loom: Callable[..., Any], home: Path
) -> None:
    (home / "w.yaml").write_text("name: w\nsystem_prompt: Say what [/] is.\n")
    cases = [{"name": HOSTILE, "input": {"text": HOSTILE}, "expected_output": {"label": HOSTILE}}]
    (home / "s.json").write_text(json.dumps({"schema": "loom/v1", "name": HOSTILE, "cases": cases}))
    shown = [loom("eval", "w.yaml", "--suite", "s.json"), loom("runs", "show", "last"), loom("runs")]
    shown += [
        loom("compare", "last", "last"),
        loom("test", "w.yaml", "--input", json.dumps({"text": HOSTILE})),
    ]
    everything = "".join(one.out + one.errors for one in shown)
    assert not {"\x1b", "\x07", "\u202e"} & set(everything)
    assert SHOWN in shown[1].out
    assert loom("runs", "show", "last", "--json").json["cases"][0]["name"] == HOSTILE
