"""`loom runs`: what has been run, and what each run came to."""

from typing import TYPE_CHECKING, Annotated

import typer

from loom.cli.options import AsJson

if TYPE_CHECKING:
    from loom.evaluation.report import RunReport
    from loom.evaluation.store import RunRow
    from loom.wiring.app import App

__all__ = ["app"]

app = typer.Typer(help="List runs, and show what each came to.", rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def runs(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List runs, newest first."""
    if context.invoked_subcommand is not None:
        return
    from loom.cli.context import print_json, with_app
    from loom.cli.show.runs import run_json, show_runs

    async def read(opened: "App") -> "list[RunRow]":
        return await opened.reports.runs(limit)

    found = with_app(read)
    print_json([run_json(row) for row in found]) if as_json else show_runs(found)


@app.command("show")
def show(
    run: Annotated[str, typer.Argument(metavar="ID", help="A run as listed, or `last`.")],
    failures: Annotated[bool, typer.Option("--failures", help="Only the cases that did not pass.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show a run: its rates, its money, and every case."""
    from loom.cli.context import print_json_list, with_app
    from loom.cli.show.runs import case_json, report_json, show_cases, show_report

    async def read(opened: "App") -> "RunReport":
        return await opened.reports.report(await opened.reports.find(run))

    report = with_app(read)
    if as_json:
        print_json_list(report_json(report), "cases", map(case_json, report.results))
        return
    show_report(report)
    show_cases(report, only_failures=failures)
