"""Runs as they are listed and looked into: filters, rates, what was expected and what came, one case whole."""

from collections.abc import Callable
from typing import Any

import pytest

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
