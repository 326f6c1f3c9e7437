"""What a run came to: honest rates, money and time; and two runs side by side."""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from sqlalchemy import Connection

from loom.core.errors import ConflictError, InputError, Look, NotFoundError, Problem, UsageError
from loom.core.ids import parse
from loom.engine.models import JobKind
from loom.evaluation import store
from loom.evaluation.comparing.comparison import Comparison, Measure, RunScores, compare
from loom.evaluation.comparing.leaderboard import Leaderboard, leaderboard
from loom.evaluation.models import Split
from loom.evaluation.people_store import Rated, rated_in
from loom.evaluation.results.case_results import CaseResult, Results, results_of
from loom.evaluation.results.case_sums import Money, Outcomes, ScorerSum
from loom.evaluation.results.run_scores import scores_of
from loom.evaluation.results.totals_store import Lost, RunSums, ends_of
from loom.evaluation.scoring.calls import Judge
from loom.evaluation.sealed.cases import SealedCases
from loom.evaluation.sealed.looks_store import looks_at
from loom.evaluation.statistics.case_totals import CaseTotal, Outcome
from loom.evaluation.statistics.rates import Rate, both_rates
from loom.evaluation.statistics.repeated import Reliability, reliability
from loom.evaluation.store import RunRow
from loom.evaluation.suites.store import SuiteStore
from loom.storage.database import Database

__all__ = ["CaseResult", "Reports", "RunReport"]

_EVALUATING = (JobKind.EVALUATION, JobKind.RESCORE, JobKind.RECORD)
_MOST_DIGITS = 9
_MOST_REASONS = 3


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run came to, so far or in the end."""

    run: RunRow
    pass_rate: Rate
    score: Rate
    reliability: Reliability | None
    """None when no case ran twice."""

    scorers: tuple[str, ...]
    cases: Sequence[CaseTotal]
    """Every case that has an execution that ended, added up; in the order of the suite.

    What they cost is known where it was asked for what each scorer said.
    """

    results: Results
    """Every execution, read from the store when gone through."""

    by_scorer: Mapping[bytes, Mapping[bytes, ScorerSum]]
    """What each scorer said, by its hash and the case's key; nothing where nobody asked for it."""

    judges: tuple[Judge, ...]
    """The models that judged."""

    errors: tuple[tuple[str, int], ...]
    """The commonest errors, with how often."""

    unscored: tuple[tuple[str, int], ...]
    """The commonest reasons why no scorer could judge an output, with how often."""

    cached: int
    invalid: int
    """Completed with an output that does not fit the contract; they count as failed."""

    paid_nano: int
    """What this run has paid, retries and unknown outcomes included; `unpriced` not."""

    unpriced: int
    """How many of its attempts may have been paid at a price that nobody knows."""

    lost: Lost
    """The part of it that is charged for what never came back."""

    judges_nano: int | None
    """How much of that went to models that judge; None when none does."""

    worth_nano: int | None
    """What its answers cost when first given; None when a price is unknown."""

    input_tokens: int
    output_tokens: int
    latency_ms: tuple[float, float] | None
    """Median and 95th percentile of the model's time, over what was not cached."""

    sealed_looks: int | None
    """How often the sealed cases of its suite were looked at; None when this run did not."""

    rated: tuple[Rated, ...]
    """What people have rated in it."""

    def failures(self, most: int) -> Iterator[CaseResult]:
        """The first `most` executions that did not pass, found without going through all."""
        return self.some(set(Outcome) - {Outcome.PASSED}, most)

    def some(self, outcomes: Collection[Outcome], most: int) -> Iterator[CaseResult]:
        """The first `most` executions, at most a few hundred, that ended so; found without going through all."""
        chosen: list[bytes] = []
        expected = 0
        for case in self.cases:
            ended = sum(getattr(case, outcome.value) for outcome in outcomes)
            if expected < most and ended:
                chosen.append(case.key.item_hash)
                expected += ended
        return islice((one for one in self.results.of(chosen) if one.outcome in outcomes), most)


