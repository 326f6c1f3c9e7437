"""The button that starts an evaluation: how much of what, for about how much, and what to know before."""

from collections.abc import Iterator
from dataclasses import dataclass

from loom.evaluation.estimates import Estimate, Scoring
from loom.workshop.pages.addresses import worker_address
from loom.workshop.pages.format import counted, exact, money
from loom.workshop.views.actions import Action, ActionTone

__all__ = ["RunButton", "run_button"]

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
    worker: str, estimate: Estimate | None, *, why_not: str = "", budget_nano: int | None = None
) -> RunButton:
    """The button for `estimate`; None: it cannot be told yet, for the reason `why_not`."""
    where = worker_address(worker, "/eval/estimate"), worker_address(worker, "/eval/run")
    if estimate is None:
        return RunButton(Action("Run", tone=ActionTone.FILLED, key=_KEY), why_not, (), *where)
    if not estimate.cases:
        nothing = Action("Run", tone=ActionTone.FILLED, why_not="no case")
        return RunButton(nothing, "selects no case", (), *where)
    return RunButton(
        Action(_label(estimate), tone=ActionTone.FILLED, key=_KEY),
        "; ".join(_notes(estimate)),
        tuple(_warnings(estimate, budget_nano)),
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


def _notes(estimate: Estimate) -> Iterator[str]:
    scoring = estimate.scoring
    if not estimate.model:
        yield "asks no model" if scoring is None else "the worker asks no model"
    elif estimate.worker_nano is None:
        yield f"on {estimate.model}, whose price is not known"
    elif estimate.simulated:
        yield f"on {estimate.model}, simulated, and so is the price"
    else:
        yield f"on {estimate.model}"
    if scoring is not None:
        yield _share(scoring)
    if estimate.worker_nano or scoring:
        yield "if nothing comes from the cache"
    yield f"passes by {', '.join(estimate.passes)}"


def _share(scoring: Scoring) -> str:
    """What is paid for scoring."""
    calls = () if scoring.calls is None else (f"about {counted(scoring.calls, 'call')}",)
    who = f"{_who(scoring)} ({', '.join((*scoring.models, *calls))})"
    if scoring.nano is None:
        return f"and {who}, whose price is not known"
    return f"about {money(scoring.nano)} for {who}"


def _who(scoring: Scoring) -> str:
    return "the judge" if scoring.judges else ", ".join(scoring.scorers)


def _warnings(estimate: Estimate, budget_nano: int | None) -> Iterator[str]:
    if budget_nano is not None and budget_nano < estimate.call_nano:
        yield f"The budget is less than one call may cost: give at least {money(estimate.least_budget_nano)}"
    elif budget_nano is not None and estimate.nano is not None and budget_nano < estimate.nano:
        yield f"The budget, {money(budget_nano)}, is below that: the run will pause there"
    if estimate.sealed:
        yield f"Looks at {counted(estimate.cases, 'sealed case')}: each look is counted"
