"""Runs that no scorer can judge: found out before anything is paid where that can be, else said with what to do."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

EVAL = ("eval", "classifier", "--suite", "open.json", "--scorer")
NO_CODE = {"scorer": "custom"}


@pytest.fixture(autouse=True)
def _suite(home: Path) -> None:
    cases = [{"input": {"text": text}} for text in ("Where is my parcel?", "I want my money back.")]
    (home / "open.json").write_text(json.dumps({"cases": cases}))


@pytest.mark.parametrize(
    ("scorer", "why", "then"),
    [
        ("field_match", "2 × no expected output", "choose a scorer that needs none: loom rescore"),
        ("human_rating", "2 × waits for a person's rating", "loom label export"),
        (
            json.dumps({**NO_CODE, "code": "def score(input, output, expected): return 7"}),
            "2 × the function gave 7 as the score",
            "on the outputs that are kept: loom rescore",
        ),
    ],
)
def test_where_nothing_could_be_judged_the_commonest_reason_and_the_way_on_are_said(
    loom: Callable[..., Any], scorer: str, why: str, then: str
) -> None:
    shown = loom(*EVAL, scorer)
    words = " ".join(shown.out.split())
    assert f"unscored {why}" in words
    assert then in words


def test_programs_are_told_too(loom: Callable[..., Any]) -> None:
    told = loom(*EVAL, "exact_match", "--json").json
    assert told["unscored"] == [{"reason": "no expected output", "count": 2}]


@pytest.mark.parametrize("engine", ["monty", "python"])
@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("def score(input, output, expected):\n    return (", "is not Python"),
        ("def judge(input, output, expected):\n    return 1", "defines no function 'score'"),
    ],
)
def test_code_that_could_never_score_is_refused_before_anything_is_paid(
    loom: Callable[..., Any], code: str, said: str, engine: str
) -> None:
    scorer = json.dumps({**NO_CODE, "code": code, "engine": engine})
    for command in (EVAL, ("rescore", "last", "--scorer")):
        shown = loom(*command, scorer)
        assert (shown.status, said in shown.errors) == (1, True), shown.errors
        loom(*EVAL, "human_rating")  # something to score again
    assert {run["kind"] for run in loom("runs", "--json").json} == {"evaluation"}


def test_code_that_only_needs_its_arguments_is_not_refused(loom: Callable[..., Any]) -> None:
    scorer = json.dumps({**NO_CODE, "code": "def score(input, output, expected): return len(input) == 1"})
    assert loom(*EVAL, scorer, "--json").json["pass_rate"]["passed"] == 2
