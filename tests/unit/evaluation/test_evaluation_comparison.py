"""The verdict on two runs, as a user reads it."""

from dataclasses import replace

import pytest

from loom.core.errors import UsageError
from loom.evaluation.comparing.comparison import Measure, RunScores, Verdict, compare
from loom.evaluation.models import ItemKey, Split
from loom.evaluation.statistics.case_totals import Outcome
from loom.evaluation.statistics.intervals import Interval
from one_by_one import ScoredExecution, run_of

P, F, E, U, A = Outcome.PASSED, Outcome.FAILED, Outcome.ERRORED, Outcome.UNSCORED, Outcome.ABORTED


def execution(number: int, outcome: Outcome, **more) -> ScoredExecution:
    more = {"score": 1.0 if outcome is P else 0.0, **more}
    return ScoredExecution(ItemKey(number.to_bytes(4, "big")), f"case-{number}", outcome, **more)


def run(name: str, outcomes: list[Outcome], **more) -> RunScores:
    return run_of(name, [execution(number, outcome, **more) for number, outcome in enumerate(outcomes)])


def test_many_fixed_and_none_broken_is_better():
    result = compare(run("old", [F] * 8 + [P] * 32), run("new", [P] * 40))
    assert result.verdict is Verdict.BETTER
    assert result.fixed == tuple(f"case-{number}" for number in range(8))
    assert result.broken == ()
    assert result.cases_needed is None
    assert result.show().startswith(
        "new against old: better, pass rate +20.0 points [+7.0, +33.0], 8 fixed, 0 broken"
    )


def test_the_other_way_round_it_is_worse():
    assert compare(run("a", [P] * 40), run("b", [F] * 8 + [P] * 32)).verdict is Verdict.WORSE


def test_a_few_flips_are_not_separable_and_the_cases_needed_are_named():
    result = compare(run("a", [F] * 4 + [P] * 36), run("b", [P] * 39 + [F]))
    assert result.verdict is Verdict.NOT_SEPARABLE
    assert (len(result.fixed), result.broken) == (4, ("case-39",))
    assert result.cases_needed
    assert f"about {result.cases_needed} more cases" in result.reason


def test_too_few_cases_are_never_separable():
    result = compare(run("a", [F] * 5), run("b", [P] * 5))
    assert result.verdict is Verdict.NOT_SEPARABLE
    assert "fewer than 6" in result.reason


def test_equal_runs_have_no_difference():
    result = compare(run("a", [P, F] * 10), run("b", [P, F] * 10))
    assert (result.verdict, result.cases_needed, result.fixed) == (Verdict.NOT_SEPARABLE, None, ())
    assert result.reason == "no difference, n = 20"


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ({0: ("regex",)}, "scored differently, a case by other scorers of its own"),
        ({0: ("regex",), 3: ()}, "scored differently, 2 cases by other scorers of their own"),
    ],
)
def test_cases_whose_own_scorers_changed_leave_no_verdict(own, words):
    keys = [one.key for one in run("a", [P] * 9).cases]
    before = replace(run("a", [F] * 9), own={keys[3]: ("exact_match",), keys[5]: ("regex",)})
    after = replace(
        run("b", [P] * 9), own={**before.own, **{keys[number]: one for number, one in own.items()}}
    )
    result = compare(before, after)
    assert (result.verdict, words in result.reason) == (Verdict.NONE, True), result.reason
    assert result.scored_by_others == tuple(f"case-{number}" for number in own)


def test_scorers_of_cases_that_are_not_shared_change_nothing():
    after = replace(run("b", [P] * 9), own={ItemKey(b"other"): ("regex",)})
    assert compare(run("a", [F] * 9), after).verdict is Verdict.BETTER


def test_a_run_beside_itself_is_said_to_be_so():
    same = run_of("a", [execution(number, P) for number in range(9)], run_id=b"1")
    result = compare(same, same)
    assert (result.verdict, result.reason) == (Verdict.NOT_SEPARABLE, "a run beside itself")


@pytest.mark.parametrize("outcomes", [[P] * 9, [P, F, E] * 3, [F]])
def test_between_a_run_and_itself_lies_nothing_and_no_doubt(outcomes):
    same = run_of("a", [execution(number, one) for number, one in enumerate(outcomes)], run_id=b"1")
    change = compare(same, same).pass_rate.change
    assert (change.mean, change.interval, change.p_value) == (0.0, Interval(0.0, 0.0), 1.0)


