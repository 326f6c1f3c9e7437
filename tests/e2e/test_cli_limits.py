"""An endpoint that refuses, breaks off or does not count: nothing is lost, and no money is shown that nobody knows."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from loom.sim.faults import Fault, FaultPlan

EVAL = (
    "eval",
    "classifier",
    "--suite",
    "classifier",
    "--limit",
    "6",
    "--model",
    "sim-small",
    "--endpoint",
    "openai",
)
INPUT = ("--input", '{"text": "Where is my parcel?"}', "--model", "sim-small", "--endpoint", "openai")

UNPRICED = ("--model", "sim-small-1")
"""A name of a model that the endpoint knows and no table of prices."""


@pytest.fixture
def meets(endpoint: Callable[..., str], home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Serves the simulated model with one fault, kept in a bill."""

    def meets(name: str, **when: Any) -> None:
        plan = FaultPlan((Fault(name, **when),))
        monkeypatch.setenv("OPENAI_BASE_URL", endpoint(faults=plan, bill_path=home / "bill.jsonl"))

    return meets


def test_an_endpoint_that_asks_for_an_hour_pauses_the_run_until_then_and_no_case_is_lost(
    loom: Callable[..., Any], meets: Callable[..., None]
) -> None:
    meets("429", retry_after="hour", first=1)
    paused = loom(*EVAL)
    assert paused.status == 3, paused.errors
    assert "openai asks to wait until" in paused.out
    assert "--resume" in paused.out
    [run] = loom("runs", "--json").json
    assert (run["state"], run["done"]) == ("paused", 0)
    for _ in range(6):
        if (ended := loom("eval", "--resume", "last", "--json")).json["state"] == "completed":
            break
    assert (ended.json["done"], ended.json["pass_rate"]["errored"]) == (6, 0)


def test_a_test_of_an_endpoint_that_asks_for_an_hour_says_until_when(
    loom: Callable[..., Any], meets: Callable[..., None]
) -> None:
    meets("429", retry_after="hour", probability=1)
    told = loom("test", "classifier", *INPUT)
    assert (told.status, "✗ FAIL  openai asks to wait until" in told.out) == (1, True), told


def test_money_that_nobody_knows_is_shown_as_unknown_with_how_many_attempts_it_may_be_of(
    loom: Callable[..., Any], meets: Callable[..., None]
) -> None:
    meets("cut", probability=1)
    run = loom(*EVAL, "--limit", "2", *UNPRICED, "--json").json
    assert (run["paid_usd"], run["unpriced_attempts"], run["pass_rate"]["errored"]) == (None, 6, 2)
    assert "cost unknown, 6 attempts may have been paid" in loom("runs", "show", "last").out
    loom("report", "last", "-o", "report.html")
    assert "unknown, 6 attempts may have been paid" in Path("report.html").read_text()


def test_a_test_that_brought_no_answer_says_what_it_may_have_cost(
    loom: Callable[..., Any], meets: Callable[..., None]
) -> None:
    meets("cut", probability=1)
    told = loom("test", "classifier", *INPUT, *UNPRICED)
    assert "no tokens counted · cost unknown, 3 attempts may have been paid" in told.out
    told = loom("test", "classifier", *INPUT, *UNPRICED, "--json").json
    assert (told["cost_usd"], told["unpriced_attempts"]) == (None, 3)
    assert "charged, the most that it may have cost" in loom("test", "classifier", *INPUT).out


def test_a_test_whose_tokens_were_not_counted_says_what_was_charged_for_its_answer(
    loom: Callable[..., Any], meets: Callable[..., None]
) -> None:
    meets("missing_usage", probability=1)
    told = loom("test", "classifier", *INPUT).out
    assert "PASS" in told
    assert "no answer" not in told
    assert "charged, the most that it may have cost" in told


def test_an_answer_that_is_cut_off_begins_again_on_a_line_of_its_own_and_says_why(
    loom: Callable[..., Any], meets: Callable[..., None]
) -> None:
    meets("cut", first=1, after_chars=900)
    told = loom("test", "classifier", *INPUT)
    _, cut, again, answer, *_ = told.out.splitlines()
    assert again.startswith("tried again: http")
    assert "ended in the middle" in again
    assert (cut == answer, answer.startswith(cut)) == (False, True)
    other = '{"text": "Where is my invoice?"}'
    asked = loom("test", "classifier", *INPUT, "--input", other, "--json").json
    assert json.loads(asked["raw_response"]) == asked["output"]
