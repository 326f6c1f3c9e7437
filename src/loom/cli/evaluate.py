"""`loom eval`: a worker on a suite, under a progress bar; resumable, within a budget."""

import gc
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

__all__ = ["Terms", "carry_out", "evaluate", "exit_status"]

_WITH_RESUME = {"resume", "concurrency", "budget_usd", "as_json"}


@dataclass(frozen=True, slots=True)
class _Asked:
    """The command line of one evaluation."""

    worker: str
    suite: str
    tier: str | None
    model: str | None
    repeat: int
    concurrency: int
    budget_nano: int | None
    split: str | None
    tags: tuple[str, ...]
    limit: int | None
    use_cache: bool
    configs_dir: Path


@dataclass(frozen=True, slots=True)
class Terms:
    """What is different from when the job was opened."""

    concurrency: int | None = None
    budget_nano: int | None = None


def evaluate(
    context: typer.Context,
    worker: Annotated[str, typer.Argument(metavar="WORKER", help="A worker's name or file.")] = "",
    suite: Annotated[
        str, typer.Option(metavar="SUITE", help="A suite's name or file.", show_default=False)
    ] = "",
    tier: TierName = None,
    model: ModelName = None,
    repeat: Annotated[int, typer.Option(min=1, metavar="N", help="Executions of each case.")] = 1,
    concurrency: Annotated[
        int, typer.Option(min=1, max=1024, metavar="N", help="Calls in flight at most.")
    ] = 8,
    budget_usd: Annotated[str | None, typer.Option(metavar="USD", help="Never spend more than this.")] = None,
    split: Annotated[
        str | None,
        typer.Option(metavar="SPLIT", help="train, validation or sealed; default: all but sealed."),
    ] = None,
    tag: Annotated[
        list[str] | None, typer.Option(metavar="TAG", help="Only cases with this tag; may be repeated.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Only the first so many cases.")
    ] = None,
    no_cache: NoCache = False,
    resume: Annotated[
        str | None, typer.Option(metavar="JOB", help="Go on with an interrupted one: its id, or `last`.")
    ] = None,
    as_json: AsJson = False,
    configs_dir: ConfigsDir = Path("configs"),
) -> None:
    """Evaluate a worker on a suite.

    Interrupt it at any time: --resume goes on and pays for nothing twice.
    """
    from loom.cli.context import dollars, print_json_list, with_app
    from loom.cli.show.console import show_error
    from loom.cli.show.runs import case_json, report_json, show_report

    given = _given(context)
    _refuse_contradiction(given)
    tags = tuple(tag or ())
    use_cache = not no_cache
    asked = _Asked(
        worker,
        suite,
        tier,
        model,
        repeat,
        concurrency,
        dollars("--budget-usd", budget_usd),
        split,
        tags,
        limit,
        use_cache,
        configs_dir,
    )

    async def run(app: "App") -> int:
        if resume is None:
            job, chosen = await _open(app, asked), Terms()
        else:
            again = concurrency if "concurrency" in given else None
            job, chosen = await _interrupted(app, resume), Terms(again, asked.budget_nano)
        ended, report = await carry_out(app, job, chosen, quiet=as_json)
        if as_json:
            print_json_list(report_json(report), "cases", map(case_json, report.results))
        else:
            show_report(report, hint=_next(ended, report))
        if ended.cause is not None and (as_json or report.run.reason is None):
            show_error(ended.cause)
        return exit_status(ended, report)

    raise typer.Exit(with_app(run, concurrency=concurrency))


