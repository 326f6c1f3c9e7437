"""Evaluating: open the job, work through it, report on its run. What every door calls."""

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from loom.access.models import Principal
from loom.calls.attempts import refuse_unpriced
from loom.calls.journal import Journal
from loom.calls.path import CallPath, Route
from loom.calls.store import account_state
from loom.core.clock import Clock
from loom.core.errors import Problem, UsageError
from loom.core.ids import JobId, RunId, new_id
from loom.core.jsonvalue import JsonValue
from loom.engine.assignment import Asked, Assignment, Computed, assignment
from loom.engine.claims import Signs, claim
from loom.engine.executor import Executor, LocalExecutor
from loom.engine.jobs import JobPlan, Once, open_job
from loom.engine.models import JobKind, NewRun, WorkItem
from loom.engine.processing import ProcessingExecutor
from loom.engine.store import load_job
from loom.evaluation.models import Case, Suite
from loom.evaluation.running.sharing import cases_of, refuse_apart
from loom.evaluation.running.specification import Evaluation, Selection
from loom.evaluation.running.work import Work
from loom.evaluation.scorers import ConfiguredScorer
from loom.evaluation.scorers.base import JudgeChoice
from loom.evaluation.scorers.calling import RouteWish
from loom.evaluation.scoring.calls import (
    choose_judge,
    find_routes,
    judge_wishes,
    judges_among,
)
from loom.evaluation.scoring.case_scorers import default_scorers, scorers_asked, try_out
from loom.evaluation.scoring.routes import Routes
from loom.evaluation.sealed.cases import sealed_among
from loom.evaluation.sealed.peeks import peek
from loom.evaluation.store import RunRow
from loom.evaluation.suites.store import KeptSuite, SuiteStore
from loom.storage.database import Database
from loom.worker.processor_task import ProcessorTask
from loom.worker.target import Target, target_from_snapshot

__all__ = ["Evaluations", "Routes", "Wish"]

_MOST_EXECUTIONS = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Wish:
    """An evaluation that someone wants."""

    worker: str
    task: Target
    suite: Suite
    route: Route | None
    """Where its calls go; None for a processor."""

    selection: Selection = field(default_factory=Selection)
    scorers: tuple[JsonValue, ...] = ()
    """Specifications, a name alone as the suite sets it; empty: the suite's own, else `DEFAULT_SCORER`."""

    repetitions: int = 1
    concurrency: int = 8
    budget_nano: int | None = None
    use_cache: bool = True
    judge: JudgeChoice | None = None
    """For scorers that ask a judge and do not say whom; without a model that of tier `standard`."""

    version: bytes | None = None
    """The hash of the text that defines the worker, when the catalog keeps it."""

    once: Once | None = None
    """So that asking for it again opens no second one."""

    admit: Callable[[Sequence[ConfiguredScorer]], Awaitable[None]] | None = None
    """Raises when what is to be done with the run later cannot be done with these scorers."""

    against: RunRow | None = None
    """What it will be held against: refused where that can say nothing."""

    run: RunId = field(default_factory=lambda: RunId(new_id()))
    """The name of the run."""


