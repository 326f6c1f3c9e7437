"""The documented way to evaluate a worker from a script, on backends of its own. Has no way of its own."""

import asyncio
import json
from collections.abc import Sequence

import yaml

from loom.access.models import LOCAL
from loom.calls.limits import Limiter, LimitKeys
from loom.calls.path import Route
from loom.core.clock import SystemClock
from loom.core.errors import Problem, UsageError
from loom.core.ids import text
from loom.core.jsonvalue import Json, JsonValue
from loom.core.worker_config import Tier, WorkerConfig, WorkerKind
from loom.evaluation.models import Suite
from loom.evaluation.records.placing import free_name
from loom.evaluation.running.service import Evaluations, Wish
from loom.evaluation.scorers.base import JudgeChoice
from loom.evaluation.scorers.judge_prompt import DEFAULT_JUDGE_PROMPT
from loom.evaluation.suites.files import parse_suite
from loom.evaluation.suites.store import SuiteStore
from loom.storage.database import Database, open_database
from loom.worker.adapted import AdaptedBackend
from loom.worker.backends import LLMBackend
from loom.worker.target import target_of
from loom.workshop.db import WorkshopDB
from loom.workshop.db_rows import OWN
from loom.workshop.test_runner import WorkerTestRunner

__all__ = ["DEFAULT_JUDGE_PROMPT", "SCORING", "EvalRunner"]

SCORING = ("field_match", "exact_match", "llm_judge")
_JUDGE = f"{OWN}judge"
_ANSWERED: JsonValue = {"scorer": "json_schema", "schema": {"type": "object"}}
"""Where a case expects nothing and is compared with nothing, an output that fits the worker's contract passes."""


class EvalRunner:
    """Evaluates workers on the backends of a test runner, in the store that a `WorkshopDB` has open."""

    def __init__(self, test_runner: WorkerTestRunner, db: WorkshopDB) -> None:
        self.test_runner = test_runner
        self.db = db

    async def run_suite(  # noqa: PLR0913, PLR0917 - the signature that guides show
        self,
        config: Json,
        test_suite: Sequence[Json],
        tier: str | None = None,
        scoring: str = "field_match",
        max_concurrency: int = 3,
        judge_backend: LLMBackend | None = None,
        judge_prompt: str | None = None,
    ) -> str:
        """Evaluate the worker that `config` defines on cases of `name`, `input` and `expected_output`; the run's id.

        What a backend raises ends its case alone. Nothing comes from the cache: two backends may answer differently.

        Raises:
            ValueError: for an unknown `scoring`, or `llm_judge` without a `judge_backend`.
            LoomError: when the worker, a case or the tier is not what it should be.
        """
        if scoring not in SCORING:
            raise ValueError(f"unknown scoring '{scoring}'; use one of {', '.join(SCORING)}")
        if scoring == "llm_judge" and judge_backend is None:
            raise ValueError("judge_backend is required for scoring by llm_judge")
        worker = WorkerConfig.from_mapping(config)
        routes = self._routes(worker, tier, judge_backend)
        wish = Wish(
            worker.name,
            target_of(worker),
            _suite(worker.name, test_suite, scoring),
            routes.worker,
            scorers=(scoring,),
            concurrency=max_concurrency,
            use_cache=False,
            judge=JudgeChoice(routes.judge.model, _JUDGE, judge_prompt) if routes.judge else None,
            version=bytes.fromhex(await asyncio.to_thread(self._version, config)),
        )
        database = await asyncio.to_thread(
            open_database, self.db.url
        )  # the script's loop needs a writer of its own
        try:
            return await _evaluated(database, wish, routes)
        finally:
            await database.aclose()

    def _version(self, config: Json) -> str:
        definition = yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
        return self.db.save_worker_version(config["name"], definition)

    def _routes(self, worker: WorkerConfig, tier: str | None, judge: LLMBackend | None) -> "_Routes":
        tier, limiter = tier or worker.default_model_tier, Limiter(SystemClock())
        processor = worker.worker_kind is WorkerKind.PROCESSOR
        return _Routes(
            None if processor else _route(self.test_runner.backend(tier), OWN + tier, limiter),
            None if judge is None else _route(judge, _JUDGE, limiter),
        )


class _Routes:
    """The two places where the calls of one evaluation go."""

    def __init__(self, worker: Route | None, judge: Route | None) -> None:
        self.worker = worker
        self.judge = judge

    async def route(
        self, *, tier: Tier | None = None, model: str | None = None, endpoint: str | None = None
    ) -> Route:
        """As `loom.evaluation.scoring.routes.Routes`."""
        del tier
        route = self.judge if endpoint == _JUDGE else self.worker
        if route is None:
            raise UsageError(
                Problem("has no backend in this evaluation", "endpoint", value=endpoint or model)
            )
        return route


def _route(backend: LLMBackend, endpoint: str, limiter: Limiter) -> Route:
    model: object = getattr(backend, "model", None)
    name = model if isinstance(model, str) else type(backend).__name__
    return Route(AdaptedBackend(backend), name, None, LimitKeys(endpoint, name), limiter)


def _suite(worker: str, given: Sequence[Json], scoring: str) -> Suite:
    """The cases as a suite that is called like the worker, as one was in Loom 0.9."""
    cases: list[Json] = []
    taken: set[str] = set()
    for one in given:
        case: Json = {"name": "unnamed", "input": {}, **one}
        case["name"] = free_name(str(case["name"]), taken)
        if scoring != "llm_judge" and "expected_output" not in case:
            case.setdefault("scorers", [_ANSWERED])
        cases.append(case)
    return parse_suite(json.dumps({"name": worker, "cases": cases}), f"{worker}.json")


async def _evaluated(database: Database, wish: Wish, routes: _Routes) -> str:
    service = Evaluations(database, SystemClock(), routes, SuiteStore())
    work = await service.work(await service.open(wish, LOCAL))
    ended = await work.run()
    if ended.cause is not None:
        raise ended.cause
    return text(work.evaluation.run)
