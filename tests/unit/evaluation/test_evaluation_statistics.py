"""The formulas, against published values and what must hold for any data."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom.evaluation.statistics.intervals import (
    Cluster,
    cases_needed,
    clusters,
    holm,
    paired,
    score_interval,
    sign_flip,
    t_quantile,
    wilson,
)


def singles(differences):
    return [Cluster(value, 1.0) for value in differences]


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    # Newcombe 1998, Statistics in Medicine 17:857, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_published_intervals(successes, n, low, high):
    interval = wilson(successes, n)
    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


@pytest.mark.parametrize(
    ("freedom", "quantile"), [(1, 12.706), (2, 4.303), (4, 2.776), (10, 2.228), (60, 2.000)]
)
def test_the_t_quantile_is_that_of_the_tables(freedom, quantile):
    assert t_quantile(freedom) == pytest.approx(quantile, abs=0.001)


@pytest.mark.parametrize(
    ("fixed", "broken", "p"), [(6, 0, 2 / 64), (5, 0, 2 / 32), (9, 2, 134 / 2048), (3, 3, 1.0)]
)
def test_on_flips_the_sign_flip_test_is_mcnemars_exact_test(fixed, broken, p):
    assert sign_flip([1.0] * fixed + [-1.0] * broken) == pytest.approx(p)


def test_the_test_agrees_with_itself_where_its_methods_meet():
    exact, normal = sign_flip([1.0] * 270 + [-1.0] * 230), sign_flip([1.0] * 270 + [-1.0] * 231)
    assert exact == pytest.approx(0.0811, abs=0.0001)
    assert normal == pytest.approx(exact, abs=0.01)


def test_few_totals_are_tested_by_every_flip():
    assert sign_flip([0.31, 0.2234, 0.41, 0.1733, 0.11, 0.91, -0.0333]) == pytest.approx(4 / 128)


def test_many_graded_totals_are_tested_by_the_same_flips_each_time():
    totals = [math.sin(number) + 0.5 for number in range(40)]
    assert sign_flip(totals) == sign_flip(totals)
    assert sign_flip(totals) < 0.01
    assert sign_flip([math.sin(number) for number in range(40)]) > 0.5


def test_holm_gives_the_stepwise_adjustment():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))


def test_clusters_add_up_their_cases():
    assert clusters([1.0, 0.0, 1.0], [1.0, 2.0, 3.0], ["a", "b", "a"]) == [
        Cluster(4.0, 4.0),
        Cluster(0.0, 2.0),
    ]


def test_copies_in_a_cluster_do_not_narrow_the_interval():
    differences = [1.0, -1.0, 0.0, 1.0] * 5
    alone = paired(singles(differences))
    doubled = paired(clusters(differences * 2, [1.0] * 40, list(range(20)) * 2))
    assert doubled.interval.low == pytest.approx(alone.interval.low)
    assert doubled.p_value == alone.p_value


def test_no_difference_anywhere_still_leaves_doubt():
    result = paired(singles([0.0] * 20), 1.0)
    assert result.interval.low < 0 < result.interval.high
    assert not result.separable


def test_a_difference_in_every_case_is_separable_with_an_interval_of_some_width():
    result = paired(singles([1.0] * 20), 1.0)
    assert result.separable
    assert result.interval.low < 0.9


def test_the_cases_needed_fall_with_the_difference():
    few, many = cases_needed(0.1, 0.06, 60), cases_needed(0.05, 0.06, 60)
    assert few == 110
    assert many is not None
    assert many > few
    assert cases_needed(0.0, 0.06, 60) is None


differences = st.lists(
    st.sampled_from([-1.0, -0.5, 0.0, 1 / 3, 1.0]) | st.floats(-1, 1), min_size=1, max_size=40
)


@given(differences)
def test_turning_the_comparison_around_turns_the_result_around(values):
    there, back = paired(singles(values), 1.0), paired(singles([-value for value in values]), 1.0)
    assert there.mean == pytest.approx(-back.mean)
    assert there.interval.low == pytest.approx(-back.interval.high)
    assert there.p_value == pytest.approx(back.p_value, abs=0.02)
    assert -1 <= there.interval.low <= there.mean <= there.interval.high <= 1


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_the_interval_of_a_mean_holds_it_and_stays_in_range(values):
    interval = score_interval(singles(values))
    assert 0 <= interval.low <= math.fsum(values) / len(values) + 1e-9
    assert math.fsum(values) / len(values) - 1e-9 <= interval.high <= 1


@given(st.lists(st.floats(0, 1), max_size=20))
def test_holm_never_lowers_a_p_value_and_keeps_the_order(values):
    adjusted = holm(values)
    assert all(before <= after <= 1 for before, after in zip(values, adjusted, strict=True))
    assert [pair[1] for pair in sorted(zip(values, adjusted, strict=True))] == sorted(adjusted)
