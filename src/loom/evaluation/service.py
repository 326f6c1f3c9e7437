"""Evaluating: open the job, work through it, report on its run. What every door calls."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from loom.access.models import Principal
from loom.calls.attempts import refuse_unpriced
from loom.calls.path import CallPath, Route
from loom.calls.store import AccountState, account_state
from loom.core.clock import Clock
from loom.core.errors import ConfigError, Problem, UsageError
from loom.core.ids import JobId, RunId, new_id
from loom.core.jsonvalue import Json, JsonValue
from loom.core.worker_config import Tier
from loom.engine.claims import Claim, claim
from loom.engine.executor import LocalExecutor
from loom.engine.jobs import JobPlan, open_job
from loom.engine.models import JobKind, NewRun, WorkItem
from loom.engine.runner import Ended, JobRunner
from loom.engine.store import load_job
from loom.evaluation import store
from loom.evaluation.models import Case, Split, Suite
from loom.evaluation.scorers import ConfiguredScorer, make_scorer
from loom.evaluation.scoring import Scoring, Tally
from loom.evaluation.suite_store import KeptSuite, SuiteStore
from loom.storage.database import Database
from loom.worker.task import WorkerTask

__all__ = ["Evaluation", "Evaluations", "Routes", "Selection", "Wish", "Work"]

_DEFAULT_SCORERS: tuple[JsonValue, ...] = ("field_match",)


class Routes(Protocol):
    """Where calls can go; `loom.calls.endpoints.Endpoints` is the one there is."""

    async def route(
        self, *, tier: Tier | None = None, model: str | None = None, endpoint: str | None = None
    ) -> Route:
        """The route for what is named.

        Raises:
            UsageError: when it names nothing that exists, or too little to choose.
        """
        ...


@dataclass(frozen=True, slots=True)
class Selection:
    """Which cases of a suite."""

    split: Split | None = None
    """None: all but the sealed ones."""

    tags: tuple[str, ...] = ()
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """An evaluation that someone wants."""

    worker: str
    task: WorkerTask
    suite: Suite
    route: Route
    selection: Selection = Selection()
    scorers: tuple[JsonValue, ...] = ()
    """Specifications; empty: the suite's own, else `field_match`."""

    repetitions: int = 1
    concurrency: int = 8
    budget_nano: int | None = None
    use_cache: bool = True


@dataclass(frozen=True, slots=True)
class Evaluation:
    """An evaluation as stored: everything needed to go on with it."""

    run: RunId
    worker: str
    snapshot: Json
    endpoint: str
    model: str
    suite: bytes
    selection: Selection
    scorers: tuple[JsonValue, ...]
    repetitions: int
    concurrency: int
    use_cache: bool

    def to_json(self) -> Json:
        """The specification of its job."""
        return {
            "run": self.run.hex(),
            "worker": self.worker,
            "snapshot": self.snapshot,
            "endpoint": self.endpoint,
            "model": self.model,
            "suite": self.suite.hex(),
            "split": self.selection.split,
            "tags": list(self.selection.tags),
            "limit": self.selection.limit,
            "scorers": list(self.scorers),
            "repetitions": self.repetitions,
            "concurrency": self.concurrency,
            "use_cache": self.use_cache,
        }

    @staticmethod
    def from_json(spec: Json) -> "Evaluation":
        """What `to_json` gave."""
        return Evaluation(
            RunId(bytes.fromhex(spec["run"])),
            spec["worker"],
            spec["snapshot"],
            spec["endpoint"],
            spec["model"],
            bytes.fromhex(spec["suite"]),
            Selection(Split(spec["split"]) if spec["split"] else None, tuple(spec["tags"]), spec["limit"]),
            tuple(spec["scorers"]),
            spec["repetitions"],
            spec["concurrency"],
            spec["use_cache"],
        )

    def configured_scorers(self) -> tuple[ConfiguredScorer, ...]:
        """The scorers, ready to score.

        Raises:
            ConfigError: when one is misconfigured, or given twice.
        """
        scorers = tuple(make_scorer(spec) for spec in self.scorers)
        if len({scorer.scorer_hash for scorer in scorers}) < len(scorers):
            names = ", ".join(scorer.name for scorer in scorers)
            raise ConfigError(Problem("hold one twice", field="scorers", value=names, remedy="remove one"))
        return scorers


