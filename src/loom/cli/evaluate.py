"""`loom eval`: a worker on a suite, under a progress bar; resumable, within a budget."""

import gc
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loom.cli.gating import Against, AtLeast, GateIt, MeasureName, ReportFiles, Tolerance, Wanted, wanted
from loom.cli.options import (
    AsJson,
    ConfigsDir,
    EndpointName,
    JudgeEndpoint,
    JudgeModel,
    JudgePrompt,
    ModelName,
    NoCache,
    ScorerSpecs,
    TierName,
    on_command_line,
)
from loom.cli.scorers import judge_choice, read_scorers
from loom.core.bounds import CASES, IN_FLIGHT, REPETITIONS

if TYPE_CHECKING:
    from loom.cli.endings import Ending
    from loom.core.ids import JobId, RunId
    from loom.core.jsonvalue import JsonValue
    from loom.engine.runner import Ended
    from loom.evaluation.results.report import RunReport
    from loom.evaluation.scorers.base import JudgeChoice
    from loom.evaluation.store import RunRow
    from loom.wiring.app import App
    from loom.wiring.named import Destination

__all__ = ["Terms", "carry_out", "evaluate", "exit_status"]

_WITH_RESUME = {
    "resume",
    "concurrency",
    "budget_usd",
    "as_json",
    "against",
    "gate",
    "measure",
    "tolerance",
    "min_pass_rate",
    "report",
}


@dataclass(frozen=True, slots=True)
class _Asked:
    """The command line of one evaluation."""

    run: "RunId"
    """The name of what comes of it."""

    worker: str
    suite: str
    to: "Destination"
    repeat: int
    concurrency: int
    budget_nano: int | None
    split: str | None
    tags: tuple[str, ...]
    limit: int | None
    scorers: "tuple[JsonValue, ...]"
    judge: "JudgeChoice | None"
    use_cache: bool
    configs_dir: Path
    wanted: Wanted
    resume: str | None
    terms: "Terms"
    as_json: bool


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
    endpoint: EndpointName = None,
    repeat: Annotated[
        int,
        typer.Option(
            min=REPETITIONS.least, max=REPETITIONS.most, metavar="N", help="Executions of each case."
        ),
    ] = 1,
    concurrency: Annotated[
        int,
        typer.Option(min=IN_FLIGHT.least, max=IN_FLIGHT.most, metavar="N", help="Calls in flight at most."),
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
        int | None,
        typer.Option(min=CASES.least, max=CASES.most, metavar="N", help="Only the first so many cases."),
    ] = None,
    scorer: ScorerSpecs = None,
    judge_model: JudgeModel = None,
    judge_endpoint: JudgeEndpoint = None,
    judge_prompt: JudgePrompt = None,
    no_cache: NoCache = False,
    resume: Annotated[
        str | None, typer.Option(metavar="JOB", help="Go on with an interrupted one: its id, or `last`.")
    ] = None,
    against: Against = None,
    gate: GateIt = False,
    measure: MeasureName = "pass-rate",
    tolerance: Tolerance = 0.0,
    min_pass_rate: AtLeast = None,
    report: ReportFiles = None,
    as_json: AsJson = False,
    configs_dir: ConfigsDir = Path("configs"),
) -> None:
    """Evaluate a worker on a suite.

    Interrupt it at any time: --resume goes on and pays for nothing twice.
    """
    from loom.cli.endings import NOTHING, Ending

    with Ending(NOTHING if resume is None else f"go on with: loom eval --resume {resume}") as ending:
        from loom.cli.context import dollars, with_app
        from loom.core.ids import RunId, new_id
        from loom.wiring.named import Destination

        given = on_command_line(context)
        _refuse_contradiction(given)
        budget_nano = dollars("--budget-usd", budget_usd)
        asked = _Asked(
            RunId(new_id()),
            worker,
            suite,
            Destination(tier, model, endpoint),
            repeat,
            concurrency,
            budget_nano,
            split,
            tuple(tag or ()),
            limit,
            read_scorers(scorer or ()),
            judge_choice(judge_model, judge_endpoint, judge_prompt),
            not no_cache,
            configs_dir,
            wanted(
                against,
                gated=gate,
                measure=measure,
                tolerance=tolerance,
                at_least=min_pass_rate,
                files=report,
            ),
            resume,
            _terms(given, concurrency, budget_nano),
            as_json,
        )

        raise typer.Exit(with_app(lambda app: _carried_out(app, asked, ending), concurrency=concurrency))


