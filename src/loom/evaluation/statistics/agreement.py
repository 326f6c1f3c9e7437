"""How well a judge agrees with people: agreement, Cohen's kappa, and whether it may decide a gate. Pure."""

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from statistics import fmean

from loom.evaluation.statistics.intervals import Interval, wilson

__all__ = ["GATE_LABELS", "Agreement", "Calibration", "Kappa", "Weights", "agreement", "calibrate", "kappa"]

GATE_LABELS = 50
"""With fewer labels a judge may rank, but not decide a gate."""

_LEVELS = 5
_Z = 1.959963984540054


class Weights(StrEnum):
    """What a disagreement costs: the same whatever it is, or by how far apart the two are."""

    NONE = "none"
    QUADRATIC = "quadratic"


@dataclass(frozen=True, slots=True)
class Agreement:
    """The share of items on which two raters say the same."""

    n: int
    value: float
    interval: Interval
    """95 %, Wilson."""


@dataclass(frozen=True, slots=True)
class Kappa:
    """Agreement beyond chance: 0 as chance would have it, 1 perfect."""

    n: int
    value: float | None
    """None when it is not defined: both said one and the same thing of every item."""

    interval: Interval | None
    """95 %, from the large-sample standard error."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A judge beside people, on the outputs that both have judged."""

    agreement: Agreement
    """On pass or fail."""

    kappa: Kappa
    """On pass or fail."""

    graded: Kappa
    """On five levels of the score, quadratic weights."""

    lenient_by: float
    """Mean of the judge's score minus the people's; above 0 the judge is kinder."""

    @property
    def n(self) -> int:
        """Outputs with a label."""
        return self.agreement.n

    @property
    def refusal(self) -> str | None:
        """Why the judge may not decide a gate, only rank; None when it may."""
        if self.n < GATE_LABELS:
            return f"{self.n} human labels, and a judge gates from {GATE_LABELS} on"
        if self.kappa.value is None or self.kappa.interval is None:
            return "all labels say the same, so agreement beyond chance cannot be told"
        if self.kappa.interval.low <= 0:
            return f"kappa {self.kappa.value:.2f} is not separable from chance"
        return None


def agreement(pairs: Sequence[tuple[Hashable, Hashable]]) -> Agreement:
    """How often both say the same.

    Raises:
        ValueError: without any pair.
    """
    if not pairs:
        raise ValueError("no item was judged by both")
    same = sum(left == right for left, right in pairs)
    return Agreement(len(pairs), same / len(pairs), wilson(same, len(pairs)))


def kappa(pairs: Sequence[tuple[float, float]], weights: Weights = Weights.NONE) -> Kappa:
    """Cohen's kappa of two raters, weighted or not, over the categories that occur, which are numbers.

    The standard error is that of Fleiss, Cohen and Everitt (1969), Psychological Bulletin 72:323, for kappas that
    are not 0.

    Raises:
        ValueError: without any pair.
    """
    if not pairs:
        raise ValueError("no item was judged by both")
    n = len(pairs)
    levels = sorted({value for pair in pairs for value in pair})
    if len(levels) == 1:
        return Kappa(n, None, None)
    credit = _credit(weights, levels[-1] - levels[0])
    left = {one: count / n for one, count in Counter(pair[0] for pair in pairs).items()}
    right = {one: count / n for one, count in Counter(pair[1] for pair in pairs).items()}
    observed = fmean(credit(one, other) for one, other in pairs)
    by_left = {one: sum(share * credit(one, other) for other, share in right.items()) for one in left}
    by_right = {other: sum(share * credit(one, other) for one, share in left.items()) for other in right}
    chance = sum(share * by_left[one] for one, share in left.items())
    value = (observed - chance) / (1 - chance)
    squares = fmean(
        (credit(one, other) - (by_left[one] + by_right[other]) * (1 - value)) ** 2 for one, other in pairs
    )
    variance = (squares - (value - chance * (1 - value)) ** 2) / (n * (1 - chance) ** 2)
    reach = _Z * sqrt(max(variance, 0.0))
    return Kappa(n, value, Interval(max(-1.0, value - reach), min(1.0, value + reach)))


def _credit(weights: Weights, spread: float) -> Callable[[float, float], float]:
    """How much agreement a pair of categories is: 1 for the same, 0 for the farthest apart."""
    match weights:
        case Weights.NONE:
            return lambda one, other: float(one == other)
        case Weights.QUADRATIC:
            return lambda one, other: 1 - ((one - other) / spread) ** 2


def calibrate(
    pairs: Sequence[tuple[float, float]], *, judge_threshold: float = 0.5, human_threshold: float = 0.5
) -> Calibration:
    """The judge's scores beside people's, each in [0, 1], judge first; from its threshold on each is a pass.

    Raises:
        ValueError: without any pair.
    """
    passes = [(float(judge >= judge_threshold), float(human >= human_threshold)) for judge, human in pairs]
    graded = [(_level(judge), _level(human)) for judge, human in pairs]
    return Calibration(
        agreement(passes),
        kappa(passes),
        kappa(graded, Weights.QUADRATIC),
        fmean(judge - human for judge, human in pairs),
    )


def _level(score: float) -> float:
    return round(score * (_LEVELS - 1)) / (_LEVELS - 1)
