"""`loom compare`: is the second run better than the first?"""

from typing import TYPE_CHECKING, Annotated

import typer

from loom.cli.options import AsJson

if TYPE_CHECKING:
    from loom.evaluation.comparison import Comparison
    from loom.evaluation.store import RunRow
    from loom.wiring.app import App

__all__ = ["compare"]

_RUN = "A run as `loom runs` shows it; `last` and `last~1` are the newest two."


def compare(
    a: Annotated[str, typer.Argument(metavar="RUN_A", help=f"The run to compare with. {_RUN}")],
    b: Annotated[str, typer.Argument(metavar="RUN_B", help="The run that may be better.")],
    as_json: AsJson = False,
) -> None:
    """Say whether one run is better than another.

    They are compared case by case, on the cases both have: better, worse, or not separable; with intervals, flips,
    cost, and how many more cases it would take.
    """
    from loom.cli.context import print_json, with_app
    from loom.cli.show.comparison import comparison_json, show_comparison

    async def run(app: "App") -> "tuple[Comparison, RunRow, RunRow]":
        before, after = await app.reports.find(a), await app.reports.find(b)
        return await app.reports.compare(before, after), before, after

    result, before, after = with_app(run)
    if as_json:
        print_json(comparison_json(result, before, after))
    else:
        show_comparison(result, before, after)
