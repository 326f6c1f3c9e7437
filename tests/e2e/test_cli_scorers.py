"""Scorers from the command line: listed, chosen, judged by a model, and two runs before a judge."""

import html
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from loom.evaluation.scorers import scorer_names

EVAL = ("eval", "classifier", "--suite", "classifier", "--limit", "4")


def test_scorers_are_listed_and_one_is_shown_with_its_parameters(loom: Callable[..., Any]) -> None:
    listed = loom("scorers")
    assert all(f"\n{name} " in listed.out for name in scorer_names())
    one = loom("scorers", "keyword")
    assert all(word in one.out for word in ("whole_words", "threshold", "keywords", "--scorer '{"))
    told = loom("scorers", "keyword", "--json").json
    assert [entry["name"] for entry in told["scorers"]] == ["keyword"]
    assert {param["name"] for param in told["common"]} == {"threshold", "weight", "timeout_s"}


def test_a_scorer_that_there_is_not_is_answered_with_the_nearest(loom: Callable[..., Any]) -> None:
    shown = loom("scorers", "lenght")
    assert (shown.status, "did you mean 'length'?" in shown.errors) == (2, True)


def test_the_command_line_chooses_scorers_by_name_and_by_json(loom: Callable[..., Any]) -> None:
    run = loom(*EVAL, "--scorer", "exact_match", "--scorer", '{"scorer": "length", "max_words": 3}', "--json")
    assert all(set(case["scores"]) == {"exact_match", "length"} for case in run.json["cases"])
    assert {case["scores"]["length"]["value"] for case in run.json["cases"]} <= {0, 1}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("exakt_match", "did you mean 'exact_match'?"),
        ('{"scorer": "length"', "is not JSON"),
        ('{"scorer": "length", "max_word": 3}', "did you mean 'max_words'?"),
        ('{"scorer": "regex", "pattern": "("}', "not a regular expression"),
        ('["length"]', "is not a scorer"),
        ("", "✗ '--scorer' is empty"),
    ],
)
def test_a_scorer_that_cannot_be_used_is_refused_before_anything_runs(
    loom: Callable[..., Any], given: str, said: str
) -> None:
    shown = loom(*EVAL, "--scorer", given)
    assert shown.status == 2
    assert "--scorer" in shown.errors
    assert said in shown.errors
    assert loom("runs", "--json").json == []


def test_a_judge_scores_with_its_own_model_and_prompt(loom: Callable[..., Any], home: Path) -> None:
    (home / "strict.txt").write_text("Be strict.")
    asked = ("--scorer", "llm_judge", "--judge-model", "sim-large", "--judge-prompt", "@strict.txt")
    run = loom(*EVAL, *asked, "--json").json
    values = [case["scores"]["llm_judge"]["value"] for case in run["cases"]]
    assert all(0 <= value <= 1 for value in values)
    again = loom(*EVAL, *asked, "--json").json
    assert (again["paid_usd"], [case["scores"] for case in again["cases"]]) == (
        0,
        [case["scores"] for case in run["cases"]],
    )


def test_every_report_says_who_judged_and_that_it_was_no_real_model(
    loom: Callable[..., Any], home: Path
) -> None:
    reports = [home / f"report.{suffix}" for suffix in ("md", "html", "xml", "json")]
    judged = ("--scorer", "llm_judge", "--judge-model", "sim-large")
    shown = loom(*EVAL, *judged, *(word for one in reports for word in ("--report", str(one))))
    assert "judged     by sim-large (simulated: no real model)" in shown.out
    assert loom("runs", "show", "last").out.count("by sim-large (simulated") == 1
    for one in reports[:3]:
        assert "sim-large (simulated: no real model)" in html.unescape(one.read_text())
    [judge] = json.loads(reports[3].read_text())["judges"]
    assert judge == {"model": "sim-large", "endpoint": "simulated", "simulated": True}
    assert loom("rescore", "last", "--scorer", "exact_match", "--json").json["judges"] == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--judge-model", "sim-large"), "add --scorer llm_judge"),
        (("--scorer", "llm_judge", "--judge-model", "nobody"), "nobody"),
        (("--scorer", "llm_judge", "--judge-endpoint", "nowhere"), "nowhere"),
        (("--scorer", "llm_judge", "--judge-prompt", "@missing.txt"), "cannot be read"),
        (("--scorer", "llm_judge", "--judge-prompt", " "), "is empty"),
        (("--scorer", "llm_judge", "--judge-prompt", "@/dev/zero"), "is larger than 16 MB"),
    ],
)
def test_a_judge_that_cannot_be_asked_is_refused(
    loom: Callable[..., Any], options: tuple[str, ...], said: str
) -> None:
    shown = loom(*EVAL, *options)
    assert shown.status == 2
    assert said in shown.errors


