"""`loom compare`: is the second run better than the first?"""

from typing import TYPE_CHECKING, Annotated

import typer

from loom.cli.options import AsJson

if TYPE_CHECKING:
    from loom.evaluation.comparison import Comparison
    from loom.wiring.app import App

__all__ = ["compare"]

_RUN = "A run as `loom runs` shows it; `last` and `last~1` are the newest two."


def compare(
    a: Annotated[str, typer.Argument(metavar="RUN_A", help=f"The run to compare with. {_RUN}")],
    b: Annotated[str, typer.Argument(metavar="RUN_B", help="The run that may be better.")],
    as_json: AsJson = False,
) -> None:
    """Compare two runs case by case: better, worse, or not separable; flips, intervals, cost."""
    from loom.cli.context import print_json, with_app
    from loom.cli.show.comparison import comparison_json, show_comparison

    async def run(app: "App") -> "Comparison":
        return await app.reports.compare(await app.reports.find(a), await app.reports.find(b))

    result = with_app(run)
    print_json(comparison_json(result)) if as_json else show_comparison(result)
