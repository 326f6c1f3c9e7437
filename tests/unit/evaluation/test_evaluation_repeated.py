"""pass^k and pass@k: what repetitions say of a worker's reliability."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom.evaluation.models import ItemKey
from loom.evaluation.statistics.case_totals import CaseTotal
from loom.evaluation.statistics.repeated import all_pass, any_passes, reliability


def case(number: int, passed: int, failed: int = 0, **more) -> CaseTotal:
    return CaseTotal(ItemKey(b"case", number), f"case-{number}", passed, failed, **more)


@given(st.integers(1, 7), st.data())
def test_the_estimates_are_the_share_of_all_ways_to_choose_k_runs(runs, data):
    passes, k = data.draw(st.integers(0, runs)), data.draw(st.integers(1, runs))
    chosen = list(combinations([True] * passes + [False] * (runs - passes), k))
    assert all_pass(passes, runs, k) == pytest.approx(sum(map(all, chosen)) / len(chosen))
    assert any_passes(passes, runs, k) == pytest.approx(sum(map(any, chosen)) / len(chosen))


def test_a_worker_that_passes_each_case_every_other_time_is_never_reliable():
    found = reliability([case(number, passed=2, failed=2) for number in range(50)])
    assert [(one.k, round(one.value, 3)) for one in found.all_pass] == [
        (1, 0.5),
        (2, 0.167),
        (3, 0.0),
        (4, 0.0),
    ]
    assert [round(one.value, 3) for one in found.any_passes] == [0.5, 0.833, 1.0, 1.0]
    assert (found.always, found.never) == (0, 0)


def test_a_worker_that_passes_half_of_the_cases_always_is_as_reliable_as_it_is_good():
    found = reliability([case(number, *((4, 0) if number % 2 else (0, 4))) for number in range(50)])
    assert [one.value for one in found.all_pass] == [0.5] * 4
    assert (found.always, found.never) == (25, 25)


def test_the_interval_rests_on_cases_however_often_they_ran():
    few, many = (reliability([case(number, runs, 0) for number in range(20)]) for runs in (2, 200))
    assert few.all_pass[0].interval == many.all_pass[0].interval
    assert few.all_pass[0].interval.low < 0.9


def test_runs_that_errored_did_not_pass():
    found = reliability([case(1, passed=1, errored=3)])
    assert [one.value for one in found.all_pass] == [0.25, 0, 0, 0]


def test_a_case_with_too_few_runs_is_left_out_of_every_figure_and_named():
    found = reliability([case(1, 3), case(2, 3), case(3, 0, 1, unscored=2)])
    assert (found.cases, found.left_out) == (2, ("case-3",))
    assert [one.value for one in found.all_pass] == [1.0, 1.0, 1.0]


def test_many_runs_are_shown_at_powers_of_two_and_at_the_end():
    found = reliability([case(1, passed=20), case(2, passed=0, failed=20)])
    assert [one.k for one in found.all_pass] == [1, 2, 3, 4, 8, 16, 20]


@pytest.mark.parametrize("cases", [[], [case(1, 1), case(2, 0, 1)], [case(1, 0, unscored=3)]])
def test_without_repetitions_there_is_nothing_to_say(cases):
    assert reliability(cases) is None
