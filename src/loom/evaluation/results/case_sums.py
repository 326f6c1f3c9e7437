"""What the executions of each case add up to. Reads nothing itself."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from typing import NamedTuple

from loom.evaluation.models import Case, ItemKey
from loom.evaluation.statistics.case_totals import CaseTotal

__all__ = ["Ended", "Mark", "Money", "Outcomes", "ScorerSum"]


class Money(NamedTuple):
    """What answers cost when first given, None when any price is unknown, and the tokens they took."""

    cost_nano: int | None
    input_tokens: int
    output_tokens: int


class ScorerSum(NamedTuple):
    """The scores that one scorer gave to executions of one case."""

    scorer: bytes
    total: float
    number: int
    """How many it could judge: at least one."""

    passed: int
    """How many reach its threshold."""

    @property
    def mean(self) -> float:
        """The mean score."""
        return self.total / self.number

    def plus(self, other: "ScorerSum") -> "ScorerSum":
        """Both, of one scorer."""
        _, total, number, passed = other
        return ScorerSum(self.scorer, self.total + total, self.number + number, self.passed + passed)


class Mark(StrEnum):
    """How an execution ended, and where the model's time went, in a letter each."""

    PASSED = "p"
    FAILED = "f"
    INVALID = "i"
    """It failed, as its output does not fit the contract."""

    ERRORED = "e"
    UNSCORED = "u"
    ABORTED = "a"
    CACHED = "c"
    TIMED = "t"


class Ended(NamedTuple):
    """The executions of one case that ended."""

    marks: str = ""
    """How, for each, and whether it was cached or timed: one string, as every number more costs the database time."""

    score_sum: float = 0.0
    took_us: int = 0
    """The model's times of those that are timed."""

    def plus(self, other: "Ended") -> "Ended":
        """Both, of one case."""
        marks, score_sum, took_us = other
        return Ended(self.marks + marks, self.score_sum + score_sum, self.took_us + took_us)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How the executions of a run ended; by the key of their case."""

    cases: Mapping[bytes, Case]
    ended: Mapping[bytes, Ended]
    """Of the cases that have an execution that ended."""

    by_scorer: Mapping[bytes, Mapping[bytes, ScorerSum]]
    """What each scorer said, by its hash and the case's key, where that was asked for and it could judge any."""

    def totals(self, money: Mapping[bytes, Money]) -> list[CaseTotal]:
        """The cases that have an execution that ended, in the order of the suite.

        What one cost is unknown where `money` has nothing: no answer was its own, as of outputs scored once more.
        """
        ended, known = self.ended, {marks: _counts(marks) for marks in self._kinds()}
        totals: list[CaseTotal] = []
        for item, one in self.cases.items():
            if item in ended:
                marks, score_sum, took_us = ended[item]
                passed, failed, errored, unscored, aborted, timed = known[marks]
                cost = money.get(item)
                total = CaseTotal(
                    ItemKey(item),
                    one.name,
                    passed,
                    failed,
                    errored,
                    unscored,
                    aborted,
                    score_sum,
                    one.cluster,
                    one.weight,
                    one.split,
                    None if cost is None else cost.cost_nano,
                    took_us / 1000 if timed else None,
                )
                totals.append(total)
        return totals

    @property
    def cached(self) -> int:
        """Executions that went without a call on the wire."""
        return self._marked(Mark.CACHED)

    @property
    def invalid(self) -> int:
        """Completed with an output that does not fit the contract."""
        return self._marked(Mark.INVALID)

    def _marked(self, mark: Mark) -> int:
        return sum(marks.count(mark) * number for marks, number in self._kinds().items())

    def _kinds(self) -> Counter[str]:
        """How many cases have these marks: most have the same, so what follows from them is worked out once."""
        return Counter(map(attrgetter("marks"), self.ended.values()))


def _counts(marks: str) -> tuple[int, int, int, int, int, bool]:
    """How many passed, failed, errored, were unscored and aborted; and whether all were timed."""
    failed = marks.count(Mark.FAILED) + marks.count(Mark.INVALID)
    passed, errored, unscored, aborted, timed = map(
        marks.count, (Mark.PASSED, Mark.ERRORED, Mark.UNSCORED, Mark.ABORTED, Mark.TIMED)
    )
    whole = timed == passed + failed + errored + unscored + aborted
    return passed, failed, errored, unscored, aborted, whole
