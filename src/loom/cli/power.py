"""`loom power`: how many cases show a difference, or what difference so many cases can show."""

from typing import TYPE_CHECKING, Annotated

import typer

from loom.cli.options import AsJson, finite

if TYPE_CHECKING:
    from loom.evaluation.statistics.power import Spread
    from loom.wiring.app import App

__all__ = ["power"]

_MOST_RUNS = 2


def power(
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN]...", help="One run, for its pass rate; two, for how much they differ by case."
        ),
    ] = None,
    effect: Annotated[
        float | None,
        typer.Option(
            metavar="POINTS", help="The difference that matters, in points of pass rate.", callback=finite
        ),
    ] = None,
    cases: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="How many cases there are: what can they show?")
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(
            min=0, max=100, metavar="PERCENT", help="The pass rate, without a run.", callback=finite
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say how many cases it takes to see a difference.

    Plans an evaluation: the cases for a wanted effect, or the effect that a number of cases shows four times in five.

    From a pass rate alone it is the worst case: two workers that answer each case independently of each other.
    """
    from loom.cli.context import print_json
    from loom.cli.show.console import put
    from loom.core.errors import Problem, UsageError
    from loom.evaluation.statistics.power import cases_for, effect_of

    if (effect is None) == (cases is None):
        remedy = "say either --effect POINTS or --cases N"
        raise UsageError(Problem("needs one of --effect and --cases", "loom power", remedy=remedy))
    wanted = 0.0 if effect is None else effect / 100
    spread = _spread(runs or [], rate, wanted)
    if cases is None:
        needed = cases_for(wanted, spread)
        told = {"effect_points": effect, "cases": needed, "from": spread.source}
        words = f"About {needed:,} cases show a difference of {effect:g} points four times in five"
    else:
        points = 100 * effect_of(cases, spread)
        told = {"effect_points": points, "cases": cases, "from": spread.source}
        words = f"{cases:,} cases show a difference of {points:.1f} points four times in five"
    print_json(told) if as_json else put(f"{words}, from {spread.source}.")


def _spread(runs: list[str], rate: float | None, effect: float) -> "Spread":
    from loom.cli.context import with_app
    from loom.core.errors import Problem, UsageError
    from loom.evaluation.statistics.power import spread_between, spread_of_rate

    if len(runs) > _MOST_RUNS or bool(runs) == (rate is not None):
        remedy = "give one run, two runs, or --rate PERCENT"
        raise UsageError(Problem("needs to know how cases vary", "loom power", remedy=remedy))
    if rate is not None:
        return spread_of_rate(rate / 100, effect)

    async def use(app: "App") -> "Spread":
        found = [await app.reports.find(name) for name in runs]
        if len(found) == 1:
            value = (await app.reports.report(found[0])).pass_rate.value
            if value is None:
                raise UsageError(Problem("has no scored case", runs[0], remedy="choose another run"))
            return spread_of_rate(value, effect)
        result = await app.reports.compare(found[0], found[1])
        if result.pass_rate is None:
            raise UsageError(Problem("share no scored case", " and ".join(runs), remedy="choose others"))
        return spread_between(result.pass_rate.change.standard_error, result.pass_rate.cases)

    return with_app(use)
