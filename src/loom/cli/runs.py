"""`loom runs`: what has been run, what each run came to, and whether it agrees with the provider's bill."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loom.cli.options import AsJson, Everywhere

if TYPE_CHECKING:
    from loom.evaluation.reading.runs import RunItem
    from loom.evaluation.reading.runs_store import RunFilter
    from loom.evaluation.results.report import RunReport
    from loom.evaluation.store import RunRow
    from loom.sim.bill import Row
    from loom.sim.checker import Verdict
    from loom.wiring.app import App

__all__ = ["app"]

app = typer.Typer(help="List runs, show what each came to.", rich_markup_mode=None)

_Run = Annotated[str, typer.Argument(metavar="ID", help="A run as listed, or `last`.")]


@app.callback(invoke_without_command=True)
def runs(
    context: typer.Context,
    limit: Annotated[
        int, typer.Option(min=1, max=1_000_000, metavar="N", help="How many, newest first.")
    ] = 20,
    worker: Annotated[str | None, typer.Option(metavar="NAME", help="Only runs of this worker.")] = None,
    suite: Annotated[str | None, typer.Option(metavar="NAME", help="Only runs on this suite.")] = None,
    model: Annotated[str | None, typer.Option(metavar="NAME", help="Only runs of this model.")] = None,
    everywhere: Everywhere = False,
    as_json: AsJson = False,
) -> None:
    """List the runs of this folder, newest first."""
    if context.invoked_subcommand is not None:
        return
    from loom.cli.context import print_json, with_app
    from loom.cli.show.runs import show_runs
    from loom.core.clock import SystemClock
    from loom.evaluation.reading.runs_store import RunFilter
    from loom.evaluation.reports.values import rate_json, run_json

    wanted = RunFilter(worker, suite, model=model)

    async def read(opened: "App") -> "tuple[list[tuple[RunRow, RunItem | None]], int | None]":
        found = await _listed(opened, wanted, limit, everywhere=everywhere)
        return found, None if everywhere else await opened.reports.elsewhere()

    found, others = with_app(read)
    if as_json:
        now = SystemClock().now_us()
        print_json(
            [
                {
                    **run_json(row, now),
                    "folder": row.folder,
                    "sealed": item is not None and item.sealed,
                    "pass_rate": rate_json(item.rate) if item and item.rate else None,
                }
                for row, item in found
            ]
        )
    else:
        show_runs(found, others=others, filtered=wanted != RunFilter())


async def _listed(
    opened: "App", wanted: "RunFilter", limit: int, *, everywhere: bool
) -> "list[tuple[RunRow, RunItem | None]]":
    """The newest runs with what they came to; tests, which have no rate, only where nothing is asked of a run."""
    from dataclasses import replace

    from loom.access.models import LOCAL
    from loom.evaluation.reading.runs import RunQuery
    from loom.evaluation.reading.runs_store import RunFilter

    if wanted != RunFilter():
        here = wanted if everywhere else replace(wanted, folder=opened.folder)
        page = await opened.reading.runs(RunQuery(here, size=limit, counted=False), LOCAL)
        return [(item.run, item) for item in page.items]
    rows = await opened.reports.runs(limit, everywhere=everywhere)
    known = await opened.reading.some([row.id for row in rows if row.suite], LOCAL)
    return [(row, known.get(row.id)) for row in rows]


@app.command("show")
def show(
    run: _Run,
    failures: Annotated[bool, typer.Option("--failures", help="Only the cases that did not pass.")] = False,
    case: Annotated[
        str | None, typer.Option(metavar="NAME", help="One case, whole: its input, output and prompt.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All cases of a run, however large.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show a run: its rates, money and cases."""
    from loom.cli.context import with_app
    from loom.cli.show.runs import show_cases, show_report

    async def read(opened: "App") -> None:
        found = await opened.reports.find(run)
        if case is not None:
            await _show_case(opened, found, case, as_json=as_json)
            return
        report = await opened.reports.report(found)
        version = await opened.evaluations.version(report.run.job)
        if as_json:
            _print_report(report, version, only_failures=failures)
            return
        show_report(report)
        if version is not None:
            await _show_version(opened, report.run, version)
        show_cases(report, only_failures=failures, everything=everything)

    with_app(read)


