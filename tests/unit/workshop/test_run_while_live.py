"""The page of a run that is not over: nothing on it says otherwise than what it follows."""

import asyncio
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import FastAPI

from loom.calls.path import Route
from loom.calls.scripted import ScriptedBackend
from loom.core.money import Price

if TYPE_CHECKING:
    from loom.wiring.app import App

FORM = {"suite": "classifier", "limit": "60", "concurrency": "1"}
ASKED = {"HX-Request": "true"}


@pytest.fixture
def price() -> Price | None:
    return Price(input=0, output=1_000_000)


@pytest.fixture
async def job(visitor, application: FastAPI, route_to: Callable[..., Route], price: Price | None) -> str:
    """One that has a case behind it and many to go."""
    slow = route_to(ScriptedBackend(lambda _: '{"category": "billing"}', delay_s=0.05), price)

    async def route(**_: Any) -> Route:
        return slow

    app: App = application.state.services
    app.endpoints.route = route  # type: ignore[method-assign]
    made = (await visitor.post("/workers/classifier/eval/run", **FORM)).headers["location"]
    name = (await visitor.json("GET", f"/api/v1/evaluations/{made.rpartition('/')[2]}"))["job"]
    await until(visitor, name, lambda found: found["progress"]["done"] > 0)
    return name


async def until(visitor, job: str, holds: Callable[[Any], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds(await visitor.json("GET", f"/api/v1/jobs/{job}")):
            await asyncio.sleep(0.01)


async def paused(visitor, job: str) -> None:
    await visitor.post(f"/jobs/{job}/pause")
    await until(visitor, job, lambda found: found["state"] == "paused")


async def page_of(visitor, job: str) -> str:
    return (await visitor.get((await visitor.get(f"/jobs/{job}", 303)).headers["location"])).text


def head(page: str) -> str:
    """All above the part that follows the job."""
    return page.partition('id="progress"')[0].partition("<h1")[2]


async def test_while_it_moves_only_the_part_that_follows_it_says_how_it_stands(visitor, job: str) -> None:
    page = await page_of(visitor, job)
    for word in ("running", "paused", "pass rate"):
        assert word not in head(page)
    assert "What it came to" not in page
    assert "Where it stands" not in page
    assert re.search(r"<h2[^>]*>Cases so far</h2>", page)
    assert "How it was made" in page


async def test_beside_another_run_it_gets_no_verdict_before_it_ends(visitor, job: str) -> None:
    opened = await visitor.json(
        "POST", "/api/v1/evaluations", {"worker": "classifier", "suite": "classifier", "limit": 3}, 201
    )
    await paused(visitor, job)
    run = (await visitor.get(f"/jobs/{job}", 303)).headers["location"].rpartition("/")[2]
    pair = f"a={opened['id']}&b={run}"
    told = await visitor.json("GET", f"/api/v1/compare?{pair}")
    assert told["verdict"] == "no verdict"
    assert any(f"run {run[-8:]} has not ended" in one for one in told["unfinished"])
    page = (await visitor.get(f"/compare?{pair}")).text
    assert f"run {run[-8:]} has not ended" in page.partition('aria-label="Verdict"')[0].lower()
    for word in ("not separable", "is better", "is worse", ">better<", ">worse<"):
        assert word not in page.partition('id="changed"')[0]
    assert "has not ended" in (await visitor.get(f"/leaderboard?run={opened['id']}&run={run}", 400)).text


@pytest.mark.parametrize("price", [None])
async def test_a_cost_that_nobody_knows_is_unknown_also_while_it_runs(visitor, job: str) -> None:
    await until(visitor, job, lambda found: found["progress"]["unpriced_attempts"] > 0)
    running = await visitor.json("GET", f"/api/v1/jobs/{job}")
    assert (running["state"], running["progress"]["spent_usd"]) == ("running", None)
    assert "may have been paid" in await page_of(visitor, job)
    await paused(visitor, job)
    still = (await visitor.json("GET", f"/api/v1/jobs/{job}"))["progress"]
    assert (still["unpriced_attempts"], still["spent_usd"]) == (still["done"], None)
    await visitor.post(f"/jobs/{job}/resume")
    await until(visitor, job, lambda found: found["progress"]["unpriced_attempts"] > still["done"])


async def test_while_it_stands_still_it_shows_what_it_came_to_so_far(visitor, job: str) -> None:
    await paused(visitor, job)
    page = await page_of(visitor, job)
    assert "pass rate so far" in page
    assert "Where it stands" in page
    assert "paused" not in head(page).lower()
    assert "Paused by a person" in page.partition('id="progress"')[2]


async def test_a_page_drawn_while_it_moved_is_drawn_again_once_it_stands_still(visitor, job: str) -> None:
    part = re.search(r'data-refresh="([^"]*)"', await page_of(visitor, job))
    assert part
    assert "data-leads-to" not in (await visitor.get(part[1], headers=ASKED)).text
    await paused(visitor, job)
    again = (await visitor.get(part[1], headers=ASKED)).text
    assert 'data-leads-to="/runs/' in again
    still = re.search(r'data-refresh="([^"]*)"', await page_of(visitor, job))
    assert still
    assert "data-leads-to" not in (await visitor.get(still[1], headers=ASKED)).text
    await visitor.post(f"/jobs/{job}/resume")
    await until(visitor, job, lambda found: found["state"] == "running")
    assert 'data-leads-to="/runs/' in (await visitor.get(still[1], headers=ASKED)).text


async def test_one_that_was_resumed_moves_at_once(visitor, job: str) -> None:
    await paused(visitor, job)
    await visitor.post(f"/jobs/{job}/resume")
    page = await page_of(visitor, job)
    assert "drawn=moving" in page
    assert "Paused" not in page


async def test_the_script_gets_cases_under_the_same_title(visitor, job: str) -> None:
    run = (await visitor.get(f"/jobs/{job}", 303)).headers["location"]
    asked = {**ASKED, "HX-Target": "cases"}
    assert ">Cases so far</h2>" in (await visitor.get(run, headers=asked)).text
    await visitor.post(f"/jobs/{job}/stop")
    await until(visitor, job, lambda found: found["state"] == "stopped")
    assert ">Cases</h2>" in (await visitor.get(run, headers=asked)).text
    told = r"<p>Stopped by a person; run \w{8} was stopped at \d+ of \d+: the cases done are no sample"
    assert re.search(told, (await visitor.get(run)).text)


async def test_cases_that_came_since_are_asked_for_at_the_address_of_the_page(visitor, job: str) -> None:
    page = await page_of(visitor, job)
    assert 'data-new="execution.ended" data-new-target="cases"' in page
    here = re.search(r'id="cases" data-refresh="([^"]+)"', page)
    assert here is not None
    before = int(re.search(r">All <b>(\d+)", page)[1])  # type: ignore[index]
    await until(visitor, job, lambda found: found["progress"]["done"] > before)
    block = (await visitor.get(here[1], headers={**ASKED, "HX-Target": "cases"})).text
    assert block.lstrip().startswith("<section")
    assert int(re.search(r">All <b>(\d+)", block)[1]) > before  # type: ignore[index]