class Evaluations:
    """Evaluates workers on suites."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        routes: Routes,
        suites: SuiteStore,
        folder: str | None = None,
    ) -> None:
        """`folder` is the one worked in; runs are of it."""
        self._folder = folder
        self._database = database
        self._clock = clock
        self._routes = routes
        self._suites = suites

    async def open(self, wish: Wish, principal: Principal) -> JobId:
        """Write down what is wanted; nothing is called yet.

        Raises:
            UsageError: when no case is selected, or none that `wish.against` has.
            ConfigError: when a scorer is misconfigured, or cannot be run here.
            LimitError: when a budget is set and the model's price is unknown.
        """
        by, budgeted = assignment(wish.task, wish.route), wish.budget_nano is not None or principal.capped
        _refuse_unpriced(by, budgeted=budgeted)
        config = by.config
        kept, keep_suite = await self._suites.keep(self._database, wish.suite)
        cases = await self._cases(wish, kept)
        evaluation = Evaluation(
            wish.run,
            wish.worker,
            config["snapshot"],
            by.endpoint,
            by.model,
            kept.hash,
            wish.selection,
            scorers_asked(wish.suite, wish.scorers) or default_scorers(cases.values()),
            wish.repetitions,
            wish.concurrency,
            wish.use_cache,
            version=wish.version,
            origin=by.origin,
        )
        evaluation = replace(evaluation, judge=await self._judge(evaluation, cases, wish))
        routes = await self._scoring_routes(evaluation, cases, budgeted=budgeted)
        evaluation = replace(evaluation, judges=judges_among(routes))
        await _accept(wish, evaluation.every_scorer(cases))
        run = NewRun(
            evaluation.run,
            config,
            wish.worker,
            wish.suite.name,
            kept.hash,
            by.model,
            by.endpoint,
            by.simulated,
            len(cases) * wish.repetitions,
            self._folder,
        )
        looked = peek(sealed_among(wish.suite.name, cases), wish.run, principal, self._clock.now_us())
        content = (keep_suite, *looked)
        plan = JobPlan(JobKind.EVALUATION, evaluation.to_json(), (run,), wish.budget_nano, content, wish.once)
        return await open_job(self._database, self._clock, plan, principal)

    async def require_shared(self, run: RunRow, against: RunRow) -> None:
        """Refuse to go on with `run` to hold it `against` another where that can say nothing.

        Raises:
            UsageError: when they share no case.
        """
        cases = await self._database.read(lambda connection: cases_of(connection, run, self._suites))
        await self._refuse_apart(cases, against)

    async def version(self, job: JobId) -> bytes | None:
        """The hash of the text that defined the worker of `job`, a test's too; None when the catalog had none.

        Raises:
            NotFoundError: when there is no such job.
        """

        def read(connection: Connection) -> bytes | None:
            version = load_job(connection, job).spec.get("version")
            return bytes.fromhex(version) if version else None

        return await self._database.read_kept(("version", job), read)

    async def work(
        self,
        job: JobId,
        *,
        concurrency: int | None = None,
        budget_nano: int | None = None,
        signs: Signs | None = None,
    ) -> Work:
        """Claim `job`, new or interrupted, and make ready to work through it.

        `concurrency` and `budget_nano` replace what it was opened with, what was spent included; `signs` as in `claim`.

        Raises:
            NotFoundError: when there is no such job.
            ConflictError: when it is finished, someone works on it, or it runs code that has changed since.
            UsageError: when its endpoint is no longer configured, or is elsewhere.
            LimitError: when a budget is set and the model's price is unknown.
        """
        stored = await self._database.read(lambda connection: load_job(connection, job))
        evaluation = Evaluation.from_json(stored.spec)
        if concurrency is not None:
            evaluation = replace(evaluation, concurrency=concurrency)
        # Everything that may be missing is found first: a job is claimed only to be worked on.
        task, route = target_from_snapshot(evaluation.snapshot), None
        if not isinstance(task, ProcessorTask):
            route = await self._routes.route(model=evaluation.model, endpoint=evaluation.endpoint)
        by = assignment(task, route)
        _refuse_moved(evaluation.origin, by)
        suite = await self._database.read(lambda connection: self._suites.load(connection, evaluation.suite))
        cases = _selected(suite, evaluation.selection)
        before = await self._database.read(lambda connection: account_state(connection, stored.account))
        budgeted = budget_nano is not None or before.limit_nano is not None
        _refuse_unpriced(by, budgeted=budgeted)
        routes = await self._scoring_routes(evaluation, cases, budgeted=budgeted)
        claimed = await claim(self._database, self._clock, job, limit_nano=budget_nano, signs=signs)
        source = _Answers(self._database, evaluation, by, cases)
        work = Work(self._database, claimed, evaluation, source, routes)
        if claimed.resumed:
            await work.recall()
        return work

    async def _cases(self, wish: Wish, kept: KeptSuite) -> Mapping[bytes, Case]:
        """Those of `wish`, when a run over them can be counted, and held against what it is to be."""
        cases = _selected(kept, wish.selection)
        _refuse_endless(len(cases) * wish.repetitions)
        await self._refuse_apart(cases, wish.against)
        return cases

    async def _refuse_apart(self, cases: Collection[bytes], against: RunRow | None) -> None:
        if against is not None:
            suites = self._suites
            await self._database.read(lambda connection: refuse_apart(connection, cases, against, suites))

    async def _judge(
        self, evaluation: Evaluation, cases: Mapping[bytes, Case], wish: Wish
    ) -> JudgeChoice | None:
        """Who judges where a scorer does not say; None when no scorer asks a judge."""
        scorers = evaluation.every_scorer(cases)
        if wish.judge is not None and not judge_wishes(scorers):
            remedy = "add --scorer llm_judge, or leave the judge out"
            raise UsageError(Problem("is described, and no scorer asks one", "judge", remedy=remedy))
        return await choose_judge(self._routes, scorers, wish.judge)

    async def _scoring_routes(
        self, evaluation: Evaluation, cases: Mapping[bytes, Case], *, budgeted: bool
    ) -> Mapping[RouteWish, Route]:
        """Where the calls of scorers go."""
        scorers = evaluation.every_scorer(cases)
        return await find_routes(self._routes, scorers, budgeted=budgeted)


class _Answers:
    """What the worker makes of the cases; the `Source` of an evaluation."""

    def __init__(
        self, database: Database, evaluation: Evaluation, by: Assignment, cases: Mapping[bytes, Case]
    ) -> None:
        self.cases = cases
        self.planned = len(cases) * evaluation.repetitions
        self.route = by.route if isinstance(by, Asked) else None
        self._by = by
        self._database = database
        self._evaluation = evaluation

    def executor(self, journal: Journal) -> Executor:
        by, wanted = self._by, self._evaluation
        if isinstance(by, Computed):
            return ProcessingExecutor(by.task, journal.clock)
        path = CallPath(
            by.route, journal, self._database, use_cache=wanted.use_cache, in_flight=wanted.concurrency
        )
        return LocalExecutor(by.task, by.task.plan(by.model), path, self._database)

    def items(self) -> Iterator[WorkItem]:
        for repetition in range(self._evaluation.repetitions):
            for number, (key, case) in enumerate(self.cases.items()):
                yield WorkItem(self._evaluation.run, key, number, repetition, case.input)


async def _accept(wish: Wish, scorers: Sequence[ConfiguredScorer]) -> None:
    """Raises ConfigError or what `wish.admit` raises when `scorers` cannot do what they are for."""
    if wish.admit is not None:
        await wish.admit(scorers)
    await try_out(scorers)


def _refuse_unpriced(by: Assignment, *, budgeted: bool) -> None:
    """Raises LimitError when money is limited and the model's price unknown."""
    if isinstance(by, Asked):
        refuse_unpriced(by.route.price, by.model, budgeted=budgeted)


