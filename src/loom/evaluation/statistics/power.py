"""Planning: how many cases show a difference, and what difference a number of cases can show."""

import math
from dataclasses import dataclass

from loom.core.errors import Problem, UsageError
from loom.evaluation.statistics.intervals import DETECTABLE, FEWEST_UNITS

__all__ = ["Spread", "cases_for", "effect_of", "spread_between", "spread_of_rate"]


@dataclass(frozen=True, slots=True)
class Spread:
    """By how much the difference of one case varies: the standard deviation, and where it is known from."""

    deviation: float
    source: str


def spread_of_rate(rate: float, effect: float) -> Spread:
    """The spread when a worker of `rate` and one better by `effect` answer each case independently.

    It is the most there is: workers that agree on what is hard vary less, and need fewer cases.

    Raises:
        UsageError: when `rate` is not in [0, 1].
    """
    if not 0 <= rate <= 1:
        raise UsageError(Problem("is no rate from 0 to 100 %", "--rate", value=100 * rate))
    other = min(1.0, max(0.0, rate + effect))
    return Spread(math.sqrt(rate * (1 - rate) + other * (1 - other)), f"a pass rate of {100 * rate:.0f} %")


def spread_between(standard_error: float, cases: int) -> Spread:
    """The spread seen in a comparison of two runs.

    Raises:
        UsageError: when nothing differed between them.
    """
    if standard_error <= 0:
        remedy = "give --rate, or two runs that differ"
        raise UsageError(Problem("the runs do not differ in any case", remedy=remedy))
    return Spread(standard_error * math.sqrt(cases), "the two runs")


def cases_for(effect: float, spread: Spread) -> int:
    """About how many cases show a difference of `effect` four times in five (Cohen 1988, 2.4).

    Raises:
        UsageError: when `effect` is not in (0, 1].
    """
    if not 0 < effect <= 1:
        remedy = "give points, as in --effect 5"
        raise UsageError(
            Problem("is not above 0 and at most 100 points", "--effect", value=100 * effect, remedy=remedy)
        )
    return max(FEWEST_UNITS, math.ceil((DETECTABLE * spread.deviation / effect) ** 2))


def effect_of(cases: int, spread: Spread) -> float:
    """The smallest difference that `cases` show four times in five."""
    return min(1.0, DETECTABLE * spread.deviation / math.sqrt(cases))
