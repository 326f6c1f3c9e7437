"""`loom runs`: what has been run, what each run came to, and whether it agrees with the provider's bill."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loom.cli.options import AsJson

if TYPE_CHECKING:
    from loom.evaluation.store import RunRow
    from loom.sim.checker import Verdict
    from loom.wiring.app import App

__all__ = ["app"]

app = typer.Typer(help="List runs, show what each came to.", rich_markup_mode=None)

_Run = Annotated[str, typer.Argument(metavar="ID", help="A run as listed, or `last`.")]


@app.callback(invoke_without_command=True)
def runs(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="How many, newest first.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List runs, newest first."""
    if context.invoked_subcommand is not None:
        return
    from loom.cli.context import now_us, print_json, with_app
    from loom.cli.show.runs import show_runs
    from loom.evaluation.reports.values import run_json

    async def read(opened: "App") -> "list[RunRow]":
        return await opened.reports.runs(limit)

    found = with_app(read)
    print_json([run_json(row, now_us()) for row in found]) if as_json else show_runs(found)


@app.command("show")
def show(
    run: _Run,
    failures: Annotated[bool, typer.Option("--failures", help="Only the cases that did not pass.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="All cases of a run, however large.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show a run: its rates, money and cases."""
    from loom.cli.context import now_us, print_json_list, with_app
    from loom.cli.show.runs import show_cases, show_report
    from loom.evaluation.reports.values import case_json, report_json

    async def read(opened: "App") -> None:
        report = await opened.reports.report(await opened.reports.find(run))
        version = await opened.evaluations.version(report.run.job)
        if as_json:
            shown = (one for one in report.results if not (failures and one.outcome == "passed"))
            print_json_list(report_json(report, now_us(), version), "cases", map(case_json, shown))
            return
        show_report(report)
        if version is not None:
            await _show_version(opened, report.run.target, version)
        show_cases(report, only_failures=failures, everything=everything)

    with_app(read)


async def _show_version(opened: "App", worker: str, version: bytes) -> None:
    """Which text of the worker ran, and whether it has changed since."""
    from loom.access.models import LOCAL
    from loom.catalog.models import Ref
    from loom.cli.show.catalog import show_used
    from loom.core.config import Kind
    from loom.core.errors import LoomError

    try:
        history = await opened.catalog().history(Ref(Kind.WORKER, worker), LOCAL)
    except LoomError:  # nothing here is called so, or it cannot be read: the run was made elsewhere
        history = None
    show_used(worker, version, history)


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


def _checked(run: str, bill: Path) -> "Verdict":
    from loom.core.errors import ConfigError, Problem
    from loom.core.settings import load_settings
    from loom.sim.checker import check, read_bill

    try:
        return check(load_settings().database_url, run, read_bill(bill))
    except FileNotFoundError:
        raise ConfigError(Problem("File not found", file=str(bill), remedy="check the path")) from None
    except (OSError, ValueError, TypeError) as error:
        problem = Problem(f"is no bill: {error}", file=str(bill), remedy="give what `loom sim --bill` wrote")
        raise ConfigError(problem) from None
