"""Judges beside people: published values of kappa, what must hold for any data, and when a judge may gate."""

import math
from statistics import pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom.evaluation.statistics.agreement import GATE_LABELS, Weights, agreement, calibrate, kappa

# Fleiss, Levin and Paik 2003, Statistical Methods for Rates and Proportions, table 18.1: 100 diagnoses by two raters.
TABLE = {(0, 0): 75, (0, 1): 1, (0, 2): 4, (1, 0): 5, (1, 1): 4, (1, 2): 1, (2, 2): 10}
DIAGNOSES = [(float(a), float(b)) for (a, b), count in TABLE.items() for _ in range(count)]
levels = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])
pairs = st.lists(st.tuples(levels, levels), min_size=1, max_size=60)


def test_kappa_is_as_published():
    found = kappa(DIAGNOSES)
    assert agreement(DIAGNOSES).value == pytest.approx(0.89)
    assert found.value == pytest.approx(0.676, abs=5e-4)
    error = (found.interval.high - found.interval.low) / 2 / 1.96
    assert error == pytest.approx(0.088, abs=1e-3)


@pytest.mark.parametrize("weights", list(Weights))
def test_its_standard_error_agrees_with_the_jackknife(weights):
    data = DIAGNOSES * 4
    found = kappa(data, weights)
    left_out = [kappa(data[:place] + data[place + 1 :], weights).value for place in range(len(data))]
    jackknife = pstdev(left_out) * math.sqrt(len(data) - 1)
    assert (found.interval.high - found.interval.low) / 2 / 1.96 == pytest.approx(jackknife, rel=0.05)


@given(pairs)
def test_with_two_categories_all_weights_say_the_same(data):
    binary = [(float(a >= 0.5), float(b >= 0.5)) for a, b in data]
    values = [kappa(binary, weights).value for weights in Weights]
    assert values[0] is None or values == pytest.approx([values[0]] * len(Weights))


@given(pairs, st.sampled_from(list(Weights)))
def test_kappa_is_symmetric_and_in_range(data, weights):
    found = kappa(data, weights)
    turned = kappa([(b, a) for a, b in data], weights)
    if found.value is not None:
        assert found.value == pytest.approx(turned.value)
        assert -1 - 1e-9 <= found.value <= 1 + 1e-9
        assert found.interval.low <= found.value + 1e-9
        assert found.value <= found.interval.high + 1e-9


@given(st.lists(levels, min_size=2, max_size=40).filter(lambda values: len(set(values)) > 1))
def test_who_always_agrees_has_a_kappa_of_1(values):
    assert kappa([(value, value) for value in values], Weights.QUADRATIC).value == pytest.approx(1)


def test_who_always_says_the_same_has_no_kappa():
    assert kappa([(1.0, 1.0)] * 60).value is None
    with pytest.raises(ValueError, match="no item"):
        kappa([])


GOOD = [(0.9, 1.0), (0.2, 0.0)]


def test_a_judge_gates_from_50_labels_on():
    few, enough = calibrate(GOOD * 24), calibrate(GOOD * 25)
    assert few.n == 48
    assert few.refusal == f"48 human labels, and a judge gates from {GATE_LABELS} on"
    assert enough.refusal is None


def test_a_judge_that_agrees_no_better_than_chance_does_not_gate():
    chance = calibrate([(0.9, 1.0), (0.9, 0.0), (0.1, 1.0), (0.1, 0.0)] * 25)
    assert chance.kappa.value == pytest.approx(0)
    assert "chance" in (chance.refusal or "")
    assert "all labels say the same" in (calibrate([(0.9, 1.0)] * 60).refusal or "")


def test_it_says_how_much_kinder_the_judge_is_and_respects_the_thresholds():
    found = calibrate([(0.6, 0.5), (0.7, 0.5)], judge_threshold=0.65, human_threshold=0.5)
    assert found.lenient_by == pytest.approx(0.15)
    assert found.agreement.value == 0.5