def _refuse_endless(executions: int) -> None:
    """Raises UsageError when a run would have more than a database counts."""
    if executions > _MOST_EXECUTIONS:
        what = f"would be {executions:,} executions, and a run has at most {_MOST_EXECUTIONS:,}"
        raise UsageError(Problem(what, "repetitions", remedy="repeat less, or choose fewer cases"))


def _refuse_moved(begun_at: str | None, by: Assignment) -> None:
    """Raises UsageError when other answers would be mixed into a run: those of a server at another address."""
    if begun_at is not None and begun_at != by.origin:
        what = f"is at {by.origin} now, and the run was begun at {begun_at}"
        remedy = "set its address back to go on, or begin a new run"
        raise UsageError(Problem(what, "endpoint", value=by.endpoint, remedy=remedy))


def _selected(kept: KeptSuite, selection: Selection) -> Mapping[bytes, Case]:
    suite = kept.suite
    cases = suite.select(split=selection.split, tags=selection.tags, limit=selection.limit)
    if not cases:
        remedy = "choose another --split or --tag, or add cases"
        raise UsageError(Problem(f"selects no case of the suite '{suite.name}'", remedy=remedy))
    wanted = {case.name for case in cases}
    return {key: case for key, case in kept.cases.items() if case.name in wanted}
