"""`loom compare`: is the second run better than the first?"""

from typing import TYPE_CHECKING, Annotated

import typer

from loom.cli.gating import MeasureName, measure_named
from loom.cli.options import AsJson, JudgeEndpoint, JudgeModel, JudgePrompt, on_command_line
from loom.cli.scorers import judge_choice

if TYPE_CHECKING:
    from loom.evaluation.comparing.comparison import Comparison, Measure
    from loom.evaluation.comparing.leaderboard import Leaderboard
    from loom.evaluation.scorers.base import JudgeChoice
    from loom.evaluation.store import RunRow
    from loom.wiring.app import App

__all__ = ["compare"]

_RUN = "A run as `loom runs` shows it; `last` and `last~1` are the newest two."


def compare(
    context: typer.Context,
    a: Annotated[str, typer.Argument(metavar="RUN_A", help=f"The run to compare with. {_RUN}")],
    b: Annotated[str, typer.Argument(metavar="RUN_B", help="The run that may be better.")],
    others: Annotated[
        list[str] | None,
        typer.Argument(metavar="[RUN]...", help="More runs: all of them are put in order, best first."),
    ] = None,
    measure: MeasureName = "pass-rate",
    judge: Annotated[
        bool, typer.Option("--judge", help="Let a model say which output is better, asked in both orders.")
    ] = False,
    judge_model: JudgeModel = None,
    judge_endpoint: JudgeEndpoint = None,
    judge_prompt: JudgePrompt = None,
    budget_usd: Annotated[
        str | None, typer.Option(metavar="USD", help="Never spend more than this on the judge.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say whether one run is better than another.

    They are compared case by case, on the cases both have: better, worse, or not separable; with intervals, flips,
    cost, and how many more cases it would take. Three runs and more become a leaderboard with the group of those
    that may be best.
    """
    chosen = judge_choice(judge_model, judge_endpoint, judge_prompt)
    chosen_measure = measure_named(measure)
    judged = judge or chosen is not None
    _refuse_idle(on_command_line(context), judged=judged)
    if judged:
        _refuse_more(others)
        raise typer.Exit(_judged(a, b, chosen, budget_usd, as_json=as_json))
    if others:
        _leaderboard([a, b, *others], chosen_measure, as_json=as_json)
    else:
        _pair(a, b, chosen_measure, as_json=as_json)


def _refuse_idle(given: set[str], *, judged: bool) -> None:
    """Raises UsageError for an option that would do nothing."""
    from loom.core.errors import Problem, UsageError

    if judged and "measure" in given:
        remedy = "leave it out: the judge decides, not what the runs scored"
        raise UsageError(Problem("is not about what a judge says", "--measure", remedy=remedy))
    if not judged and "budget_usd" in given:
        remedy = "add --judge, or leave it out: nothing else of a comparison is paid for"
        raise UsageError(Problem("is what a judge may spend", "--budget-usd", remedy=remedy))


def _refuse_more(others: list[str] | None) -> None:
    """Raises UsageError for more runs than a judge compares."""
    from loom.core.errors import Problem, UsageError

    if others:
        raise UsageError(Problem("compares two runs", "--judge", value=others, remedy="name two"))


def _pair(a: str, b: str, measure: "Measure", *, as_json: bool) -> None:
    from loom.cli.context import print_json, with_app
    from loom.cli.show.comparison import show_comparison
    from loom.core.errors import Problem, UsageError
    from loom.evaluation.reports.values import comparison_json

    async def run(app: "App") -> "tuple[Comparison, RunRow, RunRow]":
        before, after = await app.reports.find(a), await app.reports.find(b)
        found = await app.reports.compare(before, after, measure)
        if not found.shared:
            what, remedy = "share no case, so nothing can be said of them", "compare runs of one suite"
            raise UsageError(Problem(what, f"{a}, {b}", remedy=remedy))
        return found, before, after

    result, before, after = with_app(run)
    if as_json:
        print_json(comparison_json(result, before, after))
    else:
        show_comparison(result, before, after)


def _leaderboard(names: list[str], measure: "Measure", *, as_json: bool) -> None:
    from loom.cli.context import print_json, with_app
    from loom.cli.show.leaderboard import show_leaderboard
    from loom.evaluation.reports.values import leaderboard_json

    async def run(app: "App") -> "tuple[Leaderboard, list[RunRow]]":
        rows = [await app.reports.find(name) for name in names]
        return await app.reports.leaderboard(rows, measure), rows

    board, rows = with_app(run)
    print_json(leaderboard_json(board)) if as_json else show_leaderboard(board, rows)


def _judged(a: str, b: str, chosen: "JudgeChoice | None", budget_usd: str | None, *, as_json: bool) -> int:
    from loom.cli.context import dollars, with_app
    from loom.cli.judging import compare_judged
    from loom.evaluation.scorers.base import JudgeChoice

    budget_nano, judge = dollars("--budget-usd", budget_usd), chosen or JudgeChoice()

    async def run(app: "App") -> int:
        before, after = await app.reports.find(a), await app.reports.find(b)
        return await compare_judged(app, before, after, judge, budget_nano=budget_nano, as_json=as_json)

    return with_app(run)