class Reports:
    """Reads what runs came to."""

    def __init__(self, database: Database, suites: SuiteStore, folder: str | None = None) -> None:
        """`folder` is the one worked in: `last` is the last of its runs."""
        self.folder = folder
        self._database = database
        self._suites = suites

    async def runs(self, limit: int = 20, *, everywhere: bool = False) -> list[RunRow]:
        """The newest runs first, of this folder or of all."""
        folder = None if everywhere else self.folder
        return await self._database.read(lambda connection: store.list_runs(connection, limit, folder=folder))

    async def elsewhere(self) -> int:
        """How many runs are of other folders."""
        folder = self.folder
        if folder is None:
            return 0
        return await self._database.read(lambda connection: store.runs_elsewhere(connection, folder))

    async def find(self, name: str) -> RunRow:
        """The run that `name` means: an id, the eight digits that tables show, `last`, or `last~1` for the one before.

        `last` is the last evaluation of the folder that is worked in.

        The id of a job means its newest run.

        Raises:
            NotFoundError: when there is none.
            ConflictError: when the digits fit several.
        """
        if name == "last" or name.startswith("last~"):
            return await self._nth_last(name)
        tail = _digits(name)
        found = await self._database.read_kept(
            ("runs named", tail), lambda connection: store.find_runs(connection, tail)
        )
        if not found:
            raise NotFoundError(f"there is no run '{name}'", Look("runs"))
        if len({row.job for row in found}) > 1:
            fitting = ", ".join(row.id.hex() for row in found[:5])
            raise ConflictError(f"'{name}' fits several runs ({fitting}); give more of the id")
        return found[0]

    async def report(self, run: RunRow, *, by_scorer: bool = False) -> RunReport:
        """What `run` came to.

        `by_scorer`: also what each scorer said of each case, and what the case cost, which takes time and memory.

        Raises:
            UsageError: when it is not a run over a suite.
        """
        read = self._database.read
        ends = await read(lambda connection: ends_of(connection, run.id))

        def sums(connection: Connection) -> RunSums:
            return RunSums(connection, run.id, ends)

        # The database adds up what the run took while its suite, which may be long, is read.
        took, (results, outcomes) = await asyncio.gather(
            read(lambda connection: _took(connection, run, sums(connection), by_case=by_scorer)),
            self._ended(run, sums, by_scorer=by_scorer),
        )
        cases, rate, score, repeated = await asyncio.to_thread(_added_up, outcomes, took.money)
        judged = bool(results.judges)
        more = await read(lambda connection: _more(sums(connection), rate, took.spent, judged=judged))
        return RunReport(
            run=run,
            pass_rate=rate,
            score=score,
            reliability=repeated,
            scorers=results.labels,
            cases=cases,
            results=results,
            by_scorer=outcomes.by_scorer,
            judges=results.judges,
            errors=more.errors,
            unscored=more.unscored,
            cached=outcomes.cached,
            invalid=outcomes.invalid,
            paid_nano=took.paid_nano,
            unpriced=more.unpriced,
            lost=await read(lambda connection: _lost(sums(connection), took, more, cached=outcomes.cached)),
            judges_nano=more.judges_nano,
            worth_nano=took.spent.cost_nano,
            input_tokens=took.spent.input_tokens,
            output_tokens=took.spent.output_tokens,
            latency_ms=took.latency_ms,
            sealed_looks=await self._looks(run, cases),
            rated=took.rated,
        )

    async def _ended(
        self, run: RunRow, sums: Callable[[Connection], RunSums], *, by_scorer: bool
    ) -> tuple[Results, Outcomes]:
        results = await self.results(run)
        return results, await self._database.read(
            lambda connection: results.outcomes(sums(connection), by_scorer=by_scorer)
        )

    async def _looks(self, run: RunRow, cases: Sequence[CaseTotal]) -> int | None:
        """How often the sealed ones of `cases` were looked at; None when there are none."""
        split = Split.SEALED
        items = {case.key.item_hash for case in cases if case.split is split}
        sealed = SealedCases(run.suite or "", tuple(sorted(items)))
        return await self._database.read(lambda connection: looks_at(connection, sealed)) if items else None

    async def results(self, run: RunRow) -> Results:
        """The executions of `run`, to go through.

        Raises:
            UsageError: when it is not a run over a suite.
        """
        return await self._database.read(
            lambda connection: results_of(connection, run, self._suites, self._database.read_now)
        )

    async def compare(self, a: RunRow, b: RunRow, measure: Measure = Measure.PASS_RATE) -> Comparison:
        """`b` beside `a`, case by case.

        Raises:
            UsageError: when they cannot be compared.
        """
        before, after = await self._all_scores((a, b))
        return await asyncio.to_thread(compare, before, after, measure)

    async def leaderboard(self, runs: Sequence[RunRow], measure: Measure = Measure.PASS_RATE) -> Leaderboard:
        """`runs`, best first, over the cases they share.

        Raises:
            UsageError: when they cannot be compared.
        """
        return await asyncio.to_thread(leaderboard, await self._all_scores(runs), measure)

    async def _all_scores(self, runs: Sequence[RunRow]) -> list[RunScores]:
        results = [await self.results(run) for run in runs]
        return await asyncio.gather(*map(self._scores, runs, results))

    async def _scores(self, run: RunRow, results: Results) -> RunScores:
        def added_up(connection: Connection) -> list[CaseTotal]:
            sums = RunSums(connection, run.id, ends_of(connection, run.id))
            return results.outcomes(sums).totals(sums.money())

        cases = await self._database.read(added_up)
        return scores_of(run, cases, results)

    async def _nth_last(self, name: str) -> RunRow:
        _, _, back = name.partition("~")
        if back and not (back.isdecimal() and len(back) <= _MOST_DIGITS):
            raise UsageError(Problem("is no run", field="run", value=name, remedy="write `last` or `last~1`"))
        number = int(back or 0)
        rows = await self._database.read(
            lambda connection: store.list_runs(
                connection, 1, kinds=_EVALUATING, folder=self.folder, skip=number
            )
        )
        if not rows:
            if others := await self.elsewhere():
                hint = f"in this folder; other folders have {others:,}: loom runs --everywhere"
                raise NotFoundError(f"there is no evaluation '{name}' {hint}")
            raise NotFoundError(f"there is no evaluation '{name}'", Look("runs"))
        return rows[0]