class Evaluations:
    """Evaluates workers on suites."""

    def __init__(self, database: Database, clock: Clock, routes: Routes, suites: SuiteStore) -> None:
        self._database = database
        self._clock = clock
        self._routes = routes
        self._suites = suites

    async def open(self, wish: Wish, principal: Principal) -> JobId:
        """Write down what is wanted; nothing is called yet.

        Raises:
            UsageError: when no case is selected.
            ConfigError: when a scorer is misconfigured.
            LimitError: when a budget is set and the model's price is unknown.
        """
        route = wish.route
        refuse_unpriced(route.price, route.model, budgeted=wish.budget_nano is not None)
        kept, keep_suite = self._suites.keep(wish.suite)
        cases = _selected(kept, wish.selection)
        evaluation = Evaluation(
            RunId(new_id()),
            wish.worker,
            wish.task.snapshot(),
            route.keys.endpoint,
            route.model,
            kept.hash,
            wish.selection,
            wish.scorers or wish.suite.scorers or _DEFAULT_SCORERS,
            wish.repetitions,
            wish.concurrency,
            wish.use_cache,
        )
        evaluation.configured_scorers()
        run = NewRun(
            evaluation.run,
            {"snapshot": evaluation.snapshot, "model": route.model, "origin": route.backend.origin},
            wish.worker,
            wish.suite.name,
            kept.hash,
            route.model,
            route.keys.endpoint,
            route.simulated,
            len(cases) * wish.repetitions,
        )
        plan = JobPlan(JobKind.EVALUATION, evaluation.to_json(), (run,), wish.budget_nano, (keep_suite,))
        return await open_job(self._database, self._clock, plan, principal)

    async def work(
        self, job: JobId, *, concurrency: int | None = None, budget_nano: int | None = None
    ) -> "Work":
        """Claim `job`, new or interrupted, and make ready to work through it.

        `concurrency` and `budget_nano` replace what it was opened with; the budget counts what was spent before.

        Raises:
            NotFoundError: when there is no such job.
            ConflictError: when it is finished, or someone works on it.
            UsageError: when its endpoint is no longer configured.
            LimitError: when a budget is set and the model's price is unknown.
        """
        stored = await self._database.read(lambda connection: load_job(connection, job))
        evaluation = Evaluation.from_json(stored.spec)
        if concurrency is not None:
            evaluation = replace(evaluation, concurrency=concurrency)
        # Everything that may be missing is found first: a job is claimed only to be worked on.
        route = await self._routes.route(model=evaluation.model, endpoint=evaluation.endpoint)
        suite = await self._database.read(lambda connection: self._suites.load(connection, evaluation.suite))
        found = _Found(
            route,
            _selected(suite, evaluation.selection),
            WorkerTask.from_snapshot(evaluation.snapshot),
        )
        before = await self._database.read(lambda connection: account_state(connection, stored.account))
        budgeted = budget_nano is not None or before.limit_nano is not None
        refuse_unpriced(route.price, route.model, budgeted=budgeted)
        claimed = await claim(self._database, self._clock, job, limit_nano=budget_nano)
        work = Work(self._database, claimed, evaluation, found)
        work.tally.before = await self._database.read(
            lambda connection: store.ended_executions(connection, evaluation.run)
        )
        return work


@dataclass(frozen=True, slots=True)
class _Found:
    """What an evaluation refers to, found."""

    route: Route
    cases: Mapping[bytes, Case]
    """Those selected, by item key."""

    task: WorkerTask


class Work:
    """One claimed evaluation: run it once, watch `tally` and `account` meanwhile, steer it."""

    def __init__(self, database: Database, claimed: Claim, evaluation: Evaluation, found: _Found) -> None:
        route = found.route
        self.evaluation = evaluation
        self.route = route
        self._database = database
        self._claim = claimed
        self._cases = found.cases
        self.tally = Tally(len(self._cases) * evaluation.repetitions)
        journal = claimed.journal(database.writer)
        path = CallPath(
            route,
            journal,
            database,
            use_cache=evaluation.use_cache,
            in_flight=evaluation.concurrency,
        )
        executor = LocalExecutor(found.task, found.task.plan(route.model), path, database)
        scoring = Scoring(self._cases, evaluation.configured_scorers(), self.tally)
        self._runner = JobRunner(
            database, journal, claimed, {evaluation.run: executor}, finish=scoring.finish
        )
        self.steer = self._runner.steer

    async def run(self) -> Ended:
        """Work through what is still to do.

        As many executions again as may be on the wire are kept ready, journaled and all, so that the wire is never
        idle; not under a budget, where what waits would hold money that what is on the wire could use.
        """
        budgeted = (await self.account()).limit_nano is not None
        return await self._runner.run(self._items(), self.evaluation.concurrency * (1 if budgeted else 2))

    async def account(self) -> AccountState:
        """The money, as last committed."""
        account = self._claim.job.account
        return await self._database.read(lambda connection: account_state(connection, account))

    def _items(self) -> Iterator[WorkItem]:
        for repetition in range(self.evaluation.repetitions):
            for number, (key, case) in enumerate(self._cases.items()):
                yield WorkItem(self.evaluation.run, key, number, repetition, case.input)


def _selected(kept: KeptSuite, selection: Selection) -> Mapping[bytes, Case]:
    suite = kept.suite
    cases = suite.select(split=selection.split, tags=selection.tags, limit=selection.limit)
    if not cases:
        remedy = "choose another --split or --tag, or add cases"
        raise UsageError(Problem(f"selects no case of the suite '{suite.name}'", remedy=remedy))
    wanted = {case.name for case in cases}
    return {key: case for key, case in kept.cases.items() if case.name in wanted}
