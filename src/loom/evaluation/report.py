"""What a run came to: honest rates, money, time, and every case; and two runs side by side."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from loom.core.errors import ConflictError, InputError, NotFoundError, Problem, UsageError
from loom.core.ids import parse, short
from loom.core.jsonvalue import JsonValue
from loom.engine.models import JobKind
from loom.engine.store import load_job
from loom.evaluation import store
from loom.evaluation.comparison import Comparison, RunScores, compare
from loom.evaluation.models import Case, ItemKey
from loom.evaluation.rates import Outcome, Rate, ScoredExecution, mean_score, pass_rate
from loom.evaluation.scorers import ConfiguredScorer
from loom.evaluation.scoring import verdict
from loom.evaluation.service import Evaluation
from loom.evaluation.store import ExecutionRow, RunRow
from loom.evaluation.suite_store import KeptSuite, SuiteStore
from loom.storage.blobs import unpack
from loom.storage.database import Database

__all__ = ["CaseResult", "Reports", "RunReport"]


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


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run came to, so far or in the end."""

    run: RunRow
    pass_rate: Rate
    score: Rate
    scorers: tuple[str, ...]
    results: tuple[CaseResult, ...]
    cached: int
    invalid: int
    """Completed with an output that does not fit the contract; they count as failed."""

    paid_nano: int
    """What this run has paid, retries and unknown outcomes included."""

    worth_nano: int | None
    """What its answers cost when first given; None when a price is unknown."""

    input_tokens: int
    output_tokens: int
    latency_ms: tuple[float, float] | None
    """Median and 95th percentile of the model's time, over what was not cached."""


class Reports:
    """Reads what runs came to."""

    def __init__(self, database: Database, suites: SuiteStore) -> None:
        self._database = database
        self._suites = suites

    async def runs(self, limit: int = 20) -> list[RunRow]:
        """The newest runs first."""
        return await self._database.read(lambda connection: store.list_runs(connection, limit))

    async def find(self, name: str) -> RunRow:
        """The run that `name` means: an id, the eight digits that tables show, `last`, or `last~1` for the one before.

        The id of a job means its newest run.

        Raises:
            NotFoundError: when there is none.
            ConflictError: when the digits fit several.
        """
        if name == "last" or name.startswith("last~"):
            return await self._nth_last(name)
        tail = _digits(name)
        found = await self._database.read(lambda connection: store.find_runs(connection, tail))
        if not found:
            raise NotFoundError(f"there is no run '{name}'; `loom runs` lists them")
        if len({row.job for row in found}) > 1:
            fitting = ", ".join(str(row.id.hex()) for row in found[:5])
            raise ConflictError(f"'{name}' fits several runs ({fitting}); give more of the id")
        return found[0]

    async def report(self, run: RunRow) -> RunReport:
        """What `run` came to."""
        return await self._database.read(lambda connection: _report(connection, run, self._suites))

    async def compare(self, a: RunRow, b: RunRow) -> Comparison:
        """`b` beside `a`, case by case.

        Raises:
            UsageError: when they cannot be compared.
        """
        sides = [
            await self._database.read(lambda connection, row=row: _scores(connection, row, self._suites))
            for row in (a, b)
        ]
        return compare(sides[0], sides[1])

    async def _nth_last(self, name: str) -> RunRow:
        _, _, back = name.partition("~")
        if back and not back.isdigit():
            raise UsageError(Problem("is no run", value=name, remedy="write `last` or `last~1`"))
        number = int(back or 0)
        rows = await self._database.read(
            lambda connection: store.list_runs(connection, 1, kind=JobKind.EVALUATION, skip=number)
        )
        if not rows:
            raise NotFoundError(f"there is no evaluation '{name}'; `loom runs` lists what there is")
        return rows[0]


def _digits(name: str) -> bytes:
    try:
        return parse(name) if len(name) > 32 else bytes.fromhex(name)
    except (ValueError, InputError):
        remedy = "give the digits that `loom runs` shows, or `last`"
        raise UsageError(Problem("is no run", value=name, remedy=remedy)) from None


