"""How reliable a worker is when a case runs several times: pass^k and pass@k; knows nothing of stores."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import comb

from loom.evaluation.statistics.case_totals import CaseTotal
from loom.evaluation.statistics.intervals import Interval, alike
from loom.evaluation.statistics.rates import mean_over_cases, stand_alone

__all__ = ["Reliability", "Repeated", "all_pass", "any_passes", "reliability"]

Estimate = Callable[[int, int, int], float]
"""From passes, runs and k."""


def all_pass(passes: int, runs: int, k: int) -> float:
    """The unbiased estimate that k runs of a case all pass, from `passes` of `runs` (Yao et al. 2024, τ-bench, 3)."""
    return comb(passes, k) / comb(runs, k)


def any_passes(passes: int, runs: int, k: int) -> float:
    """The unbiased estimate that at least one of k runs of a case passes (Chen et al. 2021, arXiv:2107.03374, 2.1)."""
    return 1 - comb(runs - passes, k) / comb(runs, k)


@dataclass(frozen=True, slots=True)
class Repeated:
    """A share of cases, with its interval by case or cluster."""

    k: int
    value: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class Reliability:
    """What repetitions say. Runs that errored are runs that did not pass."""

    all_pass: tuple[Repeated, ...]
    """pass^k: how often k runs of a case all pass. For k = 1 the pass rate."""

    any_passes: tuple[Repeated, ...]
    """pass@k: how often at least one of k runs of a case passes."""

    cases: int
    """Those with enough runs for the largest k: what every figure rests on."""

    left_out: tuple[str, ...]
    """Cases with some runs that count, but fewer than the largest k."""

    always: int
    """Cases all of whose runs passed."""

    never: int
    """Cases none of whose runs passed."""


def reliability(cases: Iterable[CaseTotal]) -> Reliability | None:
    """What the repetitions of `cases` say; None when no case has two runs that count.

    The largest k is what at least half of the cases have runs for. A case in which fewer count (the rest was
    unscored, aborted, or is still to come) is left out of every figure and named, so that all are of the same cases.
    """
    counted = [case for case in cases if case.counted]
    most = sorted((case.counted for case in counted), reverse=True)[(len(counted) - 1) // 2] if counted else 0
    if most < 2:
        return None
    whole = [case for case in counted if case.counted >= most]
    steps, runs = _steps(most), [(case.passed, case.counted) for case in whole]
    over = Counter(runs) if stand_alone(whole) else None

    def repeated(k: int, estimate: Estimate) -> Repeated:
        known = {one: estimate(*one, k) for one in set(runs)}
        if over is None:
            value, interval = mean_over_cases(whole, [known[one] for one in runs])
        else:
            shares: Counter[float] = Counter()
            for one, number in over.items():
                shares[known[one]] += number
            value, interval = alike(shares)
        return Repeated(k, value or 0.0, interval)

    return Reliability(
        all_pass=tuple(repeated(k, all_pass) for k in steps),
        any_passes=tuple(repeated(k, any_passes) for k in steps),
        cases=len(whole),
        left_out=tuple(case.name for case in counted if case.counted < most),
        always=sum(passed == counted for passed, counted in runs),
        never=sum(passed == 0 for passed, _ in runs),
    )


def _steps(most: int) -> list[int]:
    """Every k while they are few, then powers of two, and always the largest."""
    return [k for k in range(1, most + 1) if k <= 4 or k == most or k.bit_count() == 1]
