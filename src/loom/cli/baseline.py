"""`loom baseline`: the run that later runs of a worker on a suite are compared with."""

from typing import TYPE_CHECKING, Annotated

import typer

from loom.cli.options import AsJson, Everywhere

if TYPE_CHECKING:
    from loom.evaluation.comparing.baselines import Baseline
    from loom.evaluation.store import RunRow
    from loom.wiring.app import App

__all__ = ["app"]

app = typer.Typer(
    help="Set, show and clear what later runs are compared with.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_Worker = Annotated[str, typer.Argument(metavar="WORKER", help="The worker's name.")]
_Suite = Annotated[str, typer.Argument(metavar="SUITE", help="The suite's name.")]


@app.command("set")
def set_baseline(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run as `loom runs` shows it, or `last`.")],
    note: Annotated[str | None, typer.Option(metavar="TEXT", help="Why this one.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a run the baseline of its worker on its suite, in place of any other."""
    from loom.access.models import LOCAL
    from loom.cli.context import print_json, with_app
    from loom.cli.show.console import put
    from loom.core.ids import short
    from loom.evaluation.reports.values import baseline_json

    async def use(opened: "App") -> "Baseline":
        return await opened.baselines.set(await opened.reports.find(run), note, LOCAL)

    made = with_app(use)
    if as_json:
        print_json(baseline_json(made))
        return
    put(f"{made.worker} on {made.suite} is compared with run ", (short(made.run), "accent"), " from now on:")
    put((f"loom eval {made.worker} --suite {made.suite} --against baseline", "muted"))


@app.command("show")
def show(worker: _Worker, suite: _Suite, as_json: AsJson = False) -> None:
    """Show the baseline of a worker on a suite, and what it came to."""
    from loom.cli.context import print_json, with_app
    from loom.cli.show.runs import elsewhere, show_report
    from loom.core.ids import text
    from loom.evaluation.reports.values import baseline_json

    async def use(opened: "App") -> None:
        found = await opened.baselines.get(worker, suite)
        if as_json:
            print_json(baseline_json(found))
            return
        report = await opened.reports.report(await opened.reports.find(text(found.run)))
        where = elsewhere(found.folder)
        show_report(report, hint="; ".join(filter(None, (found.note, where and f"set{where}"))))

    with_app(use)


@app.command("clear")
def clear(worker: _Worker, suite: _Suite, as_json: AsJson = False) -> None:
    """Take the baseline of a worker on a suite away; the run itself stays."""
    from loom.access.models import LOCAL
    from loom.cli.context import print_json, with_app
    from loom.cli.show.console import put
    from loom.core.ids import short
    from loom.evaluation.reports.values import baseline_json

    async def use(opened: "App") -> "Baseline":
        return await opened.baselines.clear(worker, suite, LOCAL)

    was = with_app(use)
    if as_json:
        print_json(baseline_json(was))
    else:
        put(f"{worker} has no baseline on {suite} here any more; it was run {short(was.run)}.")


@app.command("list")
def list_all(everywhere: Everywhere = False, as_json: AsJson = False) -> None:
    """List the baselines that hold in this folder: those set here, then those of others."""
    from loom.cli.context import print_json, with_app
    from loom.cli.show.console import Part, put
    from loom.cli.show.format import ago
    from loom.cli.show.runs import elsewhere
    from loom.cli.show.table import show_table
    from loom.core.ids import short, text
    from loom.evaluation.reports.values import baseline_json

    async def use(opened: "App") -> "list[tuple[Baseline, RunRow]]":
        found = await (opened.baselines.everywhere() if everywhere else opened.baselines.all())
        return [(one, await opened.reports.find(text(one.run))) for one in found]

    found = with_app(use)
    if as_json:
        print_json([baseline_json(one) for one, _ in found])
        return
    if not found:
        put("No baselines yet. Set one with: loom baseline set RUN")
        return
    rows: list[tuple[Part, ...]] = [
        (
            one.worker,
            one.suite,
            (short(one.run), "accent"),
            row.model,
            f"{ago(one.set_us)}{elsewhere(one.folder)}",
            one.note or "",
        )
        for one, row in found
    ]
    show_table(rows, ("worker", "suite", "run", "model", "set", "note"))
