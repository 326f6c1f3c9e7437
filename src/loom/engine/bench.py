"""The test bench: one worker on one input, by the same path as everything else."""

import asyncio
from dataclasses import dataclass

from loom.access.models import Principal
from loom.calls.backend import OnDelta
from loom.calls.models import Usage
from loom.calls.path import CallPath, Route
from loom.calls.store import account_state
from loom.core.clock import Clock
from loom.core.hashing import hash_json
from loom.core.ids import RunId, new_id
from loom.core.jsonvalue import Json
from loom.engine.claims import claim
from loom.engine.executor import LocalExecutor
from loom.engine.jobs import JobPlan, open_job
from loom.engine.models import ExecutionState, Finished, JobKind, NewRun, Outcome, WorkItem
from loom.engine.runner import JobRunner
from loom.storage.database import Database
from loom.worker.task import WorkerTask
from loom.worker.transcript import Transcript

__all__ = ["TestBench", "TestResult", "TestWish"]


@dataclass(frozen=True, slots=True)
class TestResult:
    """What became of one test."""

    outcome: Outcome
    transcript: Transcript
    """The exact prompt, every turn and every tool call."""

    usage: Usage | None
    cost_nano: int | None
    """What the tries of this test cost; None when the price is unknown."""

    model: str
    simulated: bool

    @property
    def success(self) -> bool:
        """It ran to its end, and its output fits the contract."""
        return self.outcome.state is ExecutionState.COMPLETED and not self.outcome.problems


@dataclass(frozen=True, slots=True)
class TestWish:
    """A test that someone wants."""

    __test__ = False

    worker: str
    task: WorkerTask
    payload: Json
    route: Route
    use_cache: bool = True


class TestBench:
    """Runs single tests; each is a job with one execution, kept like any other."""

    __test__ = False

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def test(self, wish: TestWish, principal: Principal, on_delta: OnDelta | None = None) -> TestResult:
        """Carry `wish` out, streaming to `on_delta`.

        Raises:
            LoomError: when it could not be carried out at all; what the model did wrong is in the result.
        """
        task, route, payload = wish.task, wish.route, wish.payload
        run = RunId(new_id())
        spec: Json = {
            "run": run.hex(),
            "worker": wish.worker,
            "snapshot": task.snapshot(),
            "endpoint": route.keys.endpoint,
            "model": route.model,
            "payload": payload,
        }
        config: Json = {"snapshot": spec["snapshot"], "model": route.model, "origin": route.backend.origin}
        new = NewRun(
            run, config, wish.worker, None, None, route.model, route.keys.endpoint, route.simulated, 1
        )
        job = await open_job(self._database, self._clock, JobPlan(JobKind.TEST, spec, (new,)), principal)
        claimed = await claim(self._database, self._clock, job)
        journal = claimed.journal(self._database.writer)
        path = CallPath(route, journal, self._database, use_cache=wish.use_cache)
        executor = LocalExecutor(task, task.plan(route.model), path, self._database, on_delta)
        finished: list[Finished] = []
        runner = JobRunner(self._database, journal, claimed, {run: executor}, watch=finished.append)
        ended = await runner.run((WorkItem(run, hash_json(payload), 0, 0, payload),), 1)
        if ended.cause is not None:
            raise ended.cause
        if not finished:
            raise asyncio.CancelledError
        (only,) = finished
        spent = await self._database.read(lambda connection: account_state(connection, journal.account))
        transcript = await executor.transcript(only.execution, payload)
        return TestResult(
            only.outcome,
            transcript,
            transcript.usage,
            spent.spent_nano if route.price else None,
            route.model,
            route.simulated,
        )
