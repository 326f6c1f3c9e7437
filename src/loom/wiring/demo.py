"""A store as a newcomer would have it after a week: shipped workers tested and evaluated on the embedded model."""

from dataclasses import dataclass

from loom.access.models import LOCAL
from loom.calls.path import Route
from loom.catalog.library import Library, shipped_configs
from loom.core.worker_config import Tier, WorkerConfig, load_worker
from loom.engine.bench import TestWish
from loom.evaluation.models import Suite
from loom.evaluation.running.service import Wish
from loom.evaluation.running.specification import Selection
from loom.evaluation.suites.files import load_suite
from loom.wiring.app import App
from loom.wiring.named import version_of
from loom.worker.target import target_of

__all__ = ["fill"]

_TESTED_CASES = 3


@dataclass(frozen=True, slots=True)
class _Planned:
    worker: str
    suite: str
    tier: Tier
    scorers: tuple[str, ...] = ()
    limit: int | None = None
    repetitions: int = 1
    baseline: bool = False


_PLAN = (
    _Planned("entity_extractor_brief", "entity_extractor", Tier.STANDARD, baseline=True),
    _Planned("entity_extractor", "entity_extractor", Tier.LOCAL),
    _Planned("entity_extractor", "entity_extractor", Tier.STANDARD),
    _Planned("classifier", "classifier", Tier.LOCAL, baseline=True),
    _Planned("classifier", "classifier", Tier.STANDARD, repetitions=3),
    _Planned("extractor", "extractor", Tier.STANDARD),
    _Planned("translator", "translator", Tier.STANDARD),
    _Planned("qa", "qa", Tier.FRONTIER),
    _Planned("summarizer", "summarizer", Tier.STANDARD, ("llm_judge",), limit=24),
)


async def fill(app: App) -> None:
    """Test and evaluate, unless there are runs already. Takes a few seconds."""
    if await app.reports.runs(limit=1):
        return
    library = Library(shipped_configs())
    for planned in _PLAN:
        worker, suite = load_worker(library.worker(planned.worker)), load_suite(library.suite(planned.suite))
        route = await app.endpoints.route(tier=planned.tier, endpoint="simulated")
        await _evaluate(app, planned, worker, suite, route)
    for name in ("classifier", "entity_extractor"):
        worker, suite = load_worker(library.worker(name)), load_suite(library.suite(name))
        await _test(app, worker, suite)


async def _evaluate(app: App, planned: _Planned, worker: WorkerConfig, suite: Suite, route: Route) -> None:
    wish = Wish(
        worker.name,
        target_of(worker),
        suite,
        route,
        Selection(limit=planned.limit),
        planned.scorers,
        planned.repetitions,
        concurrency=16,
        version=await version_of(app.catalog(), worker, LOCAL),
    )
    work = await app.evaluations.work(await app.evaluations.open(wish, LOCAL))
    await work.run()
    if planned.baseline:
        run = await app.reports.find(work.evaluation.run.hex())
        await app.baselines.set(run, "what the demo begins with", LOCAL)


async def _test(app: App, worker: WorkerConfig, suite: Suite) -> None:
    route = await app.endpoints.route(tier=Tier.STANDARD, endpoint="simulated")
    for case in suite.cases[:_TESTED_CASES]:
        wish = TestWish(
            worker.name,
            target_of(worker),
            case.input,
            route,
            version=await version_of(app.catalog(), worker, LOCAL),
        )
        await app.bench.test(wish, LOCAL)
