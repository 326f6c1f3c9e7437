"""The statistics of comparing workers, without SciPy; knows numbers, weights and clusters, nothing of runs.

Everything is deterministic: where chance is used, it is seeded. Intervals of differences are t intervals on
cluster totals because that was measured: with 20 to 400 cases, alone and in clusters, they cover 93 to 97 % where
flips are not rare, the percentile bootstrap 85 to 96 %.
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import NormalDist
from typing import TYPE_CHECKING

from loom.core.value import Value

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "DETECTABLE",
    "FEWEST_UNITS",
    "LEVEL",
    "NO_CHANGE",
    "Cluster",
    "Interval",
    "Paired",
    "alike",
    "cases_needed",
    "clusters",
    "holm",
    "paired",
    "score_interval",
    "sign_flip",
    "t_quantile",
    "wilson",
]

LEVEL = 0.95
"""The confidence of every interval; a verdict's error rate is what is left of it."""

_Z = NormalDist().inv_cdf((1 + LEVEL) / 2)
DETECTABLE = _Z + NormalDist().inv_cdf(0.8)
"""How many standard errors a difference must be large to be shown four times in five."""

FEWEST_UNITS = 6
"""With fewer nonzero totals no sign-flip test can reach 5 %, and no t interval can be trusted."""

_NOTHING = 1e-12
"""What rounding may leave of a difference of zero."""

_ENUMERATED = 12
_FLIPS = 9_999
_TAIL = 1 / (2 * math.erfc(1))
"""By how much the tail of a sum of randomly signed numbers can exceed the normal one."""

_SEED = 20_140_101
_MANY = 500
_LARGEST_STEP = 840
_SAME_SHARE = 1e-9
_LARGEST_LATTICE = 1_000_000


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % confidence interval."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


class Cluster(Value):
    """Cases that stand or fall together: their weighted total and their weight."""

    total: float
    weight: float


@dataclass(frozen=True, slots=True)
class Paired:
    """A mean paired difference with its interval, and the p-value of there being none."""

    mean: float
    interval: Interval
    p_value: float
    standard_error: float

    @property
    def separable(self) -> bool:
        """Whether both the interval and the test rule zero out.

        The interval is right 95 % of the time on average; the test never errs more than 5 % of the time, so on
        few flips it is the stricter one.
        """
        return self.p_value <= 1 - LEVEL and 0 not in self.interval


NO_CHANGE = Paired(0.0, Interval(0.0, 0.0), 1.0, 0.0)
"""What lies between a thing and itself."""


def clusters(
    values: Sequence[float], weights: Sequence[float], keys: Sequence[Hashable | None]
) -> list[Cluster]:
    """Weighted totals per cluster, in order of first appearance; the three sequences run in parallel.

    What has the key None stands alone.
    """
    totals: list[float] = []
    sizes: list[float] = []
    places: dict[Hashable, int] = {}
    for each, weight, key in zip(values, weights, keys, strict=True):
        place = len(totals) if key is None else places.setdefault(key, len(totals))
        if place == len(totals):
            totals.append(0.0)
            sizes.append(0.0)
        totals[place] += weight * each
        sizes[place] += weight
    return list(map(Cluster, totals, sizes))


def wilson(successes: float, n: float, quantile: float = _Z) -> Interval:
    """The score interval of a proportion (Wilson 1927, JASA 22:209). `n` may be an effective sample size."""
    if n <= 0:
        return Interval(0.0, 1.0)
    share, square = successes / n, quantile**2
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = quantile / (1 + square / n) * math.sqrt(max(0.0, share * (1 - share) / n + square / (4 * n * n)))
    low = 0.0 if successes <= 0 else max(0.0, middle - half)
    return Interval(min(low, share), max(share, 1.0 if successes >= n else min(1.0, middle + half)))


def score_interval(groups: Sequence[Cluster]) -> Interval:
    """The interval of a weighted mean of values in [0, 1] from clusters.

    Wilson's with an effective sample size, the n at which a proportion would vary as much as was seen between
    clusters (Korn & Graubard 1998, Survey Methodology 24:193), and a t quantile, as that was only seen.
    """
    if len(groups) < 2:
        return Interval(0.0, 1.0)
    mean, error = _ratio(groups)
    return _spread_interval(mean, error, len(groups))


