"""Two runs side by side: how many cases flipped, by which measures they differ, and the changed cases by page."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection

from loom.evaluation.comparing.comparison import Comparison, Difference, Measure, difference
from loom.evaluation.models import Case
from loom.evaluation.reading.cases import CaseRow, first_rows
from loom.evaluation.reading.configuration import Change, configuration_of, differences
from loom.evaluation.reading.cursors import read_cursor, write_cursor
from loom.evaluation.reading.run_figures import RunFigures, beside
from loom.evaluation.results.case_sums import ScorerSum
from loom.evaluation.statistics.case_totals import CaseTotal

__all__ = [
    "ChangeKind",
    "ChangePage",
    "ChangeQuery",
    "ChangedCase",
    "Compared",
    "MeasureRow",
    "Pair",
    "compared",
    "pairs",
    "read_changes",
    "tags_of_broken",
]

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

    judged: bool
    """Whether a verdict may be given by it: both runs have ended, and the same scorers judged it in both."""


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

    changed: frozenset[bytes]
    """The keys of those that did not come out alike."""

    measures: tuple[MeasureRow, ...]
    """By each that both runs have: rates, then scorers, then price and speed."""

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


def compared(a: RunFigures, b: RunFigures, measure: Measure) -> Compared:
    """`b` beside `a`.

    Raises:
        UsageError: when they cannot be compared.
    """
    shared = pairs(a.report.cases, b.report.cases)
    kinds = Counter(pair.kind for pair in shared)
    flips = Counter((_passes(pair.a), _passes(pair.b)) for pair in shared)
    result = beside(a, b, measure)
    return Compared(
        comparison=result,
        passed_in_both=flips[True, True],
        fixed=flips[False, True],
        broken=flips[True, False],
        failed_in_both=flips[False, False],
        kinds=dict(kinds),
        changed=frozenset(pair.key for pair in shared if pair.kind.changed),
        measures=tuple(_measures(result, a, b, shared)),
        configuration=differences(configuration_of(a.material), configuration_of(b.material)),
        tags_of_broken=tags_of_broken(shared, a.material.cases),
    )


def read_changes(connection: Connection, a: RunFigures, b: RunFigures, query: ChangeQuery) -> ChangePage:
    """The page that `query` asks for.

    Raises:
        UsageError: for a cursor that cannot be understood.
    """
    (before,) = map(int, read_cursor(query.cursor)) if query.cursor else (0,)
    shared = pairs(a.report.cases, b.report.cases)
    wanted = [pair for pair in shared if _wanted(pair.kind, query.kind)]
    shown = wanted[max(0, before) :][: query.size]
    keys = [pair.key for pair in shown]
    a_rows, b_rows = (first_rows(connection, one.material, keys) for one in (a, b))
    items = tuple(
        ChangedCase(
            a.material.cases[pair.key],
            pair.key,
            pair.kind,
            pair.a,
            pair.b,
            a_rows.get(pair.key),
            b_rows.get(pair.key),
        )
        for pair in shown
    )
    after = before + len(shown)
    more = write_cursor((after,)) if shown and after < len(wanted) else None
    return ChangePage(items, len(wanted), before + 1 if shown else 0, more)


def _wanted(kind: ChangeKind, asked: ChangeKind | None) -> bool:
    return kind is asked if asked is not None else kind.changed


def _measures(
    comparison: Comparison, a: RunFigures, b: RunFigures, shared: Sequence[Pair]
) -> Iterator[MeasureRow]:
    alike, ended = not comparison.scored_differently, not comparison.unfinished
    itself = a.report.run.id == b.report.run.id
    by_a, by_b = a.report.results.yardstick, b.report.results.yardstick
    scorers = (
        (
            name,
            _of_scorer(shared, a.means[name], b.means[name], itself=itself),
            by_a.get(name) == by_b.get(name),
        )
        for name in a.means
        if name in b.means
    )
    found = (
        ("pass rate", comparison.pass_rate, alike),
        ("score", comparison.score, alike),
        *scorers,
        ("cost", comparison.cost_nano_usd, True),
        ("latency", comparison.latency_ms, True),
    )
    for name, change, comparable in found:
        if change is not None:
            yield MeasureRow(name, change, comparable and ended)


def tags_of_broken(shared: Sequence[Pair], cases: Mapping[bytes, Case]) -> tuple[tuple[str, int], ...]:
    """The tags that broken cases carry, the most frequent first."""
    broken = (pair.key for pair in shared if pair.kind is ChangeKind.BROKEN)
    return tuple(Counter(tag for key in broken for tag in cases[key].tags).most_common(_MOST_TAGS))


def _of_scorer(
    shared: Sequence[Pair],
    before: Mapping[bytes, ScorerSum],
    after: Mapping[bytes, ScorerSum],
    *,
    itself: bool,
) -> Difference | None:
    """The weighted difference of what one scorer said, over the cases that it could score in both."""
    known = [
        (pair.a, before[pair.key].mean, after[pair.key].mean)
        for pair in shared
        if pair.key in before and pair.key in after
    ]
    return difference(known, 1.0, itself=itself)


def _passes(case: CaseTotal) -> bool:
    return (case.pass_share or 0.0) > 0.5
