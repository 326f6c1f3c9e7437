"""A judge compares the outputs of two runs, pair by pair: a job like any other, journaled, budgeted, resumed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from loom.access.models import Principal
from loom.calls.attempts import refuse_unpriced
from loom.calls.path import Route
from loom.calls.store import AccountState, account_state
from loom.core.clock import Clock
from loom.core.errors import EndpointDownError, Fault, Problem, ProviderError, UsageError
from loom.core.hashing import hash_json
from loom.core.ids import ExecutionId, JobId, RunId, new_id, short
from loom.core.jsonvalue import Json, JsonValue
from loom.engine.claims import Claim, claim
from loom.engine.executor import Begin, Ready, Task
from loom.engine.jobs import JobPlan, open_job
from loom.engine.models import ExecutionState, Finished, JobKind, NewRun, Outcome, WorkItem
from loom.engine.runner import Ended, JobRunner
from loom.evaluation import store
from loom.evaluation.judging import pairs_store as judging_pairs_store
from loom.evaluation.judging.pairs import Judged, PairJudge, PairOutcome
from loom.evaluation.models import Case
from loom.evaluation.results.case_results import CaseResult
from loom.evaluation.results.report import Reports
from loom.evaluation.results.run_scores import unfinished
from loom.evaluation.scorers.base import JudgeChoice
from loom.evaluation.scoring.calls import ScoringCalls, default_judge
from loom.evaluation.scoring.executions import Tally
from loom.evaluation.scoring.routes import Routes
from loom.evaluation.statistics.case_totals import Outcome as CaseOutcome
from loom.evaluation.store import RunRow
from loom.storage.database import Database

__all__ = ["Judging", "Judgings", "PairWish"]


@dataclass(frozen=True, slots=True)
class PairWish:
    """Two runs that someone wants compared. `b` is the one that may be better."""

    a: RunRow
    b: RunRow
    judge: JudgeChoice
    concurrency: int = 8
    budget_nano: int | None = None


@dataclass(frozen=True, slots=True)
class _Pair:
    case: Case
    key: bytes
    repetition: int
    a: JsonValue
    b: JsonValue


@dataclass(frozen=True, slots=True)
class _Found:
    """What a comparison needs, found."""

    judge: PairJudge
    route: Route
    pairs: Sequence[_Pair]


class Judgings:
    """Lets a judge compare runs."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        routes: Routes,
        reports: Reports,
        folder: str | None = None,
    ) -> None:
        """`folder` is the one worked in; runs are of it."""
        self._folder = folder
        self._database = database
        self._clock = clock
        self._routes = routes
        self._reports = reports

    async def work(self, wish: PairWish, principal: Principal) -> "Judging":
        """Claim the job that does it: a new one, or one that was interrupted.

        Raises:
            UsageError: when a run is not completed, they share no case, or there is no such judge.
            ConflictError: when someone works on it.
            LimitError: when a budget is set and the price of the judge is unknown.
        """
        if waits := [one for run in (wish.a, wish.b) if (one := unfinished(run))]:
            remedy = "name runs that are completed"
            raise UsageError(Problem("gives no verdict", one, remedy=remedy) for one in waits)
        chosen = await default_judge(self._routes, wish.judge)
        assert chosen.model is not None
        assert chosen.endpoint is not None
        judge = PairJudge(chosen.model, chosen.endpoint, chosen.prompt)
        route = await self._routes.route(model=judge.model, endpoint=judge.endpoint)
        refuse_unpriced(route.price, route.model, budgeted=wish.budget_nano is not None or principal.capped)
        pairs = _pairs(await self._reports.results(wish.a), await self._reports.results(wish.b))
        if not pairs:
            remedy = "choose two runs of one suite"
            raise UsageError(
                Problem("share no case", f"{short(wish.a.id)}, {short(wish.b.id)}", remedy=remedy)
            )
        found = _Found(judge, route, pairs)
        job = await self._job(wish, found, principal)
        claimed = await claim(self._database, self._clock, job, limit_nano=wish.budget_nano)
        run = await self._database.read(lambda connection: judging_pairs_store.run_of(connection, job))
        work = Judging(self._database, claimed, run, found, wish.concurrency)
        if claimed.resumed:
            await work.recall()
        return work

    async def _job(self, wish: PairWish, found: _Found, principal: Principal) -> JobId:
        judge, route = found.judge, found.route
        spec: Json = {
            "a": wish.a.id.hex(),
            "b": wish.b.id.hex(),
            "model": judge.model,
            "endpoint": judge.endpoint,
            "prompt": judge.prompt,
        }
        name = hash_json(spec)
        interrupted = await self._database.read(
            lambda connection: judging_pairs_store.unfinished_judging(connection, name)
        )
        if interrupted is not None:
            return interrupted
        target = f"{wish.a.target} beside {wish.b.target}"
        run = NewRun(
            RunId(new_id()),
            spec,
            target,
            None,
            None,
            route.model,
            judge.endpoint,
            route.simulated,
            len(found.pairs),
            self._folder,
        )
        plan = JobPlan(JobKind.JUDGING, spec, (run,), wish.budget_nano)
        return await open_job(self._database, self._clock, plan, principal)