def alike(values: Mapping[float, int]) -> tuple[float, Interval]:
    """The mean, with its interval, of values in [0, 1] of one weight that each stand alone: how often each occurs.

    Wilson's where all are 0 or 1, else as `score_interval`.
    """
    size = sum(values.values())
    mean = min(1.0, max(0.0, math.fsum(value * number for value, number in values.items()) / size))
    if values.keys() <= {0.0, 1.0}:
        interval = wilson(values.get(1.0, 0), size)
    elif size < 2:
        interval = Interval(0.0, 1.0)
    else:
        squares = math.fsum(number * (value - mean) ** 2 for value, number in values.items())
        interval = _spread_interval(mean, math.sqrt(squares / (size - 1) / size), size)
    return mean, Interval(min(interval.low, mean), max(interval.high, mean))


def _spread_interval(mean: float, error: float, size: int) -> Interval:
    mean = min(1.0, max(0.0, mean))
    spread = mean * (1 - mean)
    effective = spread / error**2 if error > 0 and spread > 0 else float(size)
    return wilson(mean * effective, effective, t_quantile(size - 1))


def paired(groups: Sequence[Cluster], limit: float = math.inf, seed: int = _SEED) -> Paired:
    """The mean paired difference over at least one cluster of differences in [-limit, limit], against zero.

    The interval is the t interval of a ratio of cluster totals (Cochran 1977, Sampling Techniques, 6.3). With
    fewer than six nonzero totals, or no spread, two pseudo-clusters of opposite sign are added first, as Bonett &
    Price (2012, J. Educ. Behav. Stat. 37:479) do for flips. Not where nothing changed in what has no limit, and so no
    unit that they could be of.
    """
    changed = [group for group in groups if abs(group.total) > _NOTHING]
    if not changed and limit == math.inf:
        return NO_CHANGE
    mean, error = _ratio(groups)
    center, used = mean, list(groups)
    if len(changed) < FEWEST_UNITS or error == 0:
        used += _pseudo_clusters(groups, changed)
        center, error = _ratio(used)
    half = t_quantile(len(used) - 1) * error
    interval = Interval(max(-limit, min(mean, center - half)), min(limit, max(mean, center + half)))
    return Paired(mean, interval, sign_flip([group.total for group in changed], seed), error)


def _ratio(groups: Sequence[Cluster]) -> tuple[float, float]:
    """The weighted mean and its standard error between clusters."""
    size, weight = len(groups), math.fsum(group.weight for group in groups)
    mean = math.fsum(group.total for group in groups) / weight
    squares = math.fsum((group.total - mean * group.weight) ** 2 for group in groups)
    return mean, math.sqrt(squares * size / max(1, size - 1)) / weight


def _pseudo_clusters(groups: Sequence[Cluster], changed: Sequence[Cluster]) -> list[Cluster]:
    weight = math.fsum(group.weight for group in groups) / len(groups)
    squares = math.fsum(group.total**2 for group in changed)
    size = math.sqrt(squares / len(changed)) if changed else weight
    return [Cluster(size, weight), Cluster(-size, weight)]


def sign_flip(totals: Sequence[float], seed: int = _SEED) -> float:
    """The two-sided p-value of the sign-flip test (Fisher 1935, The Design of Experiments, 21).

    When two workers are alike, each nonzero total is as likely to be its negative, whatever the distribution.
    Exact for up to 12 totals and for totals on a lattice (flips, shares of repetitions; for plain flips it is
    McNemar's exact test); normal beyond 500; else from 9,999 seeded flips, counting the one seen (Phipson & Smyth
    2010, Stat. Appl. Genet. Mol. Biol. 9:39), or a bound by the normal tail where that is smaller (Bentkus &
    Dzindzalieta 2015, Bernoulli 21:1231), since a leaderboard needs smaller p-values than flips can show.
    """
    if len(totals) < 2:
        return 1.0
    tail = math.erfc(abs(math.fsum(totals)) / math.sqrt(2 * math.fsum(total**2 for total in totals)))
    if len(totals) > _MANY:
        return tail
    steps = _lattice(totals)
    if steps is not None:
        return _exact_on_lattice(steps)
    import numpy as np

    values = np.array(totals)
    exact = len(totals) <= _ENUMERATED
    flips = _every_flip(len(totals)) if exact else _some_flips(len(totals), seed)
    extreme = int((np.abs(flips @ values) >= abs(values.sum()) - _NOTHING).sum())
    return extreme / len(flips) if exact else min((extreme + 1) / (len(flips) + 1), _TAIL * tail)


