"""The button that starts an evaluation: how much of what, for about how much, and what to know before."""

from collections.abc import Iterator
from dataclasses import dataclass

from loom.core.endpoint_config import SIMULATED_ENDPOINT
from loom.evaluation.running.estimates import Estimate, Scoring
from loom.workshop.desks.evaluating import Foreseen
from loom.workshop.pages.addresses import worker_address
from loom.workshop.pages.format import counted, exact, money
from loom.workshop.views.actions import Action, ActionTone

__all__ = ["RunButton", "budget_warnings", "run_button", "share_words"]

_KEY = "Ctrl+Enter"


@dataclass(frozen=True, slots=True)
class RunButton:
    """The button, with what that will cost."""

    action: Action
    note: str
    warnings: tuple[str, ...]
    address: str
    """Where it is asked for again when the form changes."""

    post: str
    """Where it sends the form."""


def run_button(
    worker: str, foreseen: Foreseen | None, *, why_not: str = "", budget_nano: int | None = None
) -> RunButton:
    """The button for what is `foreseen`; None: it cannot be told yet, for the reason `why_not`."""
    where = worker_address(worker, "/eval/estimate"), worker_address(worker, "/eval/run")
    if foreseen is None:
        return RunButton(Action("Run", tone=ActionTone.FILLED, key=_KEY), why_not, (), *where)
    estimate = foreseen.estimate
    if not estimate.cases:
        nothing = Action("Run", tone=ActionTone.FILLED, why_not="no case")
        return RunButton(nothing, "selects no case", (), *where)
    return RunButton(
        Action(_label(estimate), tone=ActionTone.FILLED, key=_KEY),
        "; ".join(_notes(foreseen)),
        tuple(_warnings(foreseen, budget_nano)),
        *where,
    )


def _label(estimate: Estimate) -> str:
    each = {1: "", 2: ", twice each"}.get(estimate.repetitions, f", {exact(estimate.repetitions)} times each")
    run = f"Run {counted(estimate.cases, 'case')}{each}"
    scoring = estimate.scoring
    if estimate.nano is not None:
        return f"{run}, about {money(estimate.nano)}" if estimate.model or scoring else run
    if scoring is not None and estimate.worker_nano is not None and estimate.model:
        return f"{run}, about {money(estimate.worker_nano)} and {_who(scoring)}"
    return run


def _notes(foreseen: Foreseen) -> Iterator[str]:
    estimate = foreseen.estimate
    scoring, endpoint = estimate.scoring, foreseen.endpoint
    where = estimate.model if endpoint == SIMULATED_ENDPOINT else f"{estimate.model} at {endpoint}"
    if not estimate.model:
        yield "asks no model" if scoring is None else "the worker asks no model"
    elif estimate.worker_nano is None:
        yield f"on {where}, whose price is not known"
    elif estimate.simulated:
        yield f"on {where}, simulated, and so is the price"
    else:
        yield f"on {where}"
    if scoring is not None:
        yield share_words(scoring)
    if estimate.worker_nano or scoring:
        yield "if nothing comes from the cache"
    yield f"passes by {', '.join(estimate.passes)}"


def share_words(scoring: Scoring) -> str:
    """What is paid for scoring."""
    calls = () if scoring.calls is None else (f"about {counted(scoring.calls, 'call')}",)
    who = f"{_who(scoring)} ({', '.join((*scoring.models, *calls))})"
    if scoring.nano is None:
        return f"and {who}, whose price is not known"
    return f"about {money(scoring.nano)} for {who}"


def _who(scoring: Scoring) -> str:
    return "the judge" if scoring.judges else ", ".join(scoring.scorers)


def _warnings(foreseen: Foreseen, budget_nano: int | None) -> Iterator[str]:
    estimate = foreseen.estimate
    if foreseen.misfit:
        yield f"The worker does not fit these cases: {foreseen.misfit}"
    if foreseen.unlisted:
        yield f"{foreseen.endpoint} lists no model '{foreseen.unlisted}'"
    yield from budget_warnings(estimate, budget_nano)


def budget_warnings(estimate: Estimate, budget_nano: int | None) -> Iterator[str]:
    """What a budget will not do, and that sealed cases are looked at."""
    if budget_nano is not None and budget_nano < estimate.call_nano:
        yield f"The budget is less than one call may cost: give at least {money(estimate.least_budget_nano)}"
    elif budget_nano is not None and estimate.nano is not None and budget_nano < estimate.nano:
        yield f"The budget, {money(budget_nano)}, is below that: the run will pause there"
    if estimate.sealed:
        yield f"Looks at {counted(estimate.cases, 'sealed case')}: each look is counted"
