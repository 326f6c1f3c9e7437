"""Identical workers compared a thousand times: how often the verdict and the intervals are wrong."""

import numpy as np
import pytest

from loom.evaluation.comparing.comparison import RunScores, Verdict, compare
from loom.evaluation.models import ItemKey
from loom.evaluation.statistics.case_totals import CaseTotal
from loom.evaluation.statistics.intervals import clusters, paired, wilson

WORLDS = 1000
RATES = (0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.97)


def world(random: np.random.Generator, n: int, rate: float, cluster_size: int, drop: float = 0.0):
    """Passes of two workers that answer each case with its own chance, shared within clusters."""
    group = (
        np.repeat(np.arange(n), random.integers(1, 2 * cluster_size, n))[:n]
        if cluster_size > 1
        else np.arange(n)
    )
    chance = random.beta(4 * rate, 4 * (1 - rate), n)[group]
    return group.tolist(), random.random(n) < chance, random.random(n) < np.clip(chance - drop, 0, 1)


def run(name: str, passes, group) -> RunScores:
    return RunScores(
        name,
        tuple(
            CaseTotal(
                ItemKey(b"", number),
                str(number),
                passed=int(passed),
                failed=int(not passed),
                score_sum=float(passed),
                cluster=str(cluster),
            )
            for number, (passed, cluster) in enumerate(zip(passes, group, strict=True))
        ),
    )


@pytest.mark.parametrize("n", [60, 200])
def test_of_a_thousand_comparisons_of_identical_workers_at_most_fifty_raise_an_alarm(n):
    random = np.random.default_rng(n)
    alarms = 0
    for number in range(WORLDS):
        group, a, b = world(random, n, RATES[number % len(RATES)], cluster_size=1 + 3 * (number % 2))
        alarms += compare(run("a", a, group), run("b", b, group)).verdict is not Verdict.NOT_SEPARABLE
    assert 0 < alarms <= WORLDS * 5 // 100


def coverage(n: int, rate: float, size: int, drop: float) -> float:
    random = np.random.default_rng([n, size, 7])
    _, many_a, many_b = world(random, 1_000_000, rate, 1, drop)
    truth = many_b.mean() - many_a.mean()
    covered = 0
    for _ in range(WORLDS):
        group, a, b = world(random, n, rate, size, drop)
        differences = (b.astype(float) - a).tolist()
        covered += truth in paired(clusters(differences, [1.0] * n, group), 1.0).interval
    return covered / WORLDS


@pytest.mark.parametrize(
    ("n", "rate", "size", "drop"),
    [
        (60, 0.5, 1, 0.0),
        (60, 0.8, 1, 0.1),
        (60, 0.8, 4, 0.1),
        (200, 0.8, 1, 0.0),
        (200, 0.9, 1, 0.1),
        (200, 0.8, 4, 0.0),
    ],
)
def test_intervals_of_a_difference_cover_as_often_as_they_promise(n, rate, size, drop):
    assert 0.93 <= coverage(n, rate, size, drop) <= 0.97


@pytest.mark.parametrize(("n", "rate"), [(20, 0.5), (60, 0.8), (200, 0.9)])
def test_intervals_of_a_rate_cover_as_often_as_they_promise(n, rate):
    passes = np.random.default_rng(n).binomial(n, rate, WORLDS)
    assert 0.93 <= np.mean([rate in wilson(int(count), n) for count in passes]) <= 0.97
