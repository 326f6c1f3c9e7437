"""A worker that labels texts, a model that gives each text as its own label, and suites of texts."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from loom.access.models import LOCAL
from loom.calls.models import ModelRequest
from loom.calls.path import Route
from loom.calls.scripted import Scripted, ScriptedBackend
from loom.core.clock import SystemClock
from loom.core.errors import Fault, Problem, ProviderError, UsageError
from loom.core.ids import JobId, text
from loom.core.worker_config import WorkerConfig
from loom.engine.models import Steer
from loom.engine.runner import Ended
from loom.evaluation.models import Case, Suite
from loom.evaluation.results.report import Reports, RunReport
from loom.evaluation.running.service import Evaluations, Wish
from loom.evaluation.suites.store import SuiteStore
from loom.storage.database import Database
from loom.worker.task import WorkerTask


def answer(request: ModelRequest) -> Scripted:
    """The text as its label; but a text that begins with `wrong`, `invalid`, `nonsense` or `refused` gets that."""
    said = json.loads(request.messages[-1].text)["text"]
    if said.startswith("refused"):
        return ProviderError("it was refused", Fault.REFUSED)
    label = {"wrong": '{"label":"other"}', "invalid": '{"label":1}', "nonsense": "hm"}
    return label.get(said.split()[0], json.dumps({"label": said}, separators=(",", ":")))


def labeller(**keys: Any) -> WorkerTask:
    text_type = {"type": "string"}
    given = {
        "name": "labeller",
        "system_prompt": "Label the text.",
        "max_output_tokens": 10,
        "input_schema": {"type": "object", "required": ["text"], "properties": {"text": text_type}},
        "output_schema": {"type": "object", "required": ["label"], "properties": {"label": text_type}},
    }
    return WorkerTask(WorkerConfig.from_mapping({**given, **keys}), {})


def suite_of(*texts: str, **fields: Any) -> Suite:
    """A suite of these texts, named by them."""
    cases = (Case(f"{said}#{number}", {"text": said}, {"label": said}) for number, said in enumerate(texts))
    return Suite(fields.pop("name", "texts"), tuple(cases), **fields)


class Lab:
    """Evaluations over one database, whose only endpoint is `backend`."""

    def __init__(self, database: Database, route_to: Callable[..., Route]) -> None:
        self.database = database
        self.backend = ScriptedBackend(self._answer)
        self.halt_at = 0
        """The request at which a person steers; 0: nobody does."""

        self.halt_by = Steer.PAUSE

        self.clock = SystemClock()
        suites = SuiteStore()
        self.evaluations = Evaluations(database, self.clock, self, suites)
        self.reports = Reports(database, suites)
        self.task = labeller()
        self.configured = True
        self._route_to = route_to

    def elsewhere(self, database: Database) -> "Lab":
        """The same from another process, which knows nothing but what is in the database."""
        return Lab(database, self._route_to)

    async def route(
        self, *, tier: Any = None, model: str | None = None, endpoint: str | None = None
    ) -> Route:
        if not self.configured:
            raise UsageError(Problem("is not an endpoint", field="endpoint", value=endpoint))
        return self._route_to(self.backend)

    async def open(self, suite: Suite, **wish: Any) -> JobId:
        route = wish.pop("route", None) or await self.route()
        return await self.evaluations.open(Wish("labeller", self.task, suite, route, **wish), LOCAL)

    async def work(self, job: JobId, **options: Any) -> Ended:
        self._work = await self.evaluations.work(job, **options)
        return await self._work.run()

    def _answer(self, request: ModelRequest) -> Scripted:
        if len(self.backend.requests) == self.halt_at:
            self._work.steer(self.halt_by)
        return answer(request)

    async def run(self, suite: Suite, **wish: Any) -> RunReport:
        """The report of a new evaluation, worked through."""
        job = await self.open(suite, **wish)
        await self.work(job)
        return await self.report(job)

    async def report(self, job: JobId) -> RunReport:
        return await self.reports.report(await self.reports.find(text(job)))


@pytest.fixture
def lab(database: Database, route_to: Callable[..., Route]) -> Lab:
    return Lab(database, route_to)


@pytest.fixture
def suite() -> Callable[..., Suite]:
    return suite_of
