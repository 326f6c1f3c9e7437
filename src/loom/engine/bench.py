"""The test bench: one worker on one input, by the same path as everything else."""

import asyncio
from dataclasses import dataclass, replace

from loom.access.models import Principal
from loom.calls.attempts import refuse_unpriced
from loom.calls.backend import OnDelta
from loom.calls.journal import Journal
from loom.calls.limits import WATCHED
from loom.calls.models import Usage
from loom.calls.path import CallPath, Route
from loom.calls.store import account_state, unpriced_attempts
from loom.core.clock import Clock
from loom.core.errors import ConflictError
from loom.core.hashing import hash_json
from loom.core.ids import RunId, new_id
from loom.core.jsonvalue import Json, JsonValue
from loom.core.sound_json import refuse_unsound
from loom.engine.assignment import Asked, Assignment, Computed, assignment
from loom.engine.claims import Claim, claim
from loom.engine.executor import Executor, LocalExecutor
from loom.engine.jobs import JobPlan, open_job
from loom.engine.models import ExecutionState, Finished, JobKind, NewRun, Outcome, WorkItem
from loom.engine.processing import ProcessingExecutor
from loom.engine.runner import JobRunner
from loom.storage.database import Database
from loom.worker.processor_task import ProcessorTask
from loom.worker.target import Target
from loom.worker.transcript import ModelTurn, Opening, Transcript

__all__ = ["TestBench", "TestResult", "TestWish"]


@dataclass(frozen=True, slots=True)
class TestResult:
    """What became of one test."""

    outcome: Outcome
    transcript: Transcript
    """The exact prompt, every turn and every tool call."""

    usage: Usage | None
    cost_nano: int
    """What the tries of this test cost, those of `unpriced` left out."""

    unpriced: int
    """How many of its tries may have been paid at a price that nobody knows."""

    model: str
    """What did the work: of a processor, what its backend says did."""

    simulated: bool
    asks_model: bool = True
    """False for a processor."""

    silo_updates: tuple[JsonValue, ...] = ()
    """The changes that the worker wants in its folders; a test makes none of them."""

    @property
    def success(self) -> bool:
        """It ran to its end, and its output fits the contract."""
        return self.outcome.state is ExecutionState.COMPLETED and not self.outcome.problems


@dataclass(frozen=True, slots=True)
class TestWish:
    """A test that someone wants."""

    __test__ = False

    worker: str
    task: Target
    payload: Json
    route: Route | None
    """Where its calls go; None for a processor."""

    use_cache: bool = True
    version: bytes | None = None
    """The hash of the text that defines the worker, when the catalog keeps it."""

    run: RunId | None = None
    """The id it is to have, for those who watch it; None: any."""


class TestBench:
    """Runs single tests; each is a job with one execution, kept like any other."""

    __test__ = False

    def __init__(self, database: Database, clock: Clock, folder: str | None = None) -> None:
        """`folder` is the one worked in; runs are of it."""
        self._folder = folder
        self._database = database
        self._clock = clock

    async def test(self, wish: TestWish, principal: Principal, on_delta: OnDelta | None = None) -> TestResult:
        """Carry `wish` out, streaming to `on_delta`.

        Raises:
            LoomError: when it could not be carried out at all; what the worker did wrong is in the result.
        """
        refuse_unsound(wish.payload, "input")
        ready = await self._ready(wish, principal)
        match ready.assignment:
            case Asked() as asked:
                return await self._ask(asked, wish, ready, on_delta)
            case Computed(processor):
                return await self._compute(processor, wish, ready)

    async def _ready(self, wish: TestWish, principal: Principal) -> "_Ready":
        by, run = assignment(wish.task, wish.route), wish.run or RunId(new_id())
        if wish.route is not None:
            refuse_unpriced(wish.route.price, wish.route.model, budgeted=principal.capped)
        config = by.config
        spec: Json = {
            "run": run.hex(),
            "worker": wish.worker,
            "snapshot": config["snapshot"],
            "endpoint": by.endpoint,
            "model": by.model,
            "payload": wish.payload,
            "version": wish.version.hex() if wish.version else None,
        }
        new = NewRun(
            run, config, wish.worker, None, None, by.model, by.endpoint, by.simulated, 1, self._folder
        )
        job = await open_job(self._database, self._clock, JobPlan(JobKind.TEST, spec, (new,)), principal)
        claimed = await claim(self._database, self._clock, job)
        return _Ready(by, run, claimed, claimed.journal(self._database.writer))

    async def _ask(
        self, asked: Asked, wish: TestWish, ready: "_Ready", on_delta: OnDelta | None
    ) -> TestResult:
        task, route = asked.task, asked.route
        watched = replace(route, policy=WATCHED)
        path = CallPath(watched, ready.journal, self._database, use_cache=wish.use_cache)
        executor = LocalExecutor(task, task.plan(route.model), path, self._database, on_delta)
        only = await self._run(executor, wish.payload, ready)
        account = ready.journal.account
        spent = await self._database.read(lambda connection: account_state(connection, account))
        unpriced = await self._database.read(lambda connection: unpriced_attempts(connection, only.execution))
        transcript = await executor.transcript(only.execution, wish.payload)
        answers = [step.answer for step in transcript.steps if isinstance(step, ModelTurn)]
        return TestResult(
            only.outcome,
            transcript,
            transcript.usage,
            spent.spent_nano,
            unpriced,
            route.model,
            route.simulated,
            silo_updates=task.close(answers[-1]).silo_updates if answers else (),
        )

    async def _compute(self, processor: ProcessorTask, wish: TestWish, ready: "_Ready") -> TestResult:
        executor = ProcessingExecutor(processor, self._clock)
        only = await self._run(executor, wish.payload, ready)
        processor.admit(wish.payload)
        done = executor.last
        return TestResult(
            only.outcome,
            Transcript(Opening(())),
            Usage(0, 0),
            0,
            0,
            (done.model_used if done else None) or processor.backend_path,
            simulated=False,
            asks_model=False,
            silo_updates=processor.close(done).silo_updates if done else (),
        )

    async def _run(self, executor: Executor, payload: Json, ready: "_Ready") -> Finished:
        finished: list[Finished] = []
        executors = {ready.run: executor}
        runner = JobRunner(self._database, ready.journal, ready.claim, executors, watch=finished.append)
        ended = await runner.run((WorkItem(ready.run, hash_json(payload), 0, 0, payload),), 1)
        if ended.cause is not None:
            raise ended.cause
        if not finished:
            me = asyncio.current_task()
            if me is not None and me.cancelling():
                raise asyncio.CancelledError
            raise ConflictError(f"the test has no answer: {ended.reason}")
        return finished[0]


@dataclass(frozen=True, slots=True)
class _Ready:
    """A test about to be carried out: its job is claimed."""

    assignment: Assignment
    run: RunId
    claim: Claim
    journal: Journal
