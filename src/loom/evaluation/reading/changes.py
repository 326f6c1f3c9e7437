"""Two runs side by side: how many cases flipped, by which measures they differ, and the changed cases by page."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from loom.evaluation.case_totals import CaseTotal
from loom.evaluation.comparison import Comparison, Difference
from loom.evaluation.models import Case
from loom.evaluation.reading.cases import CaseRow
from loom.evaluation.reading.configuration import Change
from loom.evaluation.reading.figures_store import ScorerSum
from loom.evaluation.reading.head import Means
from loom.evaluation.statistics import NO_CHANGE, clusters, paired

__all__ = ["ChangeKind", "ChangePage", "ChangeQuery", "ChangedCase", "Compared", "MeasureRow", "Pair", "measures", "pairs", "tags_of_broken"]

_ALIKE = 1e-9
_MOST_TAGS = 5


class ChangeKind(StrEnum):
    """What became of a case."""

    FIXED = "fixed"
    BROKEN = "broken"
    BETTER = "better"
    """It counts as before, with a higher score."""

    WORSE = "worse"
    PASSED = "passed in both"
    FAILED = "failed in both"

    @property
    def changed(self) -> bool:
        """Whether anything did."""
        return self not in (ChangeKind.PASSED, ChangeKind.FAILED)


@dataclass(frozen=True, slots=True)
class Pair:
    """A case that could be scored in both runs."""

    a: CaseTotal
    b: CaseTotal

    @property
    def key(self) -> bytes:
        """Under which the store knows the case."""
        return self.a.key.item_hash

    @property
    def kind(self) -> ChangeKind:
        """What became of it. With repetitions a case passes when more than half of them do."""
        before, after = _passes(self.a), _passes(self.b)
        if before is not after:
            return ChangeKind.FIXED if after else ChangeKind.BROKEN
        change = (self.b.mean_score or 0.0) - (self.a.mean_score or 0.0)
        if abs(change) > _ALIKE:
            return ChangeKind.BETTER if change > 0 else ChangeKind.WORSE
        return ChangeKind.PASSED if after else ChangeKind.FAILED


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """One measure in both runs."""

    name: str
    """`pass rate`, `score`, `cost`, `latency`, or a scorer's name."""

    difference: Difference
    """Cost in 1e-9 USD and latency in milliseconds per execution; all others in [0, 1]."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Two runs side by side."""

    comparison: Comparison
    passed_in_both: int
    fixed: int
    broken: int
    failed_in_both: int
    kinds: Mapping[ChangeKind, int]
    """How many cases there are of each kind; better and worse ones passed, or failed, in both."""

    measures: tuple[MeasureRow, ...]
    configuration: tuple[Change, ...]
    tags_of_broken: tuple[tuple[str, int], ...]
    """The tags that broken cases carry most often."""


@dataclass(frozen=True, slots=True)
class ChangeQuery:
    """Which cases of two runs."""

    kind: ChangeKind | None = None
    """None: all that changed."""

    cursor: str | None = None
    size: int = 50


@dataclass(frozen=True, slots=True)
class ChangedCase:
    """A case in both runs."""

    case: Case
    key: bytes
    kind: ChangeKind
    a: CaseTotal
    b: CaseTotal
    a_row: CaseRow | None
    """Its first repetition."""

    b_row: CaseRow | None


@dataclass(frozen=True, slots=True)
class ChangePage:
    """Cases, and where the list goes on."""

    items: tuple[ChangedCase, ...]
    total: int
    first: int
    """The number of the first in the whole list, from 1."""

    next: str | None


def pairs(a: Sequence[CaseTotal], b: Sequence[CaseTotal]) -> tuple[Pair, ...]:
    """The cases that were scored in both, in the order of `a`."""
    others = {case.key: case for case in b if case.counted}
    return tuple(Pair(case, others[case.key]) for case in a if case.counted and case.key in others)


def measures(
    comparison: Comparison, of_a: Means, of_b: Means, shared: Sequence[Pair]
) -> tuple[MeasureRow, ...]:
    """The differences by each measure that both runs have: rates, then scorers, then price and speed."""
    rates = (("pass rate", comparison.pass_rate), ("score", comparison.score))
    scorers = ((name, _difference(shared, of_a[name], of_b[name])) for name in of_a if name in of_b)
    costs = (("cost", comparison.cost_nano_usd), ("latency", comparison.latency_ms))
    found = (*rates, *scorers, *costs)
    return tuple(MeasureRow(name, difference) for name, difference in found if difference is not None)


def tags_of_broken(shared: Sequence[Pair], cases: Mapping[bytes, Case]) -> tuple[tuple[str, int], ...]:
    """The tags that broken cases carry, the most frequent first."""
    broken = (pair.key for pair in shared if pair.kind is ChangeKind.BROKEN)
    return tuple(Counter(tag for key in broken for tag in cases[key].tags).most_common(_MOST_TAGS))


def _difference(
    shared: Sequence[Pair], before: Mapping[bytes, ScorerSum], after: Mapping[bytes, ScorerSum]
) -> Difference | None:
    """The weighted difference of what one scorer said, over the cases that it could score in both."""
    known = [
        (pair.a, before[pair.key].mean, after[pair.key].mean)
        for pair in shared
        if pair.key in before and pair.key in after
    ]
    if not known:
        return None
    weights = [case.weight for case, _, _ in known]
    groups = clusters([b - a for _, a, b in known], weights, [case.cluster for case, _, _ in known])
    first = math.fsum(weight * a for weight, (_, a, _) in zip(weights, known, strict=True))
    mean = first / math.fsum(weights)
    change = NO_CHANGE if all(a == b for _, a, b in known) else paired(groups, 1.0)
    return Difference(mean, mean + change.mean, change, len(known), len(groups))


def _passes(case: CaseTotal) -> bool:
    return (case.pass_share or 0.0) > 0.5
