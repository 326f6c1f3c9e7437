"""What an evaluation will cost, before it is paid for: from the requests it will send, and guessed answers."""

from collections.abc import Sequence

from loom.calls.path import Route
from loom.core.errors import ContractError
from loom.core.jsonvalue import canonical
from loom.evaluation.models import Case
from loom.worker.loop import CallModel, next_step
from loom.worker.task import WorkerTask

__all__ = ["estimated_nano"]

_LOOKED_AT = 20
_BYTES_PER_TOKEN = 4
_SPARE = 1.25
"""Answers are a little longer than what is expected of them."""

_UNKNOWN_ANSWER = 200


def estimated_nano(task: WorkerTask, route: Route, cases: Sequence[Case], repetitions: int = 1) -> int | None:
    """About what `cases` will cost in 1e-9 USD: one call each, nothing cached, no judge; None without a price."""
    if route.price is None:
        return None
    if not cases:
        return 0
    step = max(1, len(cases) // _LOOKED_AT)
    looked_at = cases[::step]
    costs = [_cost(task, route, case) for case in looked_at]
    known = [cost for cost in costs if cost is not None]
    return round(sum(known) / len(looked_at) * len(cases) * repetitions)


def _cost(task: WorkerTask, route: Route, case: Case) -> int | None:
    """Of one case; None when its input is refused, so that nothing is asked."""
    try:
        following = next_step(task.open(case.input), task.plan(route.model))
    except ContractError:
        return None
    if not isinstance(following, CallModel) or route.price is None:
        return None
    request = following.request
    asked = len(route.backend.encode(request)) // _BYTES_PER_TOKEN
    answered = _UNKNOWN_ANSWER
    if case.has_expected:
        answered = round(_SPARE * len(canonical(case.expected_output)) / _BYTES_PER_TOKEN) + 1
    return route.price.cost(asked, min(answered, request.max_tokens or answered))
