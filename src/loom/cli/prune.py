"""`loom prune`: delete what is older than it is kept."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from loom.cli.options import AsJson
from loom.core.bounds import DAYS

if TYPE_CHECKING:
    from loom.evaluation.retention.service import Ages, Pruned
    from loom.wiring.app import App

__all__ = ["prune"]


def prune(
    tests_older_than: Annotated[
        int | None,
        typer.Option(
            min=DAYS.least, max=DAYS.most, metavar="DAYS", help="Tests of `loom test` and of the bench."
        ),
    ] = None,
    runs_older_than: Annotated[
        int | None,
        typer.Option(
            min=DAYS.least, max=DAYS.most, metavar="DAYS", help="Runs of `loom eval` and all other jobs."
        ),
    ] = None,
    audit_older_than: Annotated[
        int | None,
        typer.Option(min=DAYS.least, max=DAYS.most, metavar="DAYS", help="What the audit log says was done."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be deleted, delete nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Delete tests, runs and audit entries that have grown old.

    Without ages: as the Workshop's settings say. Baselines, runs that people rated, cached answers and what was
    spent stay.
    """
    from loom.cli.context import print_json, with_app

    async def work(app: "App") -> "tuple[Ages, Pruned]":
        from loom.access.models import LOCAL
        from loom.evaluation.retention.service import Ages

        given = Ages(tests_older_than, runs_older_than, audit_older_than)
        ages = Ages.of(await app.system_settings.read()) if given == Ages() else given
        pruned = await (app.retention.due(ages) if dry_run else app.retention.prune(ages, LOCAL))
        return ages, pruned

    ages, pruned = with_app(work)
    if as_json:
        print_json({**asdict(pruned), "dry_run": dry_run})
    else:
        _tell(ages, pruned, dry_run=dry_run)


def _tell(ages: "Ages", pruned: "Pruned", *, dry_run: bool) -> None:
    from loom.cli.show.console import put

    put(f"{pruned} {'would be deleted' if dry_run else 'deleted'}.", label=("✓ ", "pass"))
    if ages.test_days is None and ages.run_days is None and not pruned.entries:
        put("Tests and runs are kept for ever; name an age, as in --runs-older-than 90.")