def test_two_runs_are_compared_by_a_judge_and_the_verdict_comes_first(loom: Callable[..., Any]) -> None:
    suite = ("--suite", "entity_extractor", "--limit", "12", "--json")
    loom("eval", "entity_extractor_brief", *suite)
    loom("eval", "entity_extractor", *suite, "--tier", "frontier")
    shown = loom("compare", "last~1", "last", "--judge", "--judge-model", "sim-large")
    lines = shown.out.strip().splitlines()
    assert shown.status == 0, shown.errors
    assert lines[0].startswith(("✓ BETTER", "= NOT SEPARABLE"))
    assert [line.split()[0] for line in lines[1:3]] == ["A", "B"]
    assert "sim-large simulated" in shown.out
    told = loom("compare", "last~1", "last", "--judge-model", "sim-large", "--json").json
    assert (told["paid_usd"], len(told["pairs"]), told["judge"]["simulated"]) == (0, 12, True)
    assert told["wins"]["b"] > told["wins"]["a"]
    assert sum(told["wins"].values()) + told["unjudged"] == 12


def test_a_budget_pauses_a_comparison_and_the_same_command_goes_on(loom: Callable[..., Any]) -> None:
    suite = ("--suite", "entity_extractor", "--limit", "8", "--json")
    loom("eval", "entity_extractor_brief", *suite)
    loom("eval", "entity_extractor", *suite, "--tier", "frontier")
    compare = ("compare", "last~1", "last", "--judge", "--budget-usd")
    paused = loom(*compare, "0.0015")
    assert (paused.status, "The same command goes on" in paused.out) == (1, True), paused.errors
    done = loom(*compare, "1", "--json")
    assert done.status == 0
    assert len(done.json["pairs"]) == 8


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--budget-usd", "1"), "'--budget-usd' is what a judge may spend; add --judge"),
        (("--budget-usd", "nothing"), "'--budget-usd' is what a judge may spend; add --judge"),
        (("--judge", "--measure", "score"), "'--measure' is not about what a judge says; leave it out"),
    ],
)
def test_an_option_of_a_comparison_that_would_do_nothing_is_refused(
    loom: Callable[..., Any], options: tuple[str, ...], said: str
) -> None:
    refused = loom("compare", "last~1", "last", *options)
    assert (refused.status, said in refused.errors) == (2, True), refused.errors


def test_what_a_judge_said_is_kept_in_the_suites_words(loom: Callable[..., Any], home: Path) -> None:
    suite = {
        "name": "own",
        "scorers": [{"scorer": "llm_judge", "criteria": {"tone": "is it friendly?"}}],
        "cases": [
            {"input": {"text": "Where is my parcel?"}, "scorers": [{"scorer": "keyword", "any": "order"}]}
        ],
    }
    (home / "own.json").write_text(json.dumps(suite))
    run = loom("eval", "classifier", "--suite", "own.json", "--json").json
    (case,) = run["cases"]
    assert set(case["scores"]) == {"llm_judge", "keyword"}
    assert case["scores"]["llm_judge"]["reason"]