def _given(context: typer.Context) -> set[str]:
    """The parameters that stand on the command line."""
    sources = {name: context.get_parameter_source(name) for name in context.params}
    return {name for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"}


def _refuse_contradiction(given: set[str]) -> None:
    """Raises UsageError when it is not clear what is wanted."""
    from loom.core.errors import Problem, UsageError

    if "resume" not in given:
        if given >= {"worker", "suite"}:
            return
        remedy = "write `loom eval WORKER --suite SUITE`, or `loom eval --resume JOB`"
        raise UsageError(Problem("needs a worker and a suite", field="eval", remedy=remedy))
    excess = sorted(given - _WITH_RESUME)
    if excess:
        names = ", ".join("WORKER" if name == "worker" else f"--{name.replace('_', '-')}" for name in excess)
        remedy = f"leave out {names}, or begin anew: answers already paid for come from the cache"
        raise UsageError(
            Problem("goes on with an evaluation as it was begun", field="--resume", remedy=remedy)
        )


async def _interrupted(app: "App", name: str) -> "JobId":
    from loom.core.errors import Problem, UsageError
    from loom.core.ids import short
    from loom.engine.models import JobKind, JobState

    run = await app.reports.find(name)
    if run.kind != JobKind.EVALUATION:
        raise UsageError(Problem(f"names a {run.kind}", "--resume", value=name, remedy="give an evaluation"))
    if JobState(run.state).final:
        remedy = f"see it with: loom runs show {short(run.id)}"
        raise UsageError(
            Problem(f"names a run that is {run.state} already", "--resume", value=name, remedy=remedy)
        )
    return run.job


async def _open(app: "App", asked: _Asked) -> "JobId":
    from loom.access.models import LOCAL
    from loom.cli.context import compiled, one_of, route_of, suite_named, worker_named
    from loom.evaluation.models import Split
    from loom.evaluation.service import Selection, Wish

    config = worker_named(asked.worker, asked.configs_dir)
    wish = Wish(
        worker=config.name,
        task=compiled(config),
        suite=suite_named(asked.suite, asked.configs_dir),
        route=await route_of(app, config, asked.tier, asked.model),
        selection=Selection(one_of(Split, "--split", asked.split), asked.tags, asked.limit),
        repetitions=asked.repeat,
        concurrency=asked.concurrency,
        budget_nano=asked.budget_nano,
        use_cache=asked.use_cache,
    )
    return await app.evaluations.open(wish, LOCAL)


async def carry_out(app: "App", job: "JobId", terms: Terms, *, quiet: bool) -> "tuple[Ended, RunReport]":
    """Work through `job` under a progress bar; the first Ctrl-C pauses, the second cuts off."""
    from loom.cli.interrupts import pausing
    from loom.cli.show.progress import watching
    from loom.core.ids import text

    work = await app.evaluations.work(job, concurrency=terms.concurrency, budget_nano=terms.budget_nano)
    _spare_the_collector()
    async with watching(work, quiet=quiet):
        with pausing(work.steer):
            ended = await work.run()
    return ended, await app.reports.report(await app.reports.find(text(work.evaluation.run)))


def _spare_the_collector() -> None:
    """What is loaded by now stays: leave it out of garbage collections, and have fewer: a twentieth of the CPU."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


def exit_status(ended: "Ended", report: "RunReport") -> int:
    """0 when it was carried out, however well the worker did; 130 when it was interrupted; else why it was not."""
    from loom.core.errors import exit_code
    from loom.engine.models import JobState

    if ended.cause is not None:
        return exit_code(ended.cause)
    if ended.state is not JobState.COMPLETED:
        return 130
    return 0 if report.pass_rate.completed else 3


def _next(ended: "Ended", report: "RunReport") -> str:
    """The command that most people want now."""
    from loom.core.errors import LimitError
    from loom.core.ids import short
    from loom.engine.models import JobState

    name = short(report.run.id)
    if ended.state is not JobState.COMPLETED:
        more = " --budget-usd MORE" if isinstance(ended.cause, LimitError) else ""
        return f"loom eval --resume {name}{more}"
    if report.pass_rate.passed < report.pass_rate.attempted:
        return f"loom runs show {name} --failures"
    return f"loom compare ANOTHER_RUN {name}"