def _every_flip(count: int) -> "NDArray[np.float64]":
    import numpy as np

    numbers = np.arange(2**count, dtype=np.int64)[:, np.newaxis]
    kept = np.bitwise_and(np.right_shift(numbers, np.arange(count, dtype=np.int64)), 1)
    return 2 * kept.astype(np.float64) - 1


def _some_flips(count: int, seed: int) -> "NDArray[np.float64]":
    import numpy as np

    kept = np.random.default_rng(seed).integers(0, 2, (_FLIPS, count), dtype=np.int8)
    return 2 * kept.astype(np.float64) - 1


def _lattice(totals: Sequence[float]) -> list[int] | None:
    """The totals as whole multiples of one step, or None when there is no such coarse step."""
    shares: list[Fraction] = []
    for total in totals:
        exact = Fraction(total)
        share = exact if exact.denominator == 1 else exact.limit_denominator(_LARGEST_STEP)
        if abs(share - exact) > _SAME_SHARE:
            return None
        shares.append(share)
    step = math.lcm(*(share.denominator for share in shares))
    steps = [int(share * step) for share in shares]
    return steps if sum(map(abs, steps)) * len(steps) <= _LARGEST_LATTICE else None


def _exact_on_lattice(steps: Sequence[int]) -> float:
    """P(|sum of randomly signed steps| >= the one seen), by counting the sums of the steps left positive."""
    sizes = [abs(step) for step in steps]
    whole, seen = sum(sizes), abs(sum(steps))
    # Each digit of `ways`, of `width` bits, counts the subsets of the steps so far that have this sum.
    width, ways = len(sizes) + 1, 1
    for size in sizes:
        ways += ways << (width * size)
    tail, count = ways >> (width * ((whole + seen) // 2)), 0
    while tail:
        count += tail & ((1 << width) - 1)
        tail >>= width
    return min(1.0, 2 * count / 2 ** len(sizes))


def t_quantile(freedom: int) -> float:
    """The two-sided 95 % quantile of Student's t: exact for 1 and 2 degrees of freedom, else within 0.2 %.

    From the expansion around the normal quantile (Abramowitz & Stegun 1964, 26.7.5).
    """
    if freedom <= 2:
        tail = 1 - LEVEL
        exact = (math.inf, 1 / math.tan(tail * math.pi / 2), math.sqrt(2 / (tail * (2 - tail)) - 2))
        return exact[max(0, freedom)]
    z = _Z
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / freedom ** (power + 1) for power, term in enumerate(terms))


def holm(p_values: Sequence[float], family: int = 0) -> tuple[float, ...]:
    """Adjusted p-values, in the order given (Holm 1979, Scand. J. Statist. 6:65): compare each with 5 %.

    `family` is how many could have been tested, when these were picked from more by looking at the data.
    """
    size = max(family, len(p_values))
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted, floor = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        floor = max(floor, min(1.0, (size - rank) * p_values[index]))
        adjusted[index] = floor
    return tuple(adjusted)


def cases_needed(difference: float, standard_error: float, n: int) -> int | None:
    """About how many cases more than `n` would show the difference seen four times in five.

    From (z of 5 % two-sided + z of 80 % power)² times the variance of a case (Cohen 1988, 2.4). None when no
    difference was seen.
    """
    if abs(difference) < _NOTHING:
        return None
    needed = n * (DETECTABLE * standard_error / difference) ** 2
    return max(1, math.ceil(needed) - n)