def _print_report(report: "RunReport", version: bytes | None, *, only_failures: bool) -> None:
    from loom.cli.context import print_json_list
    from loom.core.clock import SystemClock
    from loom.evaluation.reports.values import case_json, report_json

    shown = (one for one in report.results if not (only_failures and one.outcome == "passed"))
    head = report_json(report, SystemClock().now_us(), version)
    print_json_list(head, "cases", map(case_json, shown))


async def _show_case(opened: "App", run: "RunRow", name: str, *, as_json: bool) -> None:
    """Every execution of one case of `run`, with what was said in it."""
    from loom.access.models import LOCAL
    from loom.cli.context import print_json
    from loom.cli.show.cases import case_whole_json, show_case

    results = [one for one in await opened.reports.results(run) if one.case.name == name]
    if not results:
        await _refuse_case(opened, run, name)
    told = [(one, await opened.reading.told(run, one.execution, LOCAL)) for one in results]
    if as_json:
        print_json([case_whole_json(one, said) for one, said in told])
        return
    for one, said in told:
        show_case(one, said)


async def _refuse_case(opened: "App", run: "RunRow", name: str) -> None:
    """Raises NotFoundError, naming what is near."""
    from loom.core.errors import NotFoundError
    from loom.core.ids import short
    from loom.core.spelling import suggestion

    names = {one.case.name for one in await opened.reports.results(run)}
    hint = suggestion(name, names, f"loom runs show {short(run.id)} --all lists them")
    raise NotFoundError(f"run {short(run.id)} has no case '{name}'; {hint}")


async def _show_version(opened: "App", run: "RunRow", version: bytes) -> None:
    """Which text of the worker ran, and whether it has changed since."""
    from loom.access.models import LOCAL
    from loom.catalog.models import Ref
    from loom.cli.show.catalog import show_used
    from loom.core.errors import LoomError
    from loom.core.kinds import Kind

    try:
        history = await opened.catalog().history(Ref(Kind.WORKER, run.target), LOCAL)
    except LoomError:  # nothing here is called so, or it cannot be read: the run was made elsewhere
        history = None
    show_used(run.target, version, history, run.created_us)


@app.command("check")
def check(
    run: _Run,
    bill: Annotated[Path, typer.Option(metavar="FILE", help="What `loom sim --bill FILE` wrote.")],
    as_json: AsJson = False,
) -> None:
    """Join a run with the bill of its endpoint.

    Says what was lost, doubled, paid twice or overspent; exit 1 when anything was.
    """
    from dataclasses import asdict

    from loom.cli.context import print_json
    from loom.cli.show.console import console, styled

    verdict = _checked(run, bill)
    if as_json:
        print_json({**asdict(verdict), "clean": verdict.clean})
    else:
        console().print(styled(verdict.show()), soft_wrap=True)
    if not verdict.clean:
        raise typer.Exit(1)


def _checked(name: str, bill: Path) -> "Verdict":
    from loom.cli.context import with_app
    from loom.core.settings import load_settings
    from loom.sim.checker import check

    rows = _billed(bill)

    async def find(opened: "App") -> "RunRow":
        return await opened.reports.find(name)

    return check(load_settings().database_url, with_app(find).id.hex(), rows)


def _billed(bill: Path) -> "list[Row]":
    from loom.core.errors import ConfigError, Problem
    from loom.sim.checker import read_bill

    try:
        return list(read_bill(bill))
    except FileNotFoundError:
        raise ConfigError(Problem("File not found", file=str(bill), remedy="check the path")) from None
    except (OSError, ValueError, TypeError) as error:
        problem = Problem(f"is no bill: {error}", file=str(bill), remedy="give what `loom sim --bill` wrote")
        raise ConfigError(problem) from None