def _scores(connection: Connection, row: RunRow, suites: SuiteStore) -> RunScores:
    label = f"{row.target} {short(row.id)}"
    results, rows = _judged(connection, row, suites)
    return RunScores.of(label, (_scored(*pair) for pair in zip(results, rows, strict=True)), row.id)


def _report(connection: Connection, run: RunRow, suites: SuiteStore) -> RunReport:
    results, rows = _judged(connection, run, suites)
    scored = [_scored(result, row) for result, row in zip(results, rows, strict=True)]
    fresh = sorted(row.latency_us / 1000 for row in rows if not row.cached and row.latency_us)
    worth = [row.worth_nano for row in rows]
    return RunReport(
        run=run,
        pass_rate=pass_rate(scored),
        score=mean_score(scored),
        scorers=tuple(dict.fromkeys(name for result in results for name in result.scores)),
        results=tuple(results),
        cached=sum(row.cached for row in rows),
        invalid=sum(bool(row.problems) for row in rows),
        paid_nano=store.paid_nano(connection, (run.account,))[run.account],
        worth_nano=None if None in worth else sum(value or 0 for value in worth),
        input_tokens=sum(row.input_tokens for row in rows),
        output_tokens=sum(row.output_tokens for row in rows),
        latency_ms=(_percentile(fresh, 0.5), _percentile(fresh, 0.95)) if fresh else None,
    )


def _judged(
    connection: Connection, run: RunRow, suites: SuiteStore
) -> tuple[list[CaseResult], list[ExecutionRow]]:
    evaluation, kept = _evaluation(connection, run, suites)
    scorers = _labelled(evaluation.configured_scorers())
    rows = store.executions_of(connection, run.id)
    return [_judge(row, kept.cases[row.item_key], scorers) for row in rows], rows


def _evaluation(connection: Connection, run: RunRow, suites: SuiteStore) -> tuple[Evaluation, KeptSuite]:
    if run.suite_hash is None:
        raise UsageError(Problem("has no suite", field=short(run.id), remedy="choose a run of `loom eval`"))
    evaluation = Evaluation.from_json(load_job(connection, run.job).spec)
    return evaluation, suites.load(connection, run.suite_hash)


@dataclass(frozen=True, slots=True)
class _Labelled:
    scorer: ConfiguredScorer
    hash: bytes
    label: str
    """Its name, numbered where several scorers of a run have the same."""


def _labelled(scorers: Sequence[ConfiguredScorer]) -> list[_Labelled]:
    several = Counter(scorer.name for scorer in scorers)
    seen: Counter[str] = Counter()
    labelled: list[_Labelled] = []
    for scorer in scorers:
        seen[scorer.name] += 1
        label = scorer.name if several[scorer.name] == 1 else f"{scorer.name} {seen[scorer.name]}"
        labelled.append(_Labelled(scorer, scorer.scorer_hash, label))
    return labelled


def _judge(row: ExecutionRow, case: Case, scorers: Sequence[_Labelled]) -> CaseResult:
    found = [row.scores.get(one.hash, (None, "")) for one in scorers]
    outcome, score = verdict(
        row.state,
        valid=not row.problems,
        scorers=[one.scorer for one in scorers],
        values=[value for value, _ in found],
    )
    return CaseResult(
        case=case,
        repetition=row.repetition,
        outcome=outcome,
        score=score,
        scores={one.label: pair for one, pair in zip(scorers, found, strict=True)},
        output=None if row.output is None else json.loads(unpack(row.output)),
        problems=tuple(row.problems.split("\n")) if row.problems else (),
        error=row.error,
        cached=row.cached,
        latency_ms=row.latency_us / 1000,
    )


def _scored(result: CaseResult, row: ExecutionRow) -> ScoredExecution:
    case = result.case
    return ScoredExecution(
        key=ItemKey(row.item_key),
        name=case.name,
        outcome=result.outcome,
        score=result.score,
        cluster=case.cluster,
        weight=case.weight,
        split=case.split,
        cost_nano_usd=row.worth_nano,
        latency_ms=None if row.cached else result.latency_ms,
    )


def _percentile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
