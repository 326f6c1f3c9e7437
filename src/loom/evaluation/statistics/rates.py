"""Honest rates: a pass rate or mean score that cannot be had without its counts and its interval."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from loom.core.errors import Problem, UsageError
from loom.evaluation.models import ItemKey
from loom.evaluation.statistics.case_totals import CaseTotal, Outcome
from loom.evaluation.statistics.intervals import Interval, alike, clusters, score_interval

__all__ = ["Rate", "both_rates", "mean_over_cases", "pass_rate", "stand_alone"]


@dataclass(frozen=True, slots=True)
class Rate:
    """A mean in [0, 1] over executions, with everything needed to judge it.

    Raises:
        UsageError: when the counts do not add up.
    """

    attempted: int
    completed: int
    errored: int
    aborted: int
    unscored: int
    passed: int
    cases: int
    """Distinct cases in the denominator: what the interval rests on, however often each was repeated."""

    value: float | None
    """None when the denominator is empty."""

    interval: Interval
    """95 %; the whole of [0, 1] when the denominator is empty."""

    weighted: bool = False
    """Whether cases weigh differently: `value` is then not what the counts alone would give."""

    def __post_init__(self) -> None:
        wrong = _inconsistency(self)
        if wrong:
            raise UsageError(Problem(wrong, value=self.counts, remedy="count every execution exactly once"))

    @property
    def counts(self) -> dict[str, int]:
        """The six counts by name."""
        names = ("attempted", "completed", "errored", "aborted", "unscored", "passed")
        return {name: getattr(self, name) for name in names}

    @property
    def n(self) -> int:
        """The denominator: completed and scored, plus errored. A failure to answer is a failure."""
        return self.completed - self.unscored + self.errored

    @property
    def units(self) -> tuple[str, ...]:
        """What to know beside `n`: how many cases that are, when it is not one each, and whether they are weighted."""
        cases = (f"{self.cases:,} cases",) if self.cases != self.n else ()
        return (*cases, *(("weighted",) if self.weighted else ()))

    def show(self) -> str:
        """For people: `86.5 % [80.1, 91.0], n = 120 (3 errored, 1 unscored)`."""
        counts = (f"{count} {name}" for name, count in self.counts.items() if name in _NOTED and count)
        notes = [*self.units, *counts]
        tail = f" ({', '.join(notes)})" if notes else ""
        if self.value is None:
            return f"no rate, n = 0{tail}"
        low, high = 100 * self.interval.low, 100 * self.interval.high
        return f"{100 * self.value:.1f} % [{low:.1f}, {high:.1f}], n = {self.n:,}{tail}"


_NOTED = frozenset({"errored", "aborted", "unscored"})


def _inconsistency(rate: Rate) -> str | None:
    if min(*rate.counts.values(), rate.cases) < 0:
        return "a count is below zero"
    if rate.attempted != rate.completed + rate.errored + rate.aborted:
        return "attempted is not completed + errored + aborted"
    if rate.passed + rate.unscored > rate.completed:
        return "passed + unscored is more than completed"
    if rate.cases > rate.n or (rate.n > 0) != (rate.cases > 0) or (rate.n > 0) != (rate.value is not None):
        return "cases, value and denominator do not fit together"
    if rate.value is not None and not (0 <= rate.interval.low <= rate.value <= rate.interval.high <= 1):
        return "the value lies outside its interval or outside [0, 1]"
    return None


def pass_rate(cases: Iterable[CaseTotal]) -> Rate:
    """The share that passed, weighted by case when weights differ.

    The interval is Wilson's when each case stands alone, ran once and weighs the same. Else the case (or its
    cluster) is the unit, and the interval comes from the spread between units: repetitions make a case's own
    share more certain, and never count as cases.
    """
    return _rates(list(cases), "pass_share")[0]


def both_rates(cases: Iterable[CaseTotal]) -> tuple[Rate, Rate]:
    """The pass rate and the mean score, for which the cases are gone through once."""
    rate, score = _rates(list(cases), "pass_share", "mean_score")
    return rate, score


def _rates(cases: Sequence[CaseTotal], *measures: str) -> list[Rate]:
    kinds = _kinds(cases)
    number = {
        outcome.value: sum(getattr(kind, outcome) * times for kind, times in kinds.items())
        for outcome in Outcome
    }
    weighted = len({kind.weight for kind in kinds if kind.counted}) > 1
    attempted, errored, aborted = sum(number.values()), number["errored"], number["aborted"]
    means = [_mean(cases, kinds, attrgetter(measure)) for measure in measures]
    return [
        Rate(
            attempted=attempted,
            completed=attempted - errored - aborted,
            errored=errored,
            aborted=aborted,
            unscored=number["unscored"],
            passed=number["passed"],
            cases=sum(times for kind, times in kinds.items() if kind.counted),
            value=value,
            interval=interval,
            weighted=weighted,
        )
        for value, interval in means
    ]


def _kinds(cases: Iterable[CaseTotal]) -> dict[CaseTotal, int]:
    """How many cases are alike in all that rates look at: most are, so what follows from that is found out once."""
    return {CaseTotal(_NOBODY, "", *kind): times for kind, times in Counter(map(_KIND, cases)).items()}


_NOBODY = ItemKey(b"")
_KIND = attrgetter("passed", "failed", "errored", "unscored", "aborted", "score_sum", "cluster", "weight")
"""The fields of a total behind its key and name."""


def _mean(
    cases: Sequence[CaseTotal], kinds: Mapping[CaseTotal, int], value_of: Callable[[CaseTotal], float]
) -> tuple[float | None, Interval]:
    if not stand_alone(kinds):
        counted = [case for case in cases if case.counted]
        return mean_over_cases(counted, list(map(value_of, counted)))
    shares: Counter[float] = Counter()
    for kind, times in kinds.items():
        if kind.counted:
            shares[value_of(kind)] += times
    return alike(shares) if shares else (None, Interval(0.0, 1.0))


def stand_alone(cases: Collection[CaseTotal]) -> bool:
    """Whether all weigh the same and none is in a cluster."""
    return all(case.cluster is None for case in cases) and len({case.weight for case in cases}) <= 1


def mean_over_cases(cases: Sequence[CaseTotal], values: Sequence[float]) -> tuple[float | None, Interval]:
    """The weighted mean of a value in [0, 1] of each case, with its interval; None over no case.

    A case weighs the same however often it ran. The interval is Wilson's where every value is 0 or 1 and every case
    stands alone and weighs the same, else it comes from the spread between cases or clusters.
    """
    if not cases:
        return None, Interval(0.0, 1.0)
    weights = [case.weight for case in cases]
    if stand_alone(cases):
        return alike(Counter(values))
    groups = clusters(values, weights, [case.cluster for case in cases])
    value = sum(group.total for group in groups) / sum(group.weight for group in groups)
    value = min(1.0, max(0.0, value))
    interval = score_interval(groups)
    return value, Interval(min(interval.low, value), max(interval.high, value))
