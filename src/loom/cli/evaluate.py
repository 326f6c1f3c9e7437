"""`loom eval`: a worker on a suite, under a progress bar; resumable, within a budget."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loom.cli.options import AsJson, ConfigsDir, ModelName, NoCache, TierName

if TYPE_CHECKING:
    from loom.core.ids import JobId
    from loom.engine.runner import Ended
    from loom.evaluation.report import RunReport
    from loom.wiring.app import App

__all__ = ["evaluate"]


@dataclass(frozen=True, slots=True)
class _Asked:
    """The command line of one evaluation."""

    worker: str
    suite: str
    tier: str | None
    model: str | None
    repeat: int
    concurrency: int
    budget_usd: str | None
    split: str | None
    tags: tuple[str, ...]
    limit: int | None
    use_cache: bool
    configs_dir: Path


def evaluate(
    worker: Annotated[str | None, typer.Argument(metavar="[WORKER]", help="A worker's name or file.")] = None,
    suite: Annotated[str | None, typer.Option(help="A suite's name or file.")] = None,
    tier: TierName = None,
    model: ModelName = None,
    repeat: Annotated[int, typer.Option(min=1, help="Executions of each case.")] = 1,
    concurrency: Annotated[int, typer.Option(min=1, max=1024, help="Calls in flight at most.")] = 8,
    budget_usd: Annotated[str | None, typer.Option(metavar="USD", help="Never spend more than this.")] = None,
    split: Annotated[
        str | None, typer.Option(help="train, validation or sealed; default: all but sealed.")
    ] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Only cases with this tag; may be repeated.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many cases.")] = None,
    no_cache: NoCache = False,
    resume: Annotated[str | None, typer.Option(metavar="JOB", help="Go on with an interrupted one.")] = None,
    as_json: AsJson = False,
    configs_dir: ConfigsDir = Path("configs"),
) -> None:
    """Evaluate a worker on a suite. Interrupt it at any time; --resume goes on and pays for nothing twice."""
    from loom.cli.context import with_app
    from loom.cli.show.runs import case_json, report_json, show_report
    from loom.core.errors import Problem, UsageError

    if resume is None and (worker is None or suite is None):
        raise UsageError(Problem("name a worker and a --suite, or --resume an interrupted job"))
    asked = _Asked(
        worker or "",
        suite or "",
        tier,
        model,
        repeat,
        concurrency,
        budget_usd,
        split,
        tuple(tag or ()),
        limit,
        not no_cache,
        configs_dir,
    )

    async def run(app: "App") -> "tuple[Ended, RunReport]":
        job = await _open(app, asked) if resume is None else (await app.reports.find(resume)).job
        return await carry_out(app, job, quiet=as_json)

    ended, report = with_app(run, concurrency=concurrency)
    if as_json:
        from loom.cli.context import print_json_list

        print_json_list(report_json(report), "cases", map(case_json, report.results))
    else:
        show_report(report, ended)
    if ended.cause is not None:
        from loom.core.errors import exit_code

        raise typer.Exit(exit_code(ended.cause))


async def _open(app: "App", asked: _Asked) -> "JobId":
    from loom.access.models import LOCAL
    from loom.cli.context import compiled, suite_named, worker_named
    from loom.core.money import nano_usd
    from loom.core.worker_config import Tier
    from loom.evaluation.models import Split
    from loom.evaluation.service import Selection, Wish

    config = worker_named(asked.worker, asked.configs_dir)
    route = await app.endpoints.route(
        tier=Tier(asked.tier) if asked.tier else config.default_model_tier,
        model=asked.model or config.model,
        endpoint=config.endpoint,
    )
    wish = Wish(
        worker=config.name,
        task=compiled(config),
        suite=suite_named(asked.suite, asked.configs_dir),
        route=route,
        selection=Selection(Split(asked.split) if asked.split else None, asked.tags, asked.limit),
        repetitions=asked.repeat,
        concurrency=asked.concurrency,
        budget_nano=None if asked.budget_usd is None else nano_usd(asked.budget_usd),
        use_cache=asked.use_cache,
    )
    return await app.evaluations.open(wish, LOCAL)


async def carry_out(app: "App", job: "JobId", *, quiet: bool) -> "tuple[Ended, RunReport]":
    """Work through `job` under a progress bar; the first Ctrl-C pauses, the second cuts off."""
    from loom.cli.interrupts import pausing
    from loom.cli.show.progress import watching
    from loom.core.ids import text

    work = await app.evaluations.work(job)
    async with watching(work, quiet=quiet):
        with pausing(work.steer):
            ended = await work.run()
    return ended, await app.reports.report(await app.reports.find(text(work.evaluation.run)))
