"""What an evaluation costs: as its form says before, as its budget holds meanwhile, as its page says afterwards."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import FastAPI

from loom.calls.path import Route
from loom.calls.scripted import ScriptedBackend
from loom.core.money import nano_usd

if TYPE_CHECKING:
    from loom.wiring.app import App

EVAL = "/workers/classifier/eval"
FORM = {"suite": "classifier", "limit": "3"}
JUDGED = {**FORM, "scoring": "llm_judge"}
AMOUNT = re.compile(r"\$([\d.]+)")
ANSWER = '{"category": "billing", "score": 1, "reasoning": "as it should be"}'


@pytest.fixture
def models(application: FastAPI, visitor, route_to: Callable[..., Route]) -> None:
    """Whatever is asked answers the same at a price; the model `dear` at none that is known."""
    priced = route_to(ScriptedBackend(lambda _: ANSWER))

    async def route(*, model: str | None = None, **_: Any) -> Route:
        return replace(priced, model="dear", price=None) if model == "dear" else priced

    app: App = application.state.services
    app.endpoints.route = route  # type: ignore[method-assign]


async def button(visitor, **form: str) -> str:
    asked = {"HX-Request": "true"}
    return (await visitor.client.post(f"{EVAL}/estimate", data=form, headers=asked)).text


def dollars(words: str) -> list[int]:
    return [nano_usd(one) for one in AMOUNT.findall(words)]


async def ran(visitor, *states: str, **form: str) -> str:
    """The address of a run that the form started, once it is in one of `states`."""
    made = (await visitor.post(f"{EVAL}/run", **form)).headers["location"]
    name = made.rpartition("/")[2]
    async with asyncio.timeout(30):
        while (await visitor.json("GET", f"/api/v1/evaluations/{name}"))["state"] not in states:
            await asyncio.sleep(0.01)
    return f"/runs/{name}"


@pytest.mark.usefixtures("models")
async def test_the_price_of_an_evaluation_has_the_judges_share_in_it(visitor) -> None:
    alone, once = await button(visitor, **FORM), await button(visitor, **JUDGED)
    twice = await button(visitor, **JUDGED, **{"scorer.llm_judge.votes": "2"}, repetitions="2")
    assert "Run 3 cases, about $" in alone
    assert "Run 3 cases, twice each, about $" in twice
    assert "judge (m, about 3 calls)" in once
    assert "judge (m, about 12 calls)" in twice
    worker, (total, judge) = dollars(alone)[0], dollars(once)
    assert total == pytest.approx(worker + judge, rel=0.1)
    assert dollars(twice)[1] == pytest.approx(4 * judge, rel=0.1)


@pytest.mark.usefixtures("models")
async def test_a_judge_whose_price_is_not_known_is_named_beside_the_rest(visitor) -> None:
    shown = await button(visitor, **JUDGED, judge_model="dear")
    assert re.search(r"Run 3 cases, about \$[\d.]+ and the judge<", shown)
    assert "and the judge (dear, about 3 calls), whose price is not known" in shown
    other = await button(visitor, **FORM, scorers="- {scorer: embedding_similarity, model: dear}")
    assert "and embedding_similarity (dear), whose price is not known" in other


@pytest.mark.usefixtures("models")
async def test_a_budget_without_room_for_a_call_is_refused_with_one_that_has_it(visitor) -> None:
    low = {**FORM, "budget_usd": "0.000000001"}
    assert "less than one call may cost" in await button(visitor, **low)
    refused = (await visitor.post(f"{EVAL}/run", 400, **low)).text
    assert re.search(r'name="budget_usd"[^>]*aria-invalid="true"', refused)
    least = re.search(r"is less than one call may cost; give at least \$([\d.]+)", refused)
    assert least
    page = await ran(visitor, "paused", "completed", **{**FORM, "budget_usd": least[1]})
    assert (await visitor.json("GET", f"/api/v1/evaluations/{page.rpartition('/')[2]}"))["done"] >= 1
    judged = (await visitor.post(f"{EVAL}/run", 400, **{**JUDGED, "budget_usd": least[1]})).text
    assert "is less than one call may cost" in judged
    body = {"worker": "classifier", "suite": "classifier", "budget_usd": 1e-9}
    (problem,) = (await visitor.json("POST", "/api/v1/evaluations", body, 400))["error"]["problems"]
    assert (problem["field"], problem["remedy"]) == ("budget_usd", f"give at least ${least[1]}")


@pytest.mark.usefixtures("models")
async def test_a_budget_below_the_estimate_is_warned_of(visitor) -> None:
    form = {**FORM, "limit": "60"}
    (price,) = dollars(await button(visitor, **form))
    low = await button(visitor, **form, budget_usd=f"{price * 0.9e-9:.12f}")
    assert "the run will pause there" in low
    assert "the run will pause there" not in await button(visitor, **form, budget_usd="5")


@pytest.mark.usefixtures("models")
async def test_the_budget_stands_beside_what_is_spent_from_the_start(visitor) -> None:
    page = await ran(visitor, "paused", **{**FORM, "limit": "60", "budget_usd": "0.0000004"})
    shown = (await visitor.get(page)).text
    assert "of $0.00000040" in shown
    assert re.search(r'name="budget_usd" value="4e-07"|name="budget_usd" value="0\.0000004"', shown)
    assert "no budget<" not in shown
    assert "Give it more below" in shown


@pytest.mark.usefixtures("models")
async def test_what_a_judge_cost_stands_beside_what_the_worker_cost(visitor) -> None:
    shown = (await visitor.get(await ran(visitor, "completed", **JUDGED))).text
    cost = re.search(
        r"<dt>Cost</dt>.*?figure-value\">(.*?)<.*?figure-note\">worker (.*?), judge (.*?)<", shown
    )
    assert cost
    whole, worker, judge = (nano_usd(one.removeprefix("$")) for one in cost.groups())
    assert 0 < worker < whole
    assert whole == pytest.approx(worker + judge, rel=0.1)


@pytest.mark.usefixtures("models")
async def test_what_came_from_the_cache_is_said_to_be_saved(visitor) -> None:
    first = (await visitor.get(await ran(visitor, "completed", **FORM))).text
    assert "saved" not in first
    again = (await visitor.get(await ran(visitor, "completed", **FORM, budget_usd="1"))).text
    assert again.count(">saved<") == 3
    assert ", 3 saved" in again


@pytest.mark.usefixtures("models")
async def test_a_look_at_sealed_cases_is_announced(visitor) -> None:
    assert "sealed case" not in await button(visitor, **FORM)
    assert "Looks at 3 sealed cases: each look is counted" in await button(visitor, **FORM, split="sealed")


async def test_what_is_wrong_is_called_what_the_form_calls_it(visitor) -> None:
    judged = {**JUDGED, "judge_model": "nobodys"}
    assert "Judge&#39;s model is not a model of any endpoint" in await button(visitor, **judged)
    refused = (await visitor.post(f"{EVAL}/run", 400, **judged)).text
    assert re.search(r'name="judge_model"[^>]*aria-invalid="true"', refused)
    assert "Budget in USD is not an amount of money" in await button(visitor, **FORM, budget_usd="much")
    assert "Repetitions is too small; give a number from 1 to 1,000,000" in await button(
        visitor, **FORM, repetitions="0"
    )


async def test_a_worker_never_evaluated_says_so_above_its_past_runs(visitor) -> None:
    assert "classifier has not been evaluated yet." in (await visitor.get(EVAL)).text


@pytest.mark.usefixtures("models")
async def test_the_form_of_a_rescoring_says_what_its_judge_will_cost(visitor) -> None:
    here = f"{await ran(visitor, 'completed', **FORM)}/rescore"
    page = (await visitor.get(here)).text
    assert "Re-score 3 outputs</" in page
    assert "asks no model; passes by field_match from 1<" in page

    async def shown(**form: str) -> str:
        part = await visitor.client.post(
            f"{here}/estimate", data={"scoring": "llm_judge", **form}, headers={"HX-Request": "true"}
        )
        assert part.text.strip().startswith('<footer class="card-foot" id="run-button"')
        return part.text

    once, twice = await shown(), await shown(**{"scorer.llm_judge.votes": "2"})
    assert "Re-score 3 outputs, about $" in once
    assert "judge (m, about 3 calls)" in once
    assert dollars(twice)[0] == pytest.approx(2 * dollars(once)[0], rel=0.1)
    assert "whose price is not known" in await shown(judge_model="dear")
    assert "less than one call may cost" in await shown(budget_usd="0.000000001")
    assert "is not an amount of money" in await shown(budget_usd="much")


@pytest.mark.usefixtures("models")
async def test_a_budget_too_small_for_one_call_opens_no_rescoring(visitor) -> None:
    run = await ran(visitor, "completed", **FORM)
    form = {"scoring": "llm_judge", "budget_usd": "0.000000001"}
    refused = (await visitor.post(f"{run}/rescore", 400, **form)).text
    assert re.search(r'name="budget_usd"[^>]*aria-invalid="true"', refused)
    assert "is less than one call may cost; give at least $" in refused
    body = {"scorers": ["llm_judge"], "budget_usd": 1e-9}
    told = await visitor.json("POST", f"/api/v1/evaluations/{run.rpartition('/')[2]}/rescore", body, 400)
    assert told["error"]["problems"][0]["field"] == "budget_usd"
    assert (await visitor.json("GET", "/api/v1/evaluations"))["total"] == 1
