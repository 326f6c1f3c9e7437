"""A job that labels texts: its model plays a script, its items are texts, and any handle may work on it."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import pytest

from loom.access.models import LOCAL
from loom.calls.backend import Backend
from loom.calls.journal import Journal
from loom.calls.models import ModelAnswer, ToolCall, Usage
from loom.calls.path import CallPath, Route
from loom.calls.store import AccountState, account_state
from loom.core.clock import Clock, SystemClock
from loom.core.hashing import hash_json
from loom.core.ids import JobId, RunId, new_id
from loom.core.jsonvalue import Json
from loom.core.worker_config import WorkerConfig
from loom.engine.claims import Claim, claim
from loom.engine.executor import Executor, LocalExecutor
from loom.engine.jobs import JobPlan, open_job
from loom.engine.models import Finished, Fork, JobKind, NewRun, WorkItem
from loom.engine.runner import Ended, JobRunner
from loom.engine.store import lease_of, load_job
from loom.storage.database import Database
from loom.worker.task import WorkerTask
from loom.worker.tools import ToolProvider

LABEL = '{"label":"bug"}'
"""A good answer, of one word."""


class Look(ToolProvider):
    """A tool that sees, and counts how often it looked."""

    def __init__(self) -> None:
        self.looked = 0

    def get_definition(self) -> Json:
        return {"name": "look", "description": "Looks.", "parameters": {"type": "object"}}

    async def execute(self, arguments: Json) -> str:
        self.looked += 1
        return "seen"


def labeller(**tools: ToolProvider) -> WorkerTask:
    text = {"type": "string"}
    keys = {
        "name": "labeller",
        "system_prompt": "Label the text.",
        "max_output_tokens": 10,
        "input_schema": {"type": "object", "required": ["text"], "properties": {"text": text}},
        "output_schema": {"type": "object", "required": ["label"], "properties": {"label": text}},
    }
    return WorkerTask(WorkerConfig.from_mapping(keys), tools)


def item(run: RunId, text: str, number: int = 0, fork: Fork | None = None) -> WorkItem:
    return WorkItem(run, hash_json(text), number, 0, {"text": text}, fork)


class Labelling:
    """One job with one run."""

    def __init__(self, database: Database, route_to: Callable[..., Route], clock: Clock) -> None:
        self.database = database
        self.clock = clock
        self.run = RunId(new_id())
        self.job = JobId(b"")
        self.finished: list[Finished] = []
        self.runner: JobRunner | None = None
        self._route_to = route_to

    async def open(self, limit_nano: int | None = None) -> "Labelling":
        new = NewRun(self.run, {}, "labeller", None, None, "m", "scripted", True, 0)
        plan = JobPlan(JobKind.EVALUATION, {"why": "test"}, (new,), limit_nano)
        self.job = await open_job(self.database, self.clock, plan, LOCAL)
        return self

    def items(self, *texts: str) -> list[WorkItem]:
        return [item(self.run, text, number) for number, text in enumerate(texts)]

    async def claim(self, database: Database | None = None) -> Claim:
        return await claim(database or self.database, self.clock, self.job)

    def executor(
        self,
        journal: Journal,
        backend: Backend,
        *,
        database: Database | None = None,
        task: WorkerTask | None = None,
        use_cache: bool = True,
    ) -> LocalExecutor:
        database, task = database or self.database, task or labeller()
        route = self._route_to(backend, clock=self.clock)
        path = CallPath(route, journal, database, use_cache=use_cache)
        return LocalExecutor(task, task.plan("m"), path, database)

    async def work(
        self,
        items: Iterable[WorkItem],
        backend: Backend | Executor,
        *,
        concurrency: int = 4,
        database: Database | None = None,
        watch: Callable[[Finished], None] | None = None,
        finish: Callable[[Finished], Awaitable[Any]] | None = None,
        **options: Any,
    ) -> Ended:
        """Claim the job and work through `items`; `watch` sees each outcome after it is kept in `finished`."""
        database = database or self.database
        claimed = await self.claim(database)
        journal = claimed.journal(database.writer)
        local = hasattr(backend, "send")
        executor = self.executor(journal, backend, database=database, **options) if local else backend

        def seen(one: Finished) -> None:
            self.finished.append(one)
            if watch is not None:
                watch(one)

        more = {} if finish is None else {"finish": finish}
        self.runner = JobRunner(database, journal, claimed, {self.run: executor}, watch=seen, **more)
        return await self.runner.run(items, concurrency)

    @property
    def state(self) -> str:
        return self.database.read_now(lambda connection: lease_of(connection, self.job)).state

    async def money(self) -> AccountState:
        await self.database.writer.flush()
        account = self.database.read_now(lambda connection: load_job(connection, self.job)).account
        return self.database.read_now(lambda connection: account_state(connection, account))


@pytest.fixture
async def labelling(database: Database, route_to: Callable[..., Route]) -> Labelling:
    return await Labelling(database, route_to, SystemClock()).open()


@pytest.fixture
def make_labelling(database: Database, route_to: Callable[..., Route]) -> Callable[..., Awaitable[Labelling]]:
    """Makes further ones: on another clock, with a budget."""

    async def make(clock: Clock | None = None, limit_nano: int | None = None) -> Labelling:
        return await Labelling(database, route_to, clock or SystemClock()).open(limit_nano)

    return make


@pytest.fixture
def as_another_process(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From then on this process is another one that was given the same number: all it held before has died."""
    return lambda: monkeypatch.setattr("loom.engine.claims._THIS_PROCESS", new_id().hex())


class Looking:
    """A worker with a tool, and the answer by which its model calls it."""

    def __init__(self) -> None:
        self.tool = Look()
        self.task = labeller(look=self.tool)
        self.call = ModelAnswer(None, (ToolCall("1", "look", {}, "{}"),), usage=Usage(1, 1))


@pytest.fixture
def looking() -> Looking:
    return Looking()