async def _carried_out(app: "App", asked: "_Asked", ending: "Ending") -> int:
    """Do what is asked; the exit status. `ending` is kept up to what has been begun."""
    from loom.cli.interrupts import opening
    from loom.core.errors import ConflictError
    from loom.core.ids import short, text

    if asked.resume is None:
        opened = await opening(app, asked.run, ending, _open(app, asked))
    else:
        opened = await _interrupted(app, asked.resume, asked.wanted)
    try:
        ended, result = await carry_out(app, opened.job, asked.terms, quiet=asked.as_json)
    except ConflictError:  # someone else was at it, and may have ended it meanwhile
        if asked.resume is not None:
            _refuse_ended(await app.reports.find(text(opened.job)), asked.resume)
        raise
    ending.words = f"see what came of it with: loom runs show {short(result.run.id)}"
    return await tell(app, ended, result, opened.wanted, as_json=asked.as_json)


def _terms(given: set[str], concurrency: int, budget_nano: int | None) -> Terms:
    """What is different for one that goes on."""
    if "resume" not in given:
        return Terms()
    return Terms(concurrency if "concurrency" in given else None, budget_nano)


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


@dataclass(frozen=True, slots=True)
class _Opened:
    """A job to work through, and what is wanted then; what to compare with is found before, and fixed."""

    job: "JobId"
    wanted: Wanted


async def _interrupted(app: "App", name: str, asked: Wanted) -> _Opened:
    from loom.cli.gating import fixed
    from loom.core.errors import Problem, UsageError
    from loom.engine.models import JobKind

    run = await app.reports.find(name)
    if run.kind not in (JobKind.EVALUATION, JobKind.RESCORE):
        raise UsageError(Problem(f"names a {run.kind}", "--resume", value=name, remedy="give an evaluation"))
    _refuse_ended(run, name)
    told = await fixed(app, asked, run.target, run.suite or "")
    if told.against is not None:
        await app.evaluations.require_shared(run, await app.reports.find(told.against))
    return _Opened(run.job, told)


def _refuse_ended(run: "RunRow", name: str) -> None:
    """Raises UsageError when there is nothing to go on with in what a user means by `name`."""
    from loom.core.errors import Problem, UsageError
    from loom.core.ids import short
    from loom.engine.models import JobState

    if JobState(run.state).final:
        what, remedy = (
            f"names a run that is {run.state} already",
            f"see it with: loom runs show {short(run.id)}",
        )
        raise UsageError(Problem(what, "--resume", value=name, remedy=remedy))


async def _open(app: "App", asked: _Asked) -> _Opened:
    from loom.access.models import LOCAL
    from loom.cli.context import compiled, suite_named, worker_named
    from loom.cli.gating import admission, fixed
    from loom.cli.show.console import error_console, put
    from loom.evaluation.models import Split
    from loom.evaluation.running.fitting import misfits
    from loom.evaluation.running.service import Wish
    from loom.evaluation.running.specification import Selection
    from loom.wiring.named import one_of, route_of, version_of

    config = worker_named(asked.worker, asked.configs_dir)
    suite = suite_named(asked.suite, asked.configs_dir)
    told = await fixed(app, asked.wanted, config.name, suite.name)
    selection = Selection(one_of(Split, "--split", asked.split), asked.tags, asked.limit)
    for problem in misfits(config, suite.select(split=selection.split, tags=selection.tags)):
        put(("warning: ", "warn"), str(problem), out=error_console())
    wish = Wish(
        worker=config.name,
        task=compiled(config),
        suite=suite,
        route=await route_of(app.endpoints, config, asked.to, "--"),
        selection=selection,
        repetitions=asked.repeat,
        scorers=asked.scorers,
        judge=asked.judge,
        concurrency=asked.concurrency,
        budget_nano=asked.budget_nano,
        use_cache=asked.use_cache,
        version=await version_of(app.catalog(asked.configs_dir), config, LOCAL),
        admit=admission(app, asked.wanted),
        against=await app.reports.find(told.against) if told.against else None,
        run=asked.run,
    )
    return _Opened(await app.evaluations.open(wish, LOCAL), told)