class Judging:
    """One claimed comparison: run it once, watch `tally` and `account` meanwhile, steer it, then take `pairs`."""

    def __init__(
        self,
        database: Database,
        claimed: Claim,
        run: RunId,
        found: _Found,
        concurrency: int,
    ) -> None:
        judge, route, pairs = found.judge, found.route, found.pairs
        journal = claimed.journal(database.writer)
        self.run_id = run
        self.judge = judge
        self.route = route
        self.tally = Tally(len(pairs))
        self._database = database
        self._claim = claimed
        self._pairs = {(one.key, one.repetition): one for one in pairs}
        self._concurrency = concurrency
        self._calls = ScoringCalls({judge.wish: route}, journal, database, in_flight=concurrency)
        executor = _Executor(self._pairs, judge, self._calls)
        self._runner = JobRunner(database, journal, claimed, {run: executor}, watch=self._count)
        self.steer = self._runner.steer

    @property
    def name(self) -> str:
        """What it does."""
        return "judging"

    @property
    def waits_for(self) -> str | None:
        """The endpoint that does not answer, so that calls wait for it."""
        return self.route.keys.endpoint if self.route.down else None

    async def run(self) -> Ended:
        """Compare what is still to compare."""
        return await self._runner.run(self._items(), self._concurrency)

    async def recall(self) -> None:
        """Find out what was done and answered before this process took over."""
        read, run = self._database.read, self.run_id
        self.tally.before = await read(lambda connection: store.ended_executions(connection, run))
        await self._calls.recall(await read(lambda connection: store.unfinished_executions(connection, run)))

    async def account(self) -> AccountState:
        """The money, as last committed."""
        account = self._claim.job.account
        return await self._database.read(lambda connection: account_state(connection, account))

    async def pairs(self) -> list[tuple[bytes, Judged]]:
        """Those that have been compared, by the key of their case."""
        cases = {key: one.case for (key, _), one in self._pairs.items()}
        ended = await self._database.read(
            lambda connection: list(judging_pairs_store.ended_pairs(connection, self.run_id))
        )
        return [
            (
                one.key,
                Judged(
                    cases[one.key], PairOutcome.from_json(one.outcome) if one.outcome else None, one.error
                ),
            )
            for one in ended
        ]

    def _items(self) -> Iterator[WorkItem]:
        for number, ((key, repetition), pair) in enumerate(self._pairs.items()):
            yield WorkItem(self.run_id, key, number, repetition, pair.case.input)

    def _count(self, finished: Finished) -> None:
        judged = finished.outcome.state is ExecutionState.COMPLETED
        outcome = CaseOutcome.PASSED if judged else CaseOutcome.ERRORED
        self.tally.count(outcome, cached=finished.outcome.cached, asked=finished.begin.asked)


class _Executor:
    """Has pairs compared: an `Executor`."""

    def __init__(
        self, pairs: Mapping[tuple[bytes, int], _Pair], judge: PairJudge, calls: ScoringCalls
    ) -> None:
        self._pairs = pairs
        self._judge = judge
        self._calls = calls

    async def prepare(self, tasks: Sequence[Task]) -> list[Ready]:
        return [self._ready(task) for task in tasks]

    def _ready(self, task: Task) -> Ready:
        pair = self._pairs[task.item.key, task.item.repetition]

        async def run(begin: Begin) -> Outcome:
            return await self._compare(pair, task.execution, begin)

        return run

    async def _compare(self, pair: _Pair, execution: ExecutionId, begin: Begin) -> Outcome:
        paid = False

        def beginning() -> None:
            nonlocal paid
            paid = True
            begin()

        caller = self._calls.caller(execution, beginning)
        try:
            found = await self._judge.compare(pair.case, pair.a, pair.b, caller)
        except ProviderError as error:
            if error.fault is Fault.UNAUTHORIZED or isinstance(error, EndpointDownError):
                raise
            return Outcome(ExecutionState.ERRORED, "errored", error=str(error))
        except ValueError as error:
            return Outcome(
                ExecutionState.ERRORED, "errored", error=f"the judge's answer cannot be read: {error}"
            )
        return Outcome(ExecutionState.COMPLETED, "judged", found.to_json(), cached=not paid)


def _pairs(a: Iterable[CaseResult], b: Iterable[CaseResult]) -> list[_Pair]:
    """What both have, in the order of `b`."""
    known = {(one.key, one.repetition): one.output for one in a}
    return [
        _Pair(one.case, one.key, one.repetition, known[one.key, one.repetition], one.output)
        for one in b
        if (one.key, one.repetition) in known
    ]
