"""How a job stands while it goes on: what each execution took, and a pace that what was found done is not in."""

from typing import Any

import pytest

from loom.access.models import LOCAL
from loom.calls.scripted import ScriptedBackend
from loom.core.errors import Fault, ProviderError
from loom.delivery.service import Events
from loom.engine.models import JobState
from loom.engine.tables import execution
from loom.evaluation.models import Case, Suite
from loom.evaluation.running.pace import Pace
from loom.evaluation.running.standing import Standing, Standings

S = 1_000_000


async def standing(lab: Any, job: Any) -> Standing:
    run = (await lab.report(job)).run
    return await Standings(Events(lab.database), lab.database).of(run, LOCAL)


async def test_an_answer_that_was_paid_before_the_pause_keeps_its_time_and_cost(lab, suite, rows):
    judged = ("llm_judge",)
    lab.backend = ScriptedBackend(['{"label":"a"}', ProviderError("wrong key", Fault.UNAUTHORIZED)])
    job = await lab.open(suite("a"), scorers=judged)
    assert (await lab.work(job)).state is JobState.PAUSED
    lab.backend = ScriptedBackend(['{"score": 1, "reasoning": "so it is"}'])
    assert (await lab.work(job)).state is JobState.COMPLETED
    [ended] = (await standing(lab, job)).newest
    assert (ended.cached, ended.cost_nano > 0) == (False, True)
    assert [(row.cached, row.latency_us > 0) for row in rows(lab.database, execution)] == [(False, True)]


async def test_what_was_found_done_before_is_not_in_the_pace(lab, suite):
    """Of ten, eight come from the cache; the pace and the time left are those of the two that were asked."""
    await lab.run(suite(*"abcdefgh"))
    lab.backend = ScriptedBackend(lab._answer, delay_s=0.6)
    job = await lab.open(suite(*"abcdefghij"), concurrency=1)
    await lab.work(job)
    found = await standing(lab, job)
    rates = found.rates()
    assert rates is not None
    assert (found.done, found.cached, rates.ended) == (10, 8, 2)
    assert max(rates.late, rates.whole) < 2


@pytest.mark.parametrize(("begun", "ends"), [(0, [S // 50] * 8), (None, [5 * S] * 8), (None, [])])
def test_what_ends_at_once_tells_no_pace(begun, ends):
    pace = Pace(begun)
    for at in ends:
        pace.add(at)
    assert pace.rates(60 * S) is None


def test_a_pace_is_that_of_late_and_that_of_the_whole():
    pace = Pace(0)
    for second in [*range(1, 41), *range(42, 61, 2)]:
        pace.add(second * S)
    rates = pace.rates(60 * S)
    assert rates is not None
    assert (round(rates.late, 2), round(rates.whole, 2), rates.ended) == (0.5, 0.83, 50)


@pytest.mark.parametrize(
    ("wish", "weight", "shown"), [({}, 1, 0.5), ({"repetitions": 2}, 1, None), ({}, 3, None)]
)
async def test_a_share_of_executions_is_no_pass_rate_where_that_goes_over_cases(lab, wish, weight, shown):
    cases = (
        Case("a", {"text": "a"}, {"label": "a"}, weight=weight),
        Case("b", {"text": "wrong"}, {"label": "b"}),
    )
    job = await lab.open(Suite("texts", cases), **wish)
    await lab.work(job)
    assert (await standing(lab, job)).pass_rate == shown
