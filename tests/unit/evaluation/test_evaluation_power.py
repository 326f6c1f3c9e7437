"""Planning an evaluation: cases for an effect, an effect for cases."""

import math

import numpy as np
import pytest

from loom.core.errors import UsageError
from loom.evaluation.statistics.intervals import Cluster, paired
from loom.evaluation.statistics.power import cases_for, effect_of, spread_between, spread_of_rate


def test_a_smaller_effect_takes_more_cases_and_they_give_each_other_back():
    spread = spread_of_rate(0.8, 0.05)
    assert cases_for(0.05, spread) > 3 * cases_for(0.1, spread) > 0
    assert effect_of(cases_for(0.05, spread), spread) == pytest.approx(0.05, abs=0.001)


def test_runs_that_agree_need_fewer_cases_than_their_rates_alone_say():
    changes = [1.0] * 6 + [-1.0] * 3 + [0.0] * 91
    seen = paired([Cluster(change, 1.0) for change in changes])
    assert cases_for(0.05, spread_between(seen.standard_error, 100)) < cases_for(
        0.05, spread_of_rate(0.8, 0.05)
    )


def test_with_the_cases_planned_the_effect_is_found_about_four_times_in_five():
    effect = 0.1
    cases = cases_for(effect, spread_of_rate(0.7, effect))
    random = np.random.default_rng(7)
    found = 0
    for _ in range(400):
        a, b = random.random(cases) < 0.7, random.random(cases) < 0.7 + effect
        found += paired([Cluster(float(x), 1.0) for x in b.astype(int) - a]).separable
    assert 0.74 <= found / 400 <= 0.86


@pytest.mark.parametrize("effect", [0.0, -0.1, 1.01, math.nan])
def test_an_effect_that_cannot_be_is_refused(effect):
    with pytest.raises(UsageError, match="--effect"):
        cases_for(effect, spread_of_rate(0.5, 0.1))


def test_runs_without_any_difference_say_nothing_about_spread():
    with pytest.raises(UsageError, match="--rate"):
        spread_between(0.0, 60)