def _digits(name: str) -> bytes:
    try:
        digits = parse(name) if len(name) > 32 else bytes.fromhex(name)
    except (ValueError, InputError):
        digits = b""
    if not digits:  # in which every id ends
        remedy = "give the digits that lists of runs show, or `last`"
        raise UsageError(Problem("is no run", field="run", value=name, remedy=remedy))
    return digits


class _Took(NamedTuple):
    """What a run took."""

    money: Mapping[bytes, Money]
    """By case, where that was asked for."""

    spent: Money
    latency_ms: tuple[float, float] | None
    paid_nano: int
    rated: tuple[Rated, ...]


def _took(connection: Connection, run: RunRow, sums: RunSums, *, by_case: bool) -> _Took:
    money = sums.money() if by_case else {}
    spent = _together(money.values()) if by_case else sums.spent()
    paid = store.paid_nano(connection, (run.account,))[run.account]
    return _Took(money, spent, sums.latency_ms(), paid, rated_in(connection, run.id))


def _together(money: Collection[Money]) -> Money:
    costs = [one.cost_nano for one in money]
    return Money(
        None if None in costs else sum(cost for cost in costs if cost is not None),
        sum(one.input_tokens for one in money),
        sum(one.output_tokens for one in money),
    )


class _More(NamedTuple):
    """What is asked only of a run that has it."""

    errors: tuple[tuple[str, int], ...]
    unscored: tuple[tuple[str, int], ...]
    judges_nano: int | None
    unpriced: int


def _more(sums: RunSums, rate: Rate, spent: Money, *, judged: bool) -> _More:
    return _More(
        sums.errors(_MOST_REASONS) if rate.errored else (),
        sums.unscored(_MOST_REASONS) if rate.unscored else (),
        sums.judges_nano() if judged else None,
        0
        if spent.cost_nano and not judged
        else sums.unpriced(),  # who has a price once has it for every attempt
    )


def _lost(sums: RunSums, took: _Took, more: _More, *, cached: int) -> Lost:
    """Looked for only where what was paid is more than the answers cost, or may be."""
    answers_nano = (took.spent.cost_nano or 0) + (more.judges_nano or 0)
    explained = not took.paid_nano or (took.paid_nano == answers_nano and not cached)
    return Lost() if explained else sums.lost()


class _AddedUp(NamedTuple):
    """What takes a second to add up for a large run, so never in the event loop."""

    cases: Sequence[CaseTotal]
    pass_rate: Rate
    score: Rate
    reliability: Reliability | None


def _added_up(outcomes: Outcomes, money: Mapping[bytes, Money]) -> _AddedUp:
    cases = outcomes.totals(money)
    rate, score = both_rates(cases)
    return _AddedUp(cases, rate, score, reliability(cases) if rate.cases < rate.n else None)
