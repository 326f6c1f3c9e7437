"""The executions of each case added up: all that rates, comparisons and leaderboards look at."""

from enum import StrEnum

from loom.core.value import Value
from loom.evaluation.models import ItemKey, Split

__all__ = ["CaseTotal", "Outcome"]


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


class CaseTotal(Value):
    """The executions of one case: how many ended how, and what they add up to."""

    key: ItemKey
    name: str
    passed: int = 0
    failed: int = 0
    errored: int = 0
    unscored: int = 0
    aborted: int = 0
    score_sum: float = 0.0
    """Over the passed and the failed; what errored adds nothing."""

    cluster: str | None = None
    weight: float = 1.0
    split: Split = Split.TRAIN
    cost_nano_usd: float | None = None
    """Of all executions together; None when any is unknown."""

    latency_ms: float | None = None
    """Of all executions together; None when any is unknown, as of one from the cache."""

    @property
    def attempted(self) -> int:
        """All of its executions."""
        return self.counted + self.unscored + self.aborted

    @property
    def counted(self) -> int:
        """Those in the denominator: passed, failed or errored."""
        return self.passed + self.failed + self.errored

    @property
    def pass_share(self) -> float | None:
        """The share that passed; None when none counts."""
        counted = self.counted
        return self.passed / counted if counted else None

    @property
    def mean_score(self) -> float | None:
        """The mean score, errors as 0; None when none counts."""
        counted = self.counted
        return self.score_sum / counted if counted else None

    @property
    def mean_cost(self) -> float | None:
        """Per execution, in 1e-9 USD."""
        return None if self.cost_nano_usd is None else self.cost_nano_usd / self.attempted

    @property
    def mean_latency(self) -> float | None:
        """Per execution, in milliseconds."""
        return None if self.latency_ms is None else self.latency_ms / self.attempted