async def carry_out(app: "App", job: "JobId", terms: Terms, *, quiet: bool) -> "tuple[Ended, RunReport]":
    """Work through `job` under a progress bar; the first Ctrl-C pauses, the second cuts off."""
    from loom.cli.interrupts import pausing
    from loom.cli.show.progress import watching
    from loom.core.ids import text
    from loom.engine.models import JobKind

    run = await app.reports.find(text(job))
    service = app.rescorings if run.kind == JobKind.RESCORE else app.evaluations
    work = await service.work(job, concurrency=terms.concurrency, budget_nano=terms.budget_nano)
    _spare_the_collector()
    with pausing(work.steer):
        async with watching(work, quiet=quiet):
            ended = await work.run()
    run = await app.reports.find(text(run.id))
    await app.labels.apply(run)
    return ended, await app.reports.report(run)


async def tell(app: "App", ended: "Ended", report: "RunReport", asked: Wanted, *, as_json: bool) -> int:
    """Show what came of a job, compare and gate it, write its reports; the exit status."""
    from loom.cli.context import print_json_list
    from loom.cli.gating import Judged, judge, write_reports
    from loom.cli.show.console import show_error
    from loom.cli.show.gates import show_judged, show_unjudged
    from loom.cli.show.runs import show_report
    from loom.engine.models import JobState
    from loom.evaluation.reports.values import case_json, judged_json, report_json

    if not as_json:
        show_report(report, hint=_next(ended, report))
    whole = ended.state is JobState.COMPLETED
    judged = await judge(app, report, asked) if whole else Judged()
    await write_reports(app, report, judged, asked.files)
    if as_json:
        version = await app.evaluations.version(report.run.job)
        head = report_json(report, app.clock.now_us(), version)
        head.update(judged_json(report.run, judged.against, judged.comparison, judged.gate))
        print_json_list(head, "cases", map(case_json, report.results))
    else:
        if not whole and (asked.gate or asked.against):
            show_unjudged(report.run, gated=asked.gate is not None)
        show_judged(report.run, judged, asked.files)
    if ended.cause is not None and (as_json or report.run.reason is None):
        show_error(ended.cause)
    failed = judged.gate is not None and judged.gate.failed
    return exit_status(ended, report) or int(failed)


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


def _until_scored(report: "RunReport", name: str) -> str:
    """What to do where no output could be judged."""
    from loom.evaluation.scorers.match import NOTHING_EXPECTED
    from loom.evaluation.scorers.rating import WAITS_FOR_A_PERSON

    again, reason = f"loom rescore {name} --scorer NAME", report.unscored[0][0]
    if reason == WAITS_FOR_A_PERSON:
        return f"loom label export {name} -o labels.csv"
    if reason == NOTHING_EXPECTED:
        return f"give the cases `expected_output`, or choose a scorer that needs none: {again}"
    return f"mend what could not judge, then, on the outputs that are kept: {again}"


def _next(ended: "Ended", report: "RunReport") -> str:
    """The command that most people want now."""
    from loom.core.errors import LimitError
    from loom.core.ids import short
    from loom.engine.models import JobState

    name = short(report.run.id)
    if ended.state is not JobState.COMPLETED:
        more = " --budget-usd MORE" if isinstance(ended.cause, LimitError) else ""
        return f"loom eval --resume {name}{more}"
    if report.unscored and not report.pass_rate.n:
        return _until_scored(report, name)
    if report.pass_rate.passed < report.pass_rate.attempted:
        return f"loom runs show {name} --failures"
    return f"loom compare ANOTHER_RUN {name}"
