"""What the executions of each case add up to, group by group as they are read. Reads nothing itself."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from loom.engine.models import ExecutionState
from loom.evaluation.case_totals import CaseTotal
from loom.evaluation.models import Case, ItemKey

__all__ = ["Found", "Group", "Money", "Outcomes", "ScorerSum"]


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


class Group(NamedTuple):
    """Executions of one case that ended in one state, all with a valid output or all without."""

    state: str
    valid: bool
    number: int
    judged: int
    """How many any scorer could judge."""

    satisfied: int
    """How many satisfied every scorer that could judge them."""

    score_sum: float | None
    cached: int
    timed: int
    """How many of which the model's time is known: not those that were cached."""

    took_us: int
    """The model's times of those that are timed."""


Found: TypeAlias = tuple[bytes, Group, Iterable[ScorerSum]]
"""Of the case with that key; what its scorers said, where that was asked for."""


@dataclass(slots=True)
class _Sum:
    """One case, as its groups come in."""

    passed: int = 0
    failed: int = 0
    errored: int = 0
    unscored: int = 0
    aborted: int = 0
    score: float = 0.0
    cached: int = 0
    invalid: int = 0
    timed: int = 0
    took_us: int = 0

    def add(self, group: Group) -> None:
        """Add a group, counted as `scoring.verdict` counts."""
        self.cached += group.cached
        self.timed += group.timed
        self.took_us += group.took_us
        if group.state == ExecutionState.ERRORED:
            self.errored += group.number
            return
        if group.state == ExecutionState.ABORTED:
            self.aborted += group.number
            return
        self.score += group.score_sum or 0.0
        if group.valid:
            self.passed += group.satisfied
            self.failed += group.judged - group.satisfied
            self.unscored += group.number - group.judged
        else:
            self.invalid += group.number
            self.failed += group.number

    def total(self, item: bytes, one: Case, money: Money | None) -> CaseTotal:
        """What they add up to."""
        attempted = self.passed + self.failed + self.errored + self.unscored + self.aborted
        return CaseTotal(
            ItemKey(item),
            one.name,
            self.passed,
            self.failed,
            self.errored,
            self.unscored,
            self.aborted,
            self.score,
            one.cluster,
            one.weight,
            one.split,
            None if money is None else money.cost_nano,
            self.took_us / 1000 if self.timed == attempted else None,
        )


class Outcomes:
    """How the executions of a run ended."""

    def __init__(self, cases: Mapping[bytes, Case], groups: Iterable[Found]) -> None:
        self._cases = cases
        self._sums: defaultdict[bytes, _Sum] = defaultdict(_Sum)
        self.by_scorer: defaultdict[bytes, dict[bytes, ScorerSum]] = defaultdict(dict)
        """What each scorer said, by its hash and the case's key, where that was asked for and it could judge any."""
        for item, group, said in groups:
            self._sums[item].add(group)
            for one in said:
                mine = self.by_scorer[one.scorer]
                before = mine.get(item)
                mine[item] = one if before is None else before.plus(one)

    def totals(self, money: Mapping[bytes, Money]) -> list[CaseTotal]:
        """The cases that have an execution that ended, in the order of the suite.

        What one cost is unknown where `money` has nothing: no answer was its own, as of outputs scored once more.
        """
        cases, sums = self._cases, self._sums
        return [sums[item].total(item, cases[item], money.get(item)) for item in cases if item in sums]

    @property
    def cached(self) -> int:
        """Executions that went without a call on the wire."""
        return sum(one.cached for one in self._sums.values())

    @property
    def invalid(self) -> int:
        """Completed with an output that does not fit the contract."""
        return sum(one.invalid for one in self._sums.values())
