"""Says whether run B is better than run A on the cases they share; knows nothing of how they were run."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from operator import attrgetter, mul, sub
from typing import NamedTuple

from loom.core.errors import Problem, UsageError
from loom.core.jsonvalue import JsonValue
from loom.evaluation.models import ItemKey, Split
from loom.evaluation.statistics.case_totals import CaseTotal
from loom.evaluation.statistics.intervals import (
    FEWEST_UNITS,
    NO_CHANGE,
    Paired,
    cases_needed,
    clusters,
    paired,
)

__all__ = [
    "Comparison",
    "Difference",
    "Measure",
    "RunScores",
    "Verdict",
    "all_sealed",
    "compare",
    "difference",
    "scored_apart",
]


class Verdict(StrEnum):
    """What may be said of B beside A. Identical workers are told apart at most 5 % of the time."""

    BETTER = "better"
    WORSE = "worse"
    NOT_SEPARABLE = "not separable"
    NONE = "no verdict"
    """Nothing may be said: one of them has not ended or was stopped, or other scorers judged it."""


class Measure(StrEnum):
    """What the verdict is about. One, chosen beforehand: the luckier of two alarms falsely more often."""

    PASS_RATE = "pass rate"  # noqa: S105 - a rate, not a password
    SCORE = "score"

    def of(self, case: CaseTotal) -> float | None:
        """Its value in one case; None when no execution of the case counts."""
        return case.pass_share if self is Measure.PASS_RATE else case.mean_score


@dataclass(frozen=True, slots=True)
class RunScores:
    """One run as a comparison sees it."""

    name: str
    cases: tuple[CaseTotal, ...]
    run_id: bytes | None = None
    scorers: Mapping[str, str] = field(default_factory=dict[str, str])
    """What judged every case, by name: with which settings, in any words that tell them apart."""

    own: Mapping[ItemKey, tuple[JsonValue, ...]] = field(default_factory=dict[ItemKey, tuple[JsonValue, ...]])
    """The scorers that single cases have besides, as those specify them."""

    unfinished: str = ""
    """That the run has not ended or was stopped before, in words; empty when it is whole."""


@dataclass(frozen=True, slots=True)
class Difference:
    """B minus A, per case, over the cases where both are known."""

    a: float
    b: float
    change: Paired
    cases: int
    units: int
    """Clusters, and cases that are in none: what varies independently."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """B beside A, paired by case. Case names are A's; lists are in A's order."""

    a: str
    b: str
    verdict: Verdict
    reason: str
    measure: Measure
    cases: int
    """Pairs in which both sides could be scored: what every difference in score rests on."""

    pass_rate: Difference | None
    """None when there is no pair."""

    score: Difference | None
    cost_nano_usd: Difference | None
    """Per case; None when no pair has a known cost on both sides."""

    latency_ms: Difference | None
    unfinished: tuple[str, ...]
    """Those that have not ended or were stopped, with how far each is: whoever looks, or stops, chooses when."""

    scored_differently: bool
    """Whether other scorers, or the same with other settings, judged B: a difference may then be theirs alone."""

    scored_by_others: tuple[str, ...]
    """Cases that have other scorers of their own in B: scoring A once more, on its suite, would not change that."""

    cases_needed: int | None
    """About how many more cases would show the difference seen; None when separated or when there is none."""

    fixed: tuple[str, ...]
    """Fail in A and pass in B. With repetitions a case passes when more than half of them do."""

    broken: tuple[str, ...]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    unscored: tuple[str, ...]
    """Shared cases left out because one side could not be scored."""

    errored_a: tuple[str, ...]
    """Shared cases with an execution that errored in A: counted as failed."""

    errored_b: tuple[str, ...]
    sealed: bool
    """Whether the cases are of the sealed split."""

    @property
    def shared(self) -> bool:
        """Whether any case is in both, scored or not."""
        return bool(self.cases or self.unscored)

    @property
    def main(self) -> Difference | None:
        """The difference that the verdict is about."""
        return self.pass_rate if self.measure is Measure.PASS_RATE else self.score

    def show(self) -> str:
        """The verdict for people, on one line."""
        main = self.main
        if main is None:
            return f"{self.b} against {self.a}: {self.verdict} ({self.reason})"
        low, high = 100 * main.change.interval.low, 100 * main.change.interval.high
        change = f"{100 * main.change.mean:+.1f} points [{low:+.1f}, {high:+.1f}]"
        flips = f"{len(self.fixed)} fixed, {len(self.broken)} broken"
        return f"{self.b} against {self.a}: {self.verdict}, {self.measure} {change}, {flips} ({self.reason})"


class _Pair(NamedTuple):
    a: CaseTotal
    b: CaseTotal

    @property
    def flip(self) -> int:
        """1 when fixed, -1 when broken, else 0."""
        return _passes(self.b) - _passes(self.a)


def compare(a: RunScores, b: RunScores, measure: Measure = Measure.PASS_RATE) -> Comparison:
    """Compare `b` with `a` on the cases they share.

    A run beside itself differs by exactly nothing: there is no chance in it that an interval could tell of.

    Raises:
        UsageError: when shared cases are partly sealed and partly not.
    """
    others, known = {case.key: case for case in b.cases}, {case.key for case in a.cases}
    shared = [_Pair(case, others[case.key]) for case in a.cases if case.key in others]
    sealed = all_sealed([case for pair in shared for case in pair])
    itself = a.run_id is not None and a.run_id == b.run_id
    scored, unscored = _apart(shared)
    beside = _Beside(scored, itself=itself)
    flips = [(pair.flip, pair.a.name) for pair in scored]
    rate, score = (beside.difference(measured.of, 1.0) for measured in Measure)
    apart = scored_apart(a, b)
    unfinished = tuple(dict.fromkeys(one.unfinished for one in (a, b) if one.unfinished))
    verdict, reason, more = _judge(rate if measure is Measure.PASS_RATE else score)
    if withheld := "; ".join((*unfinished, *((apart,) if apart else ()))):
        verdict, reason, more = Verdict.NONE, withheld, None
    elif itself:
        reason = "a run beside itself"
    return Comparison(
        a=a.name,
        b=b.name,
        verdict=verdict,
        reason=reason,
        measure=measure,
        cases=len(flips),
        pass_rate=rate,
        score=score,
        cost_nano_usd=beside.difference(attrgetter("mean_cost")),
        latency_ms=beside.difference(attrgetter("mean_latency")),
        unfinished=unfinished,
        scored_differently=bool(apart),
        scored_by_others=_scored_by_others(a, b),
        cases_needed=more,
        fixed=tuple(name for flip, name in flips if flip > 0),
        broken=tuple(name for flip, name in flips if flip < 0),
        only_a=tuple(case.name for case in a.cases if case.key not in others),
        only_b=tuple(case.name for case in b.cases if case.key not in known),
        unscored=tuple(pair.a.name for pair in unscored),
        errored_a=tuple(pair.a.name for pair in shared if pair.a.errored),
        errored_b=tuple(pair.a.name for pair in shared if pair.b.errored),
        sealed=sealed,
    )


def all_sealed(cases: Iterable[CaseTotal]) -> bool:
    """Whether `cases` are of the sealed split; False for none.

    Raises:
        UsageError: when some are and some are not.
    """
    kinds = {case.split is Split.SEALED for case in cases}
    if len(kinds) > 1:
        remedy = "compare the sealed split alone, or leave it out"
        raise UsageError(Problem("the runs mix sealed cases with others", remedy=remedy))
    return kinds == {True}


def _apart(pairs: Iterable[_Pair]) -> tuple[list[_Pair], list[_Pair]]:
    """Those scored on both sides, and those that are not."""
    scored: list[_Pair] = []
    unscored: list[_Pair] = []
    for pair in pairs:
        (scored if pair.a.counted and pair.b.counted else unscored).append(pair)
    return scored, unscored


def scored_apart(a: RunScores, b: RunScores) -> str:
    """Why what the scorers say of `a` and of `b` cannot be compared; empty when it can."""
    if a.scorers == b.scorers:
        count = len(_scored_by_others(a, b))  # their names may be sealed
        many = f"{count:,} cases by other scorers of their own"
        how = {0: "", 1: "a case by other scorers of its own"}.get(count, many)
    elif a.scorers.keys() == b.scorers.keys():
        changed = ", ".join(name for name in a.scorers if a.scorers[name] != b.scorers[name])
        how = f"with other settings of {changed}"
    else:
        how = f"A by {_listed(a.scorers)}, B by {_listed(b.scorers)}"
    return f"scored differently, {how}: the difference may be the scorers'" if how else ""


def _scored_by_others(a: RunScores, b: RunScores) -> tuple[str, ...]:
    """The shared cases that have other scorers of their own in `b` than in `a`."""
    if a.own == b.own:
        return ()
    known = {case.key for case in a.cases}
    return tuple(
        case.name
        for case in b.cases
        if case.key in known and a.own.get(case.key, ()) != b.own.get(case.key, ())
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "those of its cases"


def _passes(case: CaseTotal) -> int:
    return int(2 * case.passed > case.counted)


@dataclass(frozen=True, slots=True)
class _Beside:
    """Two runs, case by case."""

    pairs: Sequence[_Pair]
    itself: bool

    def difference(
        self, value: Callable[[CaseTotal], float | None], limit: float = math.inf
    ) -> Difference | None:
        """The weighted difference over the pairs in which `value` is known on both sides."""
        known = [
            (a, before, after)
            for a, b in self.pairs
            if (before := value(a)) is not None and (after := value(b)) is not None
        ]
        return difference(known, limit, itself=self.itself)


def difference(
    known: Sequence[tuple[CaseTotal, float, float]], limit: float, *, itself: bool
) -> Difference | None:
    """The weighted difference of what is known of each case before and after; None when nothing is.

    Nothing differs by more than `limit`. `itself`: a run stands beside itself.
    """
    if not known:
        return None
    cases, before, after = zip(*known, strict=True)
    weights = [case.weight for case in cases]
    groups = clusters(list(map(sub, after, before)), weights, [case.cluster for case in cases])
    change = NO_CHANGE if itself else paired(groups, limit)
    mean = math.fsum(map(mul, weights, before)) / math.fsum(weights)
    return Difference(mean, mean + change.mean, change, len(known), len(groups))


def _judge(main: Difference | None) -> tuple[Verdict, str, int | None]:
    """Verdict, the reason for it, and how many more cases it would take."""
    if main is None:
        return Verdict.NOT_SEPARABLE, "no shared case was scored in both", None
    change = main.change
    if change.separable:
        verdict = Verdict.BETTER if change.mean > 0 else Verdict.WORSE
        return verdict, f"p = {change.p_value:.2g}, n = {main.cases:,}", None
    more = cases_needed(change.mean, change.standard_error, main.cases)
    if more is None:
        return Verdict.NOT_SEPARABLE, f"no difference, n = {main.cases:,}", None
    hint = f"about {more:,} more cases would show a difference as large as this"
    if main.units < FEWEST_UNITS:
        hint = f"fewer than {FEWEST_UNITS} independent cases never separate; {hint}"
    return Verdict.NOT_SEPARABLE, f"p = {change.p_value:.2g}, n = {main.cases:,}; {hint}", more
