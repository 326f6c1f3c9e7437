"""`loom rescore`: the stored outputs of a run, judged by other scorers. The worker is not asked again."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from loom.cli.options import AsJson, JudgeEndpoint, JudgeModel, JudgePrompt, NoCache, ScorerSpecs
from loom.core.bounds import IN_FLIGHT

if TYPE_CHECKING:
    from loom.wiring.app import App

__all__ = ["rescore"]


def rescore(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run as `loom runs` shows it, or `last`.")],
    scorer: ScorerSpecs = None,
    like: Annotated[
        str | None, typer.Option(metavar="RUN", help="Score exactly as this run was scored, by its judge.")
    ] = None,
    judge_model: JudgeModel = None,
    judge_endpoint: JudgeEndpoint = None,
    judge_prompt: JudgePrompt = None,
    concurrency: Annotated[
        int,
        typer.Option(min=IN_FLIGHT.least, max=IN_FLIGHT.most, metavar="N", help="Outputs scored at a time."),
    ] = 8,
    budget_usd: Annotated[
        str | None, typer.Option(metavar="USD", help="Never spend more than this on judges.")
    ] = None,
    no_cache: NoCache = False,
    as_json: AsJson = False,
) -> None:
    """Score the outputs of a run by other scorers.

    A run of its own comes of it.

    Nothing is asked but what a scorer asks: a judge, embeddings, a webhook. Interrupted, it goes on with
    `loom eval --resume`.
    """
    from loom.cli.endings import Ending

    with Ending() as ending:
        from loom.access.models import LOCAL
        from loom.cli.context import dollars, with_app
        from loom.cli.evaluate import Terms, carry_out, tell
        from loom.cli.gating import Wanted
        from loom.cli.interrupts import opening
        from loom.cli.scorers import judge_choice, read_scorers
        from loom.core.ids import short
        from loom.evaluation.running.rescoring import RescoreWish

        specs = read_scorers(scorer or ())
        judge = judge_choice(judge_model, judge_endpoint, judge_prompt)
        _require_one(by_name=bool(specs), judged=judge is not None, like=like)
        budget_nano = dollars("--budget-usd", budget_usd)

        async def use(app: "App") -> int:
            source = await app.reports.find(run)
            wish = RescoreWish(source, specs, judge)
            if like is not None:
                wish = await app.rescorings.like(source, await app.reports.find(like))
            wish = replace(wish, concurrency=concurrency, budget_nano=budget_nano, use_cache=not no_cache)
            job = await opening(app, wish.run, ending, app.rescorings.open(wish, LOCAL))
            ended, result = await carry_out(app, job, Terms(), quiet=as_json)
            ending.words = f"see what came of it with: loom runs show {short(result.run.id)}"
            return await tell(app, ended, result, Wanted(), as_json=as_json)

        raise typer.Exit(with_app(use, concurrency=concurrency))


def _require_one(*, by_name: bool, judged: bool, like: str | None) -> None:
    """Raises UsageError where it is not clear what to score by."""
    from loom.core.errors import Problem, UsageError

    if like is not None and (by_name or judged):
        remedy = "leave out --like, or --scorer and --judge-…"
        raise UsageError(Problem("says it all", "--like", value=like, remedy=remedy))
    if not by_name and like is None:
        remedy = "add --scorer NAME, which `loom scorers` lists, or --like RUN"
        raise UsageError(Problem("needs a scorer", "loom rescore", remedy=remedy))
