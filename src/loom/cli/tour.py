"""`loom demo`: the main job from end to end, on the embedded model, in a folder of its own."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from loom.calls.path import Route
    from loom.core.worker_config import Tier, WorkerConfig
    from loom.evaluation.results.report import RunReport
    from loom.evaluation.running.service import Wish
    from loom.evaluation.store import RunRow
    from loom.wiring.app import App

__all__ = ["demo"]

_DRAFT, _CAREFUL, _SUITE, _TIER = "entity_extractor_brief", "entity_extractor", "entity_extractor", "standard"
_CONCURRENCY = 16
_JUDGED, _JUDGE, _JUDGED_CASES = "summarizer", "llm_judge", 12
_INPUT = {
    "text": "Ada Lovelace met Charles Babbage in London, long before the Royal Society would hear of her."
}


def demo(
    keep: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep what is written in this folder.")
    ] = None,
) -> None:
    """See the main job done in half a minute.

    Validates, tests, evaluates, compares, judges and gates on the embedded model: no key, no network, no cost.
    """
    from loom.cli.endings import INTERRUPTED, Ending

    if keep is not None and keep.exists() and not keep.is_dir():
        raise typer.BadParameter(f"'{keep}' is a file, not a folder.", param_hint="--keep")
    with Ending(f"what was done is in {keep}" if keep else "nothing of it is kept") as ending:
        import asyncio

        from loom.cli.show.console import error_console, put

        try:
            asyncio.run(_demo_in(keep))
        except asyncio.CancelledError:
            put(f"Interrupted; {ending.words}", out=error_console())
            raise typer.Exit(INTERRUPTED) from None


async def _demo_in(keep: Path | None) -> None:
    """Interrupted at any moment, it takes away what it was not to keep."""
    import tempfile
    from contextlib import ExitStack

    from loom.cli.interrupts import cutting_off

    with cutting_off(), ExitStack() as stack:
        await _demo(keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="loom-demo-"))))


async def _demo(folder: Path) -> None:
    from loom.core.settings import load_settings
    from loom.wiring.app import open_app

    settings = load_settings({"DATA_DIR": str(folder)}, folder / "no-config.yaml")
    async with open_app(settings) as opened:
        app = _unhurried(opened)
        _validate()
        await _test(app)
        first = await _evaluate(app, _DRAFT, "3  How good is it? Evaluate it on a suite of real text")
        second = await _evaluate(
            app, _CAREFUL, "4  Evaluate a second prompt, one that explains what it wants"
        )
        await _compare(app, first, second)
        await _judge(app)
        await _gate(app, second)
    _next()


class _Unhurried:
    """Routes to the embedded family at the pace of a real model: there is something to watch, and to wait for."""

    def __init__(self, app: "App") -> None:
        from loom.calls.simulated.backend import SimulatedBackend

        self._endpoints = app.endpoints
        self._backend = SimulatedBackend(app.clock, latency=True)

    async def route(
        self, *, tier: "Tier | None" = None, model: str | None = None, endpoint: str | None = None
    ) -> "Route":
        from dataclasses import replace

        route = await self._endpoints.route(tier=tier, model=model, endpoint=endpoint)
        return replace(route, backend=self._backend)


def _unhurried(app: "App") -> "App":
    from loom.evaluation.running.service import Evaluations
    from loom.evaluation.suites.store import SuiteStore
    from loom.wiring.app import App

    slow = App(app.settings, app.clock, app.database, app.endpoints)
    slow.evaluations = Evaluations(app.database, app.clock, _Unhurried(app), SuiteStore())
    return slow


def _begin(headline: str, command: str) -> None:
    from loom.cli.show.console import console, put

    console().print()
    put((headline, "accent"))
    put((command, "muted"), label=("   $ ", "muted"))
    console().print()


def _library() -> Path:
    from loom.catalog.library import shipped_configs

    return shipped_configs()


def _validate() -> None:
    from loom.catalog.library import Library
    from loom.cli.validate import validate

    _begin("1  Is the worker well formed? Validate it", "loom validate WORKER.yaml SUITE.yaml")
    library = Library(_library())
    validate([library.worker(_DRAFT), library.suite(_SUITE)])


async def _test(app: "App") -> None:
    from loom.access.models import LOCAL
    from loom.cli.context import compiled
    from loom.cli.show.tests import Streamed, show_test
    from loom.engine.bench import TestWish

    given = json.dumps(_INPUT)
    _begin(
        "2  What does it say? Test it on one input", f"loom test {_DRAFT} --tier {_TIER} --input '{given}'"
    )
    config, route = await _worker(app, _DRAFT)
    with Streamed(config.name, route) as streamed:
        wish = TestWish(config.name, compiled(config), dict(_INPUT), route)
        result = await app.bench.test(wish, LOCAL, streamed.add)
    show_test(result, streamed=True)


async def _worker(app: "App", name: str) -> "tuple[WorkerConfig, Route]":
    from loom.cli.context import worker_named
    from loom.core.worker_config import Tier

    return worker_named(name, _library()), await _Unhurried(app).route(tier=Tier(_TIER))


async def _evaluate(app: "App", name: str, headline: str) -> "RunRow":
    _begin(headline, f"loom eval {name} --suite {_SUITE} --tier {_TIER}")
    return (await _carried_out(app, await _wish(app, name))).run


async def _wish(app: "App", name: str) -> "Wish":
    from loom.cli.context import compiled, suite_named
    from loom.evaluation.running.service import Wish

    config, route = await _worker(app, name)
    suite = suite_named(_SUITE, _library())
    return Wish(config.name, compiled(config), suite, route, concurrency=_CONCURRENCY)


async def _judge(app: "App") -> None:
    from loom.cli.context import compiled, suite_named
    from loom.evaluation.running.service import Wish
    from loom.evaluation.running.specification import Selection

    _begin(
        "6  Where no single answer is right, a judge reads: a model scores each summary",
        f"loom eval {_JUDGED} --suite {_JUDGED} --scorer {_JUDGE} --tier {_TIER} --limit {_JUDGED_CASES}",
    )
    config, route = await _worker(app, _JUDGED)
    suite, selection = suite_named(_JUDGED, _library()), Selection(limit=_JUDGED_CASES)
    wish = Wish(
        config.name, compiled(config), suite, route, selection, scorers=(_JUDGE,), concurrency=_CONCURRENCY
    )
    await _carried_out(app, wish)


async def _gate(app: "App", best: "RunRow") -> None:
    from loom.cli.gating import Wanted, judge
    from loom.cli.show.gates import show_judged
    from loom.core.ids import short, text
    from loom.evaluation.comparing.gates import Gate

    headline = "7  Keep what was gained: a gate refuses what is significantly worse, such as the first prompt"
    _begin(headline, f"loom eval {_DRAFT} --suite {_SUITE} --tier {_TIER} --against {short(best.id)} --gate")
    report = await _carried_out(app, await _wish(app, _DRAFT))
    show_judged(report.run, await judge(app, report, Wanted(text(best.id), Gate())))


async def _carried_out(app: "App", wish: "Wish") -> "RunReport":
    import asyncio

    from loom.access.models import LOCAL
    from loom.cli.evaluate import exit_status
    from loom.cli.show.progress import watching
    from loom.cli.show.runs import show_report
    from loom.core.ids import text
    from loom.engine.models import JobState

    work = await app.evaluations.work(await app.evaluations.open(wish, LOCAL))
    async with watching(work, quiet=False):
        ended = await work.run()
    report = await app.reports.report(await app.reports.find(text(wish.run)))
    if ended.state is JobState.PAUSED and ended.cause is None:
        raise asyncio.CancelledError  # which the job has taken for the wish to pause it
    show_report(report)
    status = exit_status(ended, report)
    if status:
        raise typer.Exit(status)
    return report


async def _compare(app: "App", first: "RunRow", second: "RunRow") -> None:
    from loom.cli.show.comparison import show_comparison

    _begin("5  Is the second prompt better, or only lucky? Compare", "loom compare last~1 last")
    show_comparison(await app.reports.compare(first, second), first, second, hint=False)


def _next() -> None:
    from loom.cli.show.console import console, put
    from loom.cli.show.table import show_table

    console().print()
    put(("Now you", "accent"))
    commands = (
        ("loom init my-workers", "a worker and a suite of your own"),
        ("loom setup", "find real models to ask"),
        ("loom doctor", "what works on this machine"),
        (f"loom eval {_CAREFUL} --suite {_SUITE}", "the same, kept: then loom runs"),
        ("loom runs show last --failures", "case by case, what went wrong"),
    )
    show_table([((command, "accent"), what) for command, what in commands], indent=3)
