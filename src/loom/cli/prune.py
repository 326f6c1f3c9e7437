"""`loom prune`: delete tests and runs that are older than they are kept."""

from typing import TYPE_CHECKING, Annotated

import typer

from loom.cli.options import AsJson

if TYPE_CHECKING:
    from loom.evaluation.retention.service import Ages, Pruned
    from loom.wiring.app import App

__all__ = ["prune"]


def prune(
    tests_older_than: Annotated[
        int | None,
        typer.Option(min=1, max=36500, metavar="DAYS", help="Tests of `loom test` and of the bench."),
    ] = None,
    runs_older_than: Annotated[
        int | None,
        typer.Option(min=1, max=36500, metavar="DAYS", help="Runs of `loom eval` and all other jobs."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be deleted, delete nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Delete tests and runs that have grown old.

    Without options: as the Workshop's settings say. Baselines, runs that people rated, cached answers and what was
    spent stay.
    """
    from loom.cli.context import print_json, with_app

    async def work(app: "App") -> "tuple[Ages, Pruned]":
        from loom.access.models import LOCAL

        ages = await _ages(app, tests_older_than, runs_older_than)
        pruned = await (app.retention.due(ages) if dry_run else app.retention.prune(ages, LOCAL))
        return ages, pruned

    ages, pruned = with_app(work)
    if as_json:
        print_json({"tests": pruned.tests, "runs": pruned.runs, "dry_run": dry_run})
    else:
        _tell(ages, pruned, dry_run=dry_run)


async def _ages(app: "App", tests: int | None, runs: int | None) -> "Ages":
    from loom.evaluation.retention.service import Ages

    if tests is None and runs is None:
        kept = await app.system_settings.read()
        return Ages(kept.retention_test_days, kept.retention_run_days)
    return Ages(tests, runs)


def _tell(ages: "Ages", pruned: "Pruned", *, dry_run: bool) -> None:
    from loom.cli.show.console import put
    from loom.evaluation.retention.service import Ages

    if ages == Ages():
        put("Everything is kept for ever; name an age with --tests-older-than or --runs-older-than.")
        return
    verb = "would be deleted" if dry_run else "deleted"
    put(f"{pruned.tests:,} tests and {pruned.runs:,} runs {verb}.", label=("✓ ", "pass"))
