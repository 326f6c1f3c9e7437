"""Rates that cannot hide what they leave out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom.core.errors import UsageError
from loom.evaluation.models import ItemKey
from loom.evaluation.statistics import rates
from loom.evaluation.statistics.case_totals import Outcome
from loom.evaluation.statistics.intervals import Interval, wilson
from loom.evaluation.statistics.rates import Rate
from one_by_one import ScoredExecution, case_totals


def execution(
    number: int, outcome: Outcome = Outcome.PASSED, score: float | None = None, **more
) -> ScoredExecution:
    return ScoredExecution(ItemKey(number.to_bytes(4, "big")), f"case-{number}", outcome, score, **more)


def pass_rate(executions) -> Rate:
    return rates.pass_rate(case_totals(executions))


def mean_score(executions) -> Rate:
    return rates.both_rates(case_totals(executions))[1]


def of(**counts: int) -> list[ScoredExecution]:
    outcomes = [Outcome(name) for name, count in counts.items() for _ in range(count)]
    return [execution(number, outcome) for number, outcome in enumerate(outcomes)]


def test_a_rate_shows_its_interval_and_what_went_wrong():
    rate = pass_rate(of(passed=104, failed=13, errored=3, unscored=1))
    assert rate.show() == "86.7 % [79.4, 91.6], n = 120 (3 errored, 1 unscored)"


def test_errors_stay_in_the_denominator_and_aborted_executions_do_not():
    rate = pass_rate(of(passed=5, errored=5, aborted=10, unscored=2))
    assert (rate.value, rate.n, rate.attempted) == (0.5, 10, 22)


def test_a_rate_over_nothing_claims_nothing():
    rate = pass_rate(of(aborted=2))
    assert (rate.value, rate.interval) == (None, Interval(0.0, 1.0))
    assert rate.show() == "no rate, n = 0 (2 aborted)"


@pytest.mark.parametrize(
    "wrong",
    [
        {"attempted": 11},
        {"passed": 9},
        {"unscored": -1},
        {"cases": 11},
        {"value": None},
        {"interval": Interval(0.6, 0.9)},
    ],
)
def test_a_rate_whose_counts_do_not_add_up_cannot_be_built(wrong):
    right = {
        "attempted": 10,
        "completed": 9,
        "errored": 1,
        "aborted": 0,
        "unscored": 1,
        "passed": 4,
        "cases": 9,
    }
    assert Rate(**right, value=0.5, interval=Interval(0.2, 0.8)).n == 9
    with pytest.raises(UsageError):
        Rate(**{**right, "value": 0.5, "interval": Interval(0.2, 0.8), **wrong})


def test_repeating_each_case_does_not_pass_for_more_cases():
    once = of(passed=30, failed=10)
    repeated = pass_rate(once * 5)
    assert (repeated.n, repeated.cases) == (200, 40)
    assert repeated.value == 0.75
    assert repeated.interval.low == pytest.approx(wilson(30, 40).low, abs=0.01)
    assert repeated.show().endswith("n = 200 (40 cases)")


def test_cases_of_one_cluster_count_together():
    alone = pass_rate(of(passed=30, failed=10))
    clustered = pass_rate(
        execution(number, Outcome.PASSED if number < 30 else Outcome.FAILED, cluster=str(number // 5))
        for number in range(40)
    )
    assert clustered.interval.low < alone.interval.low - 0.1


def test_a_cluster_is_not_taken_for_a_case_of_that_name():
    rate = pass_rate([execution(1, cluster="a"), execution(2, Outcome.FAILED, cluster="a"), execution(3)])
    assert rate.value == pytest.approx(2 / 3)


def test_weights_move_the_rate_when_they_differ():
    rate = pass_rate([execution(1, weight=3.0), execution(2, Outcome.FAILED)])
    assert rate.show().endswith("n = 2 (weighted)")
    assert rate.value == 0.75


def test_the_mean_score_counts_an_error_as_zero():
    rate = mean_score([execution(1, score=0.9), execution(2, score=0.6), execution(3, Outcome.ERRORED)])
    assert rate.value == pytest.approx(0.5)


@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.sampled_from(Outcome), st.floats(0, 1), st.floats(0.1, 9)),
        max_size=30,
    )
)
def test_any_run_has_consistent_rates(rows):
    weights = {number: weight for number, _, _, weight in rows}
    run = [execution(number, outcome, score, weight=weights[number]) for number, outcome, score, _ in rows]
    assert pass_rate(run).attempted == mean_score(run).attempted == len(rows)
