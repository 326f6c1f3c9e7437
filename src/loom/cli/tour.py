"""`loom demo`: the main job from end to end, on the embedded model, in a folder of its own."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from loom.evaluation.store import RunRow
    from loom.wiring.app import App

__all__ = ["demo"]

_FIRST, _SECOND, _SUITE = "classifier_brief", "classifier", "classifier"
_INPUT = {"text": "I returned the kettle two weeks ago and the money is still not on my account."}


def demo(
    keep: Annotated[Path | None, typer.Option(help="Keep the database in this folder.")] = None,
) -> None:
    """Validate, test, evaluate and compare two prompts on the embedded model: no key, no network, no cost."""
    import asyncio
    import tempfile
    from contextlib import ExitStack

    with ExitStack() as stack:
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="loom-demo-")))
        asyncio.run(_demo(folder))


async def _demo(folder: Path) -> None:
    from loom.core.settings import load_settings
    from loom.wiring.app import open_app

    settings = load_settings({"DATA_DIR": str(folder)}, folder / "no-config.yaml")
    async with open_app(settings) as app:
        _validate()
        await _test(app)
        first = await _evaluate(app, _FIRST, "3  Evaluate it: a first draft of the prompt, 60 cases")
        second = await _evaluate(app, _SECOND, "4  Evaluate a second, careful prompt")
        await _compare(app, first, second)
    _next()


def _title(text: str) -> None:
    from loom.cli.show.console import console

    console().print()
    console().rule(f"[accent]{text}[/accent]", align="left", style="muted")


def _validate() -> None:
    from loom.catalog.library import Library
    from loom.cli.validate import validate

    _title(f"1  Validate a worker: loom validate {_FIRST}.yaml")
    library = Library()
    validate([library.worker(_FIRST), library.suite(_SUITE)])


async def _test(app: "App") -> None:
    import json

    from loom.access.models import LOCAL
    from loom.cli.context import compiled, worker_named
    from loom.cli.show.console import console
    from loom.cli.show.tests import Streamed, show_test
    from loom.engine.bench import TestWish

    _title(f"2  Test it on one input: loom test {_FIRST} --input JSON")
    console().print(json.dumps(_INPUT), style="muted", markup=False)
    config = worker_named(_FIRST, Path("configs"))
    route = await app.endpoints.route(tier=config.default_model_tier)
    with Streamed(config.name, route) as streamed:
        result = await app.bench.test(
            TestWish(config.name, compiled(config), dict(_INPUT), route), LOCAL, streamed.add
        )
    show_test(result)


async def _evaluate(app: "App", name: str, title: str) -> "RunRow":
    from loom.access.models import LOCAL
    from loom.cli.context import compiled, suite_named, worker_named
    from loom.cli.evaluate import carry_out
    from loom.cli.show.runs import show_report
    from loom.evaluation.service import Wish

    _title(f"{title}: loom eval {name} --suite {_SUITE}")
    config = worker_named(name, Path("configs"))
    route = await app.endpoints.route(tier=config.default_model_tier)
    suite = suite_named(_SUITE, Path("configs"))
    job = await app.evaluations.open(Wish(config.name, compiled(config), suite, route), LOCAL)
    ended, report = await carry_out(app, job, quiet=False)
    show_report(report, ended)
    return report.run


async def _compare(app: "App", first: "RunRow", second: "RunRow") -> None:
    from loom.cli.show.comparison import show_comparison

    _title("5  Is the second one better? loom compare last~1 last")
    show_comparison(await app.reports.compare(first, second))


def _next() -> None:
    from loom.cli.show.console import console

    _title("Next")
    out = console()
    out.print("  loom doctor                                     what works on this machine")
    out.print(
        '  loom test entity_extractor --input \'{"text": "Ada Lovelace met Charles Babbage in London."}\'',
        markup=False,
    )
    out.print(
        "  loom eval classifier --suite classifier         keeps its run; then: loom runs, loom runs show last"
    )
    out.print("  OPENAI_BASE_URL=… OPENAI_API_KEY=… loom eval …  the same on your own endpoint", markup=False)