def test_an_error_counts_as_a_failure_and_is_listed():
    result = compare(run("a", [P, P, F]), run("b", [E, P, P]))
    assert result.broken == ("case-0",)
    assert result.errored_b == ("case-0",)
    assert result.pass_rate is not None
    assert result.pass_rate.b == pytest.approx(2 / 3)


def test_what_cannot_be_paired_is_named():
    result = compare(run("a", [P, U, P, A]), run_of("b", [execution(number, P) for number in (1, 2, 3, 7)]))
    assert result.only_a == ("case-0",)
    assert result.only_b == ("case-7",)
    assert result.unscored == ("case-1", "case-3")
    assert result.cases == 1


def test_nothing_in_common_gives_no_difference_at_all():
    result = compare(run("a", [P]), run_of("b", [execution(5, P)]))
    assert result.pass_rate is None
    assert result.show() == "b against a: not separable (no shared case was scored in both)"


def test_sealed_and_other_cases_are_not_mixed():
    mixed = [execution(1, P), execution(2, P, split=Split.SEALED)]
    with pytest.raises(UsageError, match="mix sealed"):
        compare(run_of("a", mixed), run_of("b", mixed))
    assert compare(run("a", [P], split=Split.SEALED), run("b", [P], split=Split.SEALED)).sealed


def test_repetitions_are_averaged_into_one_case():
    a = run_of("a", [execution(number, F) for number in range(10) for _ in range(5)])
    b = run_of("b", [execution(number, outcome) for number in range(10) for outcome in (P, P, F)])
    result = compare(a, b)
    assert result.cases == 10
    assert result.pass_rate is not None
    assert result.pass_rate.change.mean == pytest.approx(2 / 3)
    assert len(result.fixed) == 10


def test_the_verdict_may_be_asked_about_the_score_instead():
    a = run_of("a", [execution(number, P, score=0.6) for number in range(20)])
    b = run_of("b", [execution(number, P, score=0.7 + number / 100) for number in range(20)])
    assert compare(a, b).verdict is Verdict.NOT_SEPARABLE
    assert compare(a, b, Measure.SCORE).verdict is Verdict.BETTER


def test_a_cluster_of_flips_is_one_piece_of_evidence():
    result = compare(run("a", [F] * 12, cluster="one"), run("b", [P] * 12, cluster="one"))
    assert result.verdict is Verdict.NOT_SEPARABLE
    assert result.pass_rate is not None
    assert result.pass_rate.units == 1


def test_cost_and_latency_are_compared_where_both_are_known():
    a = run("a", [P] * 10, cost_nano_usd=1000, latency_ms=200.0)
    b = run("b", [P] * 10, cost_nano_usd=1500)
    result = compare(a, b)
    assert result.cost_nano_usd is not None
    assert result.cost_nano_usd.change.mean == 500
    assert result.latency_ms is None


def test_a_cost_that_did_not_change_changed_by_nothing():
    cheap = run("a", [P] * 10, cost_nano_usd=3)
    result = compare(cheap, run("b", [P, F] * 5, cost_nano_usd=3))
    assert result.cost_nano_usd is not None
    assert result.cost_nano_usd.change.interval == Interval(0, 0)


@pytest.mark.parametrize(
    ("scorers", "reason"),
    [
        ({"regex": "1"}, "A by exact_match, B by regex"),
        ({"exact_match": "2"}, "with other settings of exact_match"),
        ({}, "B by those of its cases"),
    ],
)
def test_what_other_scorers_judged_is_not_told_apart(scorers, reason):
    old = replace(run("a", [F] * 8 + [P] * 32), scorers={"exact_match": "1"})
    result = compare(old, replace(run("b", [P] * 40), scorers=scorers))
    assert (result.verdict, result.scored_differently) == (Verdict.NONE, True)
    assert reason in result.reason
    assert len(result.fixed) == 8


@pytest.mark.parametrize("side", [0, 1])
def test_of_a_run_that_has_not_ended_there_is_no_verdict_yet(side):
    runs = [run("a", [F] * 40), run("b", [P] * 40)]
    runs[side] = replace(runs[side], unfinished="run 1 has not ended: 40 of 99 done")
    result = compare(*runs)
    assert (result.verdict, result.reason) == (Verdict.NONE, "run 1 has not ended: 40 of 99 done")
    assert result.unfinished == (result.reason,)
    assert result.main is not None
    assert result.main.change.separable
