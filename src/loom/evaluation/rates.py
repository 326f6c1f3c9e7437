"""Honest rates: a pass rate or mean score that cannot be had without its counts and its interval."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from loom.core.errors import Problem, UsageError
from loom.evaluation.models import ItemKey, Split
from loom.evaluation.statistics import Interval, clusters, score_interval, wilson

__all__ = ["Outcome", "Rate", "ScoredExecution", "mean_score", "pass_rate"]


class Outcome(StrEnum):
    """How one execution ended, as a rate counts it."""

    PASSED = "passed"
    FAILED = "failed"
    UNSCORED = "unscored"
    """It completed, but no scorer could judge it."""

    ERRORED = "errored"
    """It ended without an output: counted as a failure with score 0."""

    ABORTED = "aborted"
    """Stopped from outside before it could end: says nothing about the worker, so it is only shown."""


@dataclass(frozen=True, slots=True)
class ScoredExecution:
    """One execution of one case with its score: all that rates and comparisons look at."""

    key: ItemKey
    name: str
    """The case's name."""

    outcome: Outcome
    score: float | None = None
    """In [0, 1] when passed or failed; ignored otherwise."""

    cluster: str | None = None
    weight: float = 1.0
    split: Split = Split.TRAIN
    cost_nano_usd: int | None = None
    latency_ms: float | None = None

    @property
    def counted(self) -> bool:
        """Whether it is in the denominator: passed, failed or errored."""
        return self.outcome in {Outcome.PASSED, Outcome.FAILED, Outcome.ERRORED}

    @property
    def passed_value(self) -> float:
        """1 when passed, else 0."""
        return 1.0 if self.outcome is Outcome.PASSED else 0.0

    @property
    def score_value(self) -> float:
        """The score; 0 when errored."""
        return 0.0 if self.score is None or self.outcome is Outcome.ERRORED else self.score


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

    def show(self) -> str:
        """For people: `86.5 % [80.1, 91.0], n = 120 (3 errored, 1 unscored)`."""
        notes = [f"{count} {name}" for name, count in self.counts.items() if name in _NOTED and count]
        if self.cases != self.n:
            notes.insert(0, f"{self.cases} cases")
        tail = f" ({', '.join(notes)})" if notes else ""
        if self.value is None:
            return f"no rate, n = 0{tail}"
        low, high = 100 * self.interval.low, 100 * self.interval.high
        return f"{100 * self.value:.1f} % [{low:.1f}, {high:.1f}], n = {self.n}{tail}"


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


def pass_rate(executions: Iterable[ScoredExecution]) -> Rate:
    """The share that passed, weighted by case when weights differ.

    The interval is Wilson's when each case stands alone, ran once and weighs the same. Else the case (or its
    cluster) is the unit, and the interval comes from the spread between units: repetitions make a case's own
    share more certain, and never count as cases.
    """
    everything = list(executions)
    counted = [execution for execution in everything if execution.counted]
    return _rate(everything, counted, [execution.passed_value for execution in counted], binary=True)


def mean_score(executions: Iterable[ScoredExecution]) -> Rate:
    """The mean score, errors as 0, weighted by case when weights differ; the case or cluster is the unit."""
    everything = list(executions)
    counted = [execution for execution in everything if execution.counted]
    return _rate(everything, counted, [execution.score_value for execution in counted], binary=False)


def _rate(
    everything: Sequence[ScoredExecution],
    counted: Sequence[ScoredExecution],
    values: list[float],
    *,
    binary: bool,
) -> Rate:
    per_outcome = dict.fromkeys(Outcome, 0)
    for execution in everything:
        per_outcome[execution.outcome] += 1
    errored, aborted = per_outcome[Outcome.ERRORED], per_outcome[Outcome.ABORTED]
    value, interval = _estimate(counted, values, binary=binary)
    return Rate(
        attempted=len(everything),
        completed=len(everything) - errored - aborted,
        errored=errored,
        aborted=aborted,
        unscored=per_outcome[Outcome.UNSCORED],
        passed=per_outcome[Outcome.PASSED],
        cases=len({execution.key for execution in counted}),
        value=value,
        interval=interval,
    )


def _estimate(
    counted: Sequence[ScoredExecution], values: list[float], *, binary: bool
) -> tuple[float | None, Interval]:
    if not counted:
        return None, Interval(0.0, 1.0)
    repetitions: dict[ItemKey, int] = {}
    for execution in counted:
        repetitions[execution.key] = repetitions.get(execution.key, 0) + 1
    # A case weighs the same however often it ran.
    weights = [execution.weight / repetitions[execution.key] for execution in counted]
    units = [execution.key if execution.cluster is None else execution.cluster for execution in counted]
    groups = clusters(values, weights, units)
    value = sum(group.total for group in groups) / sum(group.weight for group in groups)
    value = min(1.0, max(0.0, value))
    if binary and len(groups) == len(counted) and len(set(weights)) == 1:
        interval = wilson(sum(values), len(values))
    else:
        interval = score_interval(groups)
    return value, Interval(min(interval.low, value), max(interval.high, value))
