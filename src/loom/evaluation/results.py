"""The cases of a run, judged: read from the store a page at a time, so that a run of any size can be gone through."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from sqlalchemy import Connection

from loom.core.errors import Problem, UsageError
from loom.core.ids import ExecutionId, short
from loom.core.jsonvalue import JsonValue
from loom.engine.store import load_job
from loom.evaluation import store
from loom.evaluation.models import Case, ItemKey
from loom.evaluation.rates import Outcome, ScoredExecution
from loom.evaluation.scorers import ConfiguredScorer
from loom.evaluation.scoring import verdict
from loom.evaluation.service import Evaluation
from loom.evaluation.store import ExecutionRow, RunRow
from loom.evaluation.suite_store import SuiteStore
from loom.storage.blobs import unpack

__all__ = ["CaseResult", "Judged", "Results", "results_of"]

_PAGE = 400


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One execution of one case, judged."""

    case: Case
    repetition: int
    outcome: Outcome
    score: float | None
    scores: Mapping[str, tuple[float | None, str]]
    """By the scorer's name, numbered where several have the same: value and reason."""

    output: JsonValue | None
    problems: tuple[str, ...]
    error: str | None
    cached: bool
    latency_ms: float


class Judged(NamedTuple):
    """An execution as stored, and as rates count it."""

    row: ExecutionRow
    scored: ScoredExecution


@dataclass(frozen=True, slots=True)
class _Labelled:
    scorer: ConfiguredScorer
    hash: bytes
    label: str
    """Its name, numbered where several scorers of a run have the same."""


class Results:
    """The results of a run, in the order of its suite, repetition by repetition. Holds their ids; reads the rest."""

    def __init__(
        self, ids: Sequence[ExecutionId], cases: Mapping[bytes, Case], scorers: Sequence[_Labelled]
    ) -> None:
        self._ids = ids
        self._cases = cases
        self._scorers = scorers
        self.read: Callable[[Callable[[Connection], list[CaseResult]]], list[CaseResult]] | None = None
        """How to get a connection when gone through as a sequence of results."""

    @property
    def labels(self) -> tuple[str, ...]:
        """What the scorers are called in each result."""
        return tuple(one.label for one in self._scorers)

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[CaseResult]:
        assert self.read is not None
        for ids in self._batches():
            yield from self.read(lambda connection, ids=ids: self._results(connection, ids))

    def pages(self, connection: Connection) -> Iterator[list[Judged]]:
        """All of them as rates count them, a page at a time."""
        for ids in self._batches():
            yield [Judged(row, self._scored(row)) for row in store.executions(connection, ids)]

    def _batches(self) -> Iterator[list[ExecutionId]]:
        left = iter(self._ids)
        return iter(lambda: list(islice(left, _PAGE)), [])

    def _results(self, connection: Connection, ids: Sequence[ExecutionId]) -> list[CaseResult]:
        return [self._result(row) for row in store.executions(connection, ids)]

    def _verdict(self, row: ExecutionRow) -> tuple[Outcome, float | None]:
        scores = row.scores
        return verdict(
            row.state,
            valid=not row.problems,
            scorers=[one.scorer for one in self._scorers],
            values=[scores[one.hash][0] if one.hash in scores else None for one in self._scorers],
        )

    def _result(self, row: ExecutionRow) -> CaseResult:
        outcome, score = self._verdict(row)
        return CaseResult(
            case=self._cases[row.item_key],
            repetition=row.repetition,
            outcome=outcome,
            score=score,
            scores={one.label: row.scores.get(one.hash, (None, "")) for one in self._scorers},
            output=None if row.output is None else json.loads(unpack(row.output)),
            problems=tuple(row.problems.split("\n")) if row.problems else (),
            error=row.error,
            cached=row.cached,
            latency_ms=row.latency_us / 1000,
        )

    def _scored(self, row: ExecutionRow) -> ScoredExecution:
        case = self._cases[row.item_key]
        outcome, score = self._verdict(row)
        return ScoredExecution(
            key=ItemKey(row.item_key),
            name=case.name,
            outcome=outcome,
            score=score,
            cluster=case.cluster,
            weight=case.weight,
            split=case.split,
            cost_nano_usd=row.worth_nano,
            latency_ms=row.latency_us / 1000 if row.latency_us and not row.cached else None,
        )


def results_of(connection: Connection, run: RunRow, suites: SuiteStore) -> Results:
    """The results of `run`.

    Raises:
        UsageError: when it is not a run over a suite.
    """
    if run.suite_hash is None:
        raise UsageError(Problem("has no suite", field=short(run.id), remedy="choose a run of `loom eval`"))
    evaluation = Evaluation.from_json(load_job(connection, run.job).spec)
    cases = suites.load(connection, run.suite_hash).cases
    ids = store.execution_ids(connection, run.id)
    return Results(ids, cases, _labelled(evaluation.configured_scorers()))


def _labelled(scorers: Sequence[ConfiguredScorer]) -> list[_Labelled]:
    several = Counter(scorer.name for scorer in scorers)
    seen: Counter[str] = Counter()
    labelled: list[_Labelled] = []
    for scorer in scorers:
        seen[scorer.name] += 1
        label = scorer.name if several[scorer.name] == 1 else f"{scorer.name} {seen[scorer.name]}"
        labelled.append(_Labelled(scorer, scorer.scorer_hash, label))
    return labelled
