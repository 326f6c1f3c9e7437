"""`loom import`: take over what Loom 0.9 had stored."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loom.cli.options import AsJson

if TYPE_CHECKING:
    from loom.evaluation.records.taking_over import TakenOver
    from loom.wiring.app import App

__all__ = ["import_"]


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The workshop.duckdb of Loom 0.9.")],
    as_json: AsJson = False,
) -> None:
    """Take over the store of an earlier Loom.

    Texts of workers, runs with results, and baselines. What was taken over before stays, so it may be repeated.
    """
    from loom.cli.context import print_json, with_app

    async def work(app: "App") -> "TakenOver":
        from loom.access.models import LOCAL

        return await app.taking_over.take(file, LOCAL)

    taken = with_app(work)
    if as_json:
        from dataclasses import asdict

        print_json(asdict(taken))
    else:
        _tell(taken)


def _tell(taken: "TakenOver") -> None:
    from loom.cli.show.console import put

    parts = f"{taken.runs:,} runs with {taken.results:,} results, {taken.texts:,} texts of workers"
    put(f"{parts}, {taken.baselines:,} baselines taken over", label=("✓ ", "pass"))
    if taken.known:
        put(f"{taken.known:,} runs were here already")
    if taken.runs:
        put("see them with: loom runs")
