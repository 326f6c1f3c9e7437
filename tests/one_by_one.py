"""Runs added up one execution at a time: what the sums that Loom keeps are held against."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from loom.evaluation.comparing.comparison import RunScores
from loom.evaluation.models import ItemKey, Split
from loom.evaluation.statistics.case_totals import CaseTotal, Outcome


@dataclass(frozen=True, slots=True)
class ScoredExecution:
    """One execution of one case with its score."""

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


def case_totals(executions: Iterable[ScoredExecution]) -> list[CaseTotal]:
    """One total per case, in order of first appearance."""
    per_case: defaultdict[ItemKey, list[ScoredExecution]] = defaultdict(list)
    for execution in executions:
        per_case[execution.key].append(execution)
    return [_total(group) for group in per_case.values()]


def _total(group: Sequence[ScoredExecution]) -> CaseTotal:
    first = group[0]
    counts = dict.fromkeys(Outcome, 0)
    for one in group:
        counts[one.outcome] += 1
    scored = (one.score for one in group if one.outcome in (Outcome.PASSED, Outcome.FAILED))
    return CaseTotal(
        key=first.key,
        name=first.name,
        **{outcome.value: number for outcome, number in counts.items()},
        score_sum=sum(score for score in scored if score is not None),
        cluster=first.cluster,
        weight=first.weight,
        split=first.split,
        cost_nano_usd=_sum([one.cost_nano_usd for one in group]),
        latency_ms=_sum([one.latency_ms for one in group]),
    )


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def run_of(name: str, executions: Iterable[ScoredExecution], run_id: bytes | None = None) -> RunScores:
    """A run as a comparison sees it: repetitions do not count as cases."""
    return RunScores(name, tuple(case_totals(executions)), run_id)
