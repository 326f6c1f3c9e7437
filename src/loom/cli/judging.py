"""`loom compare --judge`: a model says which of two outputs is better, case by case, in both orders."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loom.evaluation.scorers.base import JudgeChoice
    from loom.evaluation.store import RunRow
    from loom.wiring.app import App

__all__ = ["compare_judged"]

_HANG = 12


async def compare_judged(
    app: "App", a: "RunRow", b: "RunRow", judge: "JudgeChoice", *, budget_nano: int | None, as_json: bool
) -> int:
    """Have the outputs of two runs compared, show what came of it, and return the exit status."""
    from loom.access.models import LOCAL
    from loom.cli.context import print_json
    from loom.cli.interrupts import pausing
    from loom.cli.show.console import put, show_error
    from loom.cli.show.judging import judging_json, show_judging
    from loom.cli.show.progress import watching
    from loom.core.errors import exit_code
    from loom.engine.models import JobState
    from loom.evaluation.judging.service import PairWish

    work = await app.judgings.work(PairWish(a, b, judge, budget_nano=budget_nano), LOCAL)
    async with watching(work, quiet=as_json):
        with pausing(work.steer):
            ended = await work.run()
    pairs, account = await work.pairs(), await work.account()
    if as_json:
        print_json(judging_json(work, pairs, account))
    else:
        show_judging(work, pairs, account, (a, b))
        if ended.state is not JobState.COMPLETED:
            put("The same command goes on where this one ended.", label=("  paused", "warn"), hang=_HANG)
    if ended.cause is not None:
        show_error(ended.cause)
        return exit_code(ended.cause)
    return 0 if ended.state is JobState.COMPLETED else 130
