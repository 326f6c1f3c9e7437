"""Scores of outcomes as they come in, and the running count that a progress bar shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loom.core.ids import short, text
from loom.core.jsonvalue import canonical
from loom.engine.models import ExecutionState, Finished
from loom.engine.telling import Telling
from loom.evaluation import store
from loom.evaluation.models import Case, Split
from loom.evaluation.scorers import ConfiguredScorer, ScoreInput
from loom.evaluation.scorers.base import ScoreContext
from loom.evaluation.scoring.calls import ScoringCalls
from loom.evaluation.scoring.case_scorers import ScorerSet
from loom.evaluation.statistics.case_totals import Outcome
from loom.storage.blobs import pack
from loom.storage.statements import Write

__all__ = ["Scoring", "Tally", "verdict"]


@dataclass(slots=True)
class Tally:
    """How a run stands, counted as it goes."""

    planned: int
    before: int = 0
    """Executions that ended before this process took over."""

    passed: int = 0
    failed: int = 0
    errored: int = 0
    unscored: int = 0
    aborted: int = 0
    cached: int = 0
    asked: int = 0
    """Executions for which anything was asked since: of the worker's model or of one that judges."""

    @property
    def done(self) -> int:
        """Executions that have ended."""
        counted = self.passed + self.failed + self.errored + self.unscored + self.aborted
        return self.before + counted

    def count(self, outcome: Outcome, *, cached: bool, asked: bool) -> None:
        """Add one."""
        match outcome:
            case Outcome.PASSED:
                self.passed += 1
            case Outcome.FAILED:
                self.failed += 1
            case Outcome.UNSCORED:
                self.unscored += 1
            case Outcome.ERRORED:
                self.errored += 1
            case Outcome.ABORTED:
                self.aborted += 1
        self.cached += cached
        self.asked += asked


def verdict(
    state: ExecutionState,
    *,
    valid: bool,
    scorers: Sequence[ConfiguredScorer],
    values: Sequence[float | None],
) -> tuple[Outcome, float | None]:
    """How an execution counts, and its weighted score.

    It passes when its output fits the contract and every scorer that could judge it is at its threshold.
    """
    if state is ExecutionState.ERRORED:
        return Outcome.ERRORED, None
    if state is ExecutionState.ABORTED:
        return Outcome.ABORTED, None
    weight = total = 0.0
    passed, judged = valid, False
    for scorer, value in zip(scorers, values, strict=True):
        if value is not None:
            weight += scorer.weight
            total += scorer.weight * value
            passed, judged = passed and value >= scorer.threshold, True
    if not judged:
        return (Outcome.UNSCORED, None) if valid else (Outcome.FAILED, 0.0)
    return (Outcome.PASSED if passed else Outcome.FAILED), total / weight


class Scoring:
    """Scores what ends, case by case."""

    def __init__(
        self,
        cases: Mapping[bytes, Case],
        scorers: ScorerSet,
        tally: Tally,
        calls: ScoringCalls,
        telling: Telling,
        *,
        instructions: str = "",
    ) -> None:
        """`calls` is what waiting scorers ask; `instructions` is what the worker was told, for judges."""
        self._cases = cases
        self._scorers = scorers
        self._tally = tally
        self._calls = calls
        self._telling = telling
        self._instructions = instructions

    async def finish(self, finished: Finished) -> list[Write]:
        """The scores of `finished`, and the word of it, to be written with its outcome.

        Raises:
            LoomError: when a scorer's call cannot be made now: the execution is still to be scored.
        """
        outcome, case = finished.outcome, self._cases[finished.item.key]
        values: list[float | None] = []
        writes: list[Write] = []
        scorers = self._scorers.of(case)
        if outcome.state is ExecutionState.COMPLETED:
            item = ScoreInput(
                case.input,
                outcome.output,
                case.expected_output,
                outcome.raw_text,
                case.name,
                self._instructions,
            )
            context: ScoreContext | None = None
            for scorer, name, waits in scorers:
                if waits:
                    context = context or self._context(finished)
                    result = await scorer.score_waiting(item, context)
                else:
                    result = scorer.score(item)
                details = pack(canonical(result.details)) if result.details else None
                values.append(result.value)
                writes.append(
                    store.add_score(finished.execution, name, result.value, result.reason or None, details)
                )
        counted, mean = verdict(
            outcome.state,
            valid=not outcome.problems,
            scorers=[one.scorer for one in scorers] if values else (),
            values=values,
        )
        self._tally.count(counted, cached=outcome.cached, asked=finished.begin.asked)
        return [*writes, *self._told(finished, case, counted, mean)]

    def _told(
        self, finished: Finished, case: Case, counted: Outcome, mean: float | None
    ) -> tuple[Write, ...]:
        outcome = finished.outcome
        return self._telling.execution_ended(
            {
                "execution": text(finished.execution),
                "case": case.name
                if case.split is not Split.SEALED
                else f"sealed {short(finished.execution)}",
                "repetition": finished.item.repetition + 1,
                "outcome": counted.value,
                "score": mean,
                "latency_ms": outcome.latency_us // 1000,
                "cost_usd": None if outcome.cost_nano is None else outcome.cost_nano / 1e9,
                "cached": outcome.cached,
                "asked": finished.begin.asked,
                **({} if case.weight == 1 else {"weight": case.weight}),
            }
        )

    def _context(self, finished: Finished) -> ScoreContext:
        return ScoreContext(finished.execution, self._calls.caller(finished.execution, finished.begin))
