"""The cases of a run, judged: read from the store a page at a time, so that a run of any size can be gone through."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from loom.core.errors import Problem, UsageError
from loom.core.ids import ExecutionId, RunId, short
from loom.core.jsonvalue import JsonValue, decoded
from loom.engine.store import load_job
from loom.evaluation import store
from loom.evaluation.models import Case, ItemKey
from loom.evaluation.results.case_sums import Outcomes
from loom.evaluation.results.totals_store import RunSums
from loom.evaluation.running.specification import Evaluation
from loom.evaluation.scorers import ConfiguredScorer
from loom.evaluation.scoring.calls import Judge
from loom.evaluation.scoring.case_scorers import CaseScorer, ScorerSet, asks
from loom.evaluation.scoring.executions import verdict
from loom.evaluation.statistics.case_totals import Outcome
from loom.evaluation.store import ExecutionRow, RunRow
from loom.evaluation.suites.store import SuiteStore
from loom.storage.blobs import unpack

__all__ = ["CaseResult", "Results", "results_of"]

_PAGE = 400

Read = Callable[[Callable[[Connection], list["CaseResult"]]], list["CaseResult"]]
"""Runs a query on a connection of its own."""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One execution of one case, judged."""

    execution: ExecutionId
    case: Case
    key: bytes
    """Under which the store knows the case."""

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

    @property
    def number(self) -> int:
        """Which repetition of its case it is, as people and programs are told: from 1."""
        return self.repetition + 1

    def label(self, *, repeated: bool) -> str:
        """The name of its case, with the number in a run where cases are `repeated`."""
        return f"{self.case.name} #{self.number}" if repeated else self.case.name


class Results:
    """The results of a run, in the order of its suite, repetition by repetition; read when gone through."""

    def __init__(
        self,
        run: RunId,
        cases: Mapping[bytes, Case],
        scorers: ScorerSet,
        read: Read | None = None,
        judges: tuple[Judge, ...] = (),
    ) -> None:
        """Without `read` they cannot be gone through, only added up."""
        self.judges = judges
        self._run = run
        self._cases = cases
        self._scorers = scorers
        self._read = read
        self._labels: dict[tuple[CaseScorer, ...], tuple[str, ...]] = {}

    @property
    def labels(self) -> tuple[str, ...]:
        """What the scorers of the run are called in each result; single cases may have more."""
        return self._labelled(self._scorers.common)

    @property
    def yardstick(self) -> dict[str, str]:
        """What makes an output of the run pass: its scorers, each with its settings, threshold and judges."""
        models = sorted(judge.model for judge in self.judges)
        return {
            label: f"{one.hash.hex()} {asks(one.scorer)} {models if one.scorer.waits else ''}"
            for label, one in zip(self.labels, self._scorers.common, strict=True)
        }

    @property
    def own_scorers(self) -> dict[ItemKey, tuple[JsonValue, ...]]:
        """The scorers that single cases have besides, as those specify them."""
        return {ItemKey(key): case.scorers for key, case in self._cases.items() if case.scorers}

    @property
    def scorers(self) -> tuple[ConfiguredScorer, ...]:
        """Every scorer that judges any of the cases."""
        return self._scorers.every(self._cases.values())

    def __iter__(self) -> Iterator[CaseResult]:
        return self.of(None)

    def of(self, items: Collection[bytes] | None) -> Iterator[CaseResult]:
        """Those of the cases with these keys, at most a few hundred; of all without."""
        read = self._read
        assert read is not None
        rows: list[int] = []
        read(lambda connection: rows.extend(store.execution_rows(connection, self._run, items)) or [])
        for start in range(0, len(rows), _PAGE):
            page = rows[start : start + _PAGE]
            yield from read(lambda connection, page=page: self._page(connection, page))

    def outcomes(self, sums: RunSums, *, by_scorer: bool = False) -> Outcomes:
        """How they ended, from the `sums` of their run; `by_scorer`: also what each scorer said."""
        return sums.outcomes(self._cases, self._scorers, by_scorer=by_scorer)

    def _page(self, connection: Connection, rows: Sequence[int]) -> list[CaseResult]:
        return [self.judged(row) for row in store.executions(connection, rows)]

    def judged(self, row: ExecutionRow) -> CaseResult:
        """`row` as it counts."""
        case = self._cases[row.item_key]
        scorers = self._scorers.of(case)
        outcome, score = verdict(
            row.state,
            valid=not row.problems,
            scorers=[one.scorer for one in scorers],
            values=[row.scores.get(one.hash, _NOTHING)[0] for one in scorers],
        )
        labels = zip(self._labelled(scorers), scorers, strict=True)
        return CaseResult(
            execution=row.id,
            case=case,
            key=row.item_key,
            repetition=row.repetition,
            outcome=outcome,
            score=score,
            scores={label: row.scores.get(one.hash, _NOTHING) for label, one in labels},
            output=None if row.output is None else decoded(unpack(row.output)),
            problems=tuple(row.problems.split("\n")) if row.problems else (),
            error=row.error,
            cached=row.cached,
            latency_ms=row.latency_us / 1000,
        )

    def _labelled(self, scorers: tuple[CaseScorer, ...]) -> tuple[str, ...]:
        known = self._labels.get(scorers)
        if known is None:
            known = self._labels[scorers] = tuple(_numbered([one.scorer.name for one in scorers]))
        return known


_NOTHING: tuple[float | None, str] = (None, "")


def results_of(connection: Connection, run: RunRow, suites: SuiteStore, read: Read | None = None) -> Results:
    """The results of `run`.

    Raises:
        UsageError: when it is not a run over a suite.
    """
    if run.suite_hash is None:
        raise UsageError(Problem("has no suite", field=short(run.id), remedy="choose a run of `loom eval`"))
    evaluation = Evaluation.from_json(load_job(connection, run.job).spec)
    cases = suites.load(connection, run.suite_hash).cases
    return Results(run.id, cases, evaluation.scorer_set(), read, evaluation.judges)


def _numbered(names: Sequence[str]) -> Iterator[str]:
    """`names`, numbered where several are the same."""
    several, seen = Counter(names), Counter[str]()
    for name in names:
        seen[name] += 1
        yield name if several[name] == 1 else f"{name} {seen[name]}"
