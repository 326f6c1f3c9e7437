"""The bench: one worker on one input, kept like any other run."""

import asyncio

import pytest

from loom.access.models import LOCAL
from loom.calls.models import ModelAnswer, Usage
from loom.calls.scripted import ScriptedBackend
from loom.core.clock import SystemClock
from loom.core.errors import ConflictError, ContractError, Fault, ProviderError
from loom.core.ids import JobId
from loom.engine.bench import TestBench, TestWish
from loom.engine.claims import steer
from loom.engine.models import Steer
from loom.engine.tables import execution, job, run

LABEL = '{"label":"bug"}'


@pytest.fixture
def bench(database, route_to, looking):
    """Runs one test of the labeller on a scripted model."""

    async def test(backend, payload=None, on_delta=None, **options):
        price = options.pop("price", ...)
        route = route_to(backend) if price is ... else route_to(backend, price)
        wish = TestWish("labeller", looking.task, payload or {"text": "it broke"}, route, **options)
        return await TestBench(database, SystemClock()).test(wish, LOCAL, on_delta)

    return test


async def test_a_test_shows_output_prompt_turns_and_tools(bench, looking):
    result = await bench(ScriptedBackend([looking.call, LABEL]))
    assert (result.success, result.outcome.output, result.model) == (True, {"label": "bug"}, "m")
    assert result.transcript.opening.messages[0].text.startswith("Label the text.")
    assert len(result.transcript.steps) == 3
    assert (result.usage.output_tokens, result.cost_nano) == (2, 2)


async def test_a_test_streams_what_the_model_says(bench):
    heard = []
    result = await bench(ScriptedBackend('{"label": "bug"}'), on_delta=heard.append)
    assert result.success
    assert "".join(delta.text for delta in heard) == '{"label": "bug"}'


@pytest.mark.parametrize(("says", "problem"), [("hm", "JSON"), ('{"label":1}', "label"), ("{}", "label")])
async def test_an_output_that_breaks_its_contract_is_no_success(bench, says, problem):
    result = await bench(ScriptedBackend(says))
    assert not result.success
    assert problem in " ".join(result.outcome.problems)


async def test_a_test_that_was_run_before_is_served_from_the_cache_at_no_cost(bench):
    backend = ScriptedBackend(LABEL)
    results = [await bench(backend) for _ in range(2)]
    fresh = await bench(backend, use_cache=False)
    assert [one.cost_nano for one in (*results, fresh)] == [1, 0, 1]
    assert [one.outcome.cached for one in (*results, fresh)] == [False, True, False]


async def test_the_cost_of_a_model_without_a_price_is_unknown(bench):
    result = await bench(ScriptedBackend(LABEL), price=None)
    assert (result.cost_nano, result.unpriced) == (0, 1)


async def test_an_answer_without_usage_is_shown_without_usage(bench):
    result = await bench(ScriptedBackend(ModelAnswer(LABEL)))
    assert (result.usage, result.success) == (None, True)


async def test_a_refused_request_is_a_result(bench):
    result = await bench(ScriptedBackend(ProviderError("no such model", Fault.REFUSED)))
    assert (result.success, result.outcome.error, result.transcript.steps) == (False, "no such model", ())


async def test_a_refused_key_is_an_error(bench):
    with pytest.raises(ProviderError, match="wrong key"):
        await bench(ScriptedBackend(ProviderError("wrong key", Fault.UNAUTHORIZED)))


async def test_a_test_that_somebody_stops_says_so(bench, database, rows, until, monkeypatch):
    monkeypatch.setattr("loom.engine.runner._GRACE_S", 0.1)  # for the answer, which never comes
    backend = ScriptedBackend(LABEL, gate=asyncio.Event())
    testing = asyncio.create_task(bench(backend))
    await until(lambda: backend.requests)
    await steer(database, JobId(rows(database, job)[0].id), Steer.STOP)
    with pytest.raises(ConflictError, match="the test has no answer: stopped by a person"):
        await testing


async def test_an_input_that_breaks_its_contract_is_an_error(bench):
    with pytest.raises(ContractError, match="text"):
        await bench(ScriptedBackend(LABEL), payload={"txt": ""})


async def test_a_test_is_kept_as_a_job_with_one_run_and_one_execution(bench, database, rows):
    await bench(ScriptedBackend(LABEL))
    assert [(row.kind, row.state) for row in rows(database, job)] == [("test", "completed")]
    assert [(row.target, row.suite, row.planned) for row in rows(database, run)] == [("labeller", None, 1)]
    assert [row.state for row in rows(database, execution)] == ["completed"]


async def test_the_usage_shown_is_what_the_provider_counted(bench):
    answer = ModelAnswer(LABEL, usage=Usage(7, 9, cached_tokens=3, reasoning_tokens=2))
    assert (await bench(ScriptedBackend(answer))).usage == Usage(7, 9, 3, 2)
