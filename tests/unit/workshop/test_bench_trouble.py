"""The test bench when a test is broken off, or comes to nothing: what is said, and what stays."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import FastAPI

from loom.calls.path import Route
from loom.calls.scripted import ScriptedBackend
from loom.core.clock import FakeClock
from loom.core.errors import Fault, ProviderError
from loom.workshop.live.tests import LiveTests

if TYPE_CHECKING:
    from loom.wiring.app import App

SCRIPT = {"HX-Request": "true"}
BENCH = "/workers/classifier/test"
GOOD = '{"category": "billing", "urgency": "low"}'


@pytest.fixture
def gate() -> asyncio.Event:
    """Open: what is asked is answered at once."""
    event = asyncio.Event()
    event.set()
    return event


@pytest.fixture
def backend(
    application: FastAPI, visitor, gate: asyncio.Event, route_to: Callable[..., Route]
) -> ScriptedBackend:
    """What every model answers: well at first, then it takes no key."""
    wrong = ProviderError("the key is wrong", Fault.UNAUTHORIZED)
    backend = ScriptedBackend([GOOD, wrong], gate=gate)

    async def route(**_: Any) -> Route:
        return replace(route_to(backend), model="m")

    app: App = application.state.services
    app.endpoints.route = route  # type: ignore[method-assign]
    return backend


async def begun(visitor, **more: str) -> str:
    """The id of a test that streams, as the page's script begins it."""
    form = {"payload": '{"text": "Hello"}', "stream": "yes", "no_cache": "true", **more}
    started = await visitor.client.post(f"{BENCH}/run", data=form, headers=SCRIPT)
    return started.headers["HX-Push-Url"].partition("test=")[2]


async def test_a_test_under_way_is_cancelled_and_what_was_on_the_wire_is_charged_as_unknown(
    visitor, backend, gate, until
) -> None:
    gate.clear()
    test = await begun(visitor)
    assert f'hx-post="{BENCH}/{test}/cancel"' in (await visitor.get(f"{BENCH}?test={test}")).text
    await until(lambda: bool(backend.wires))
    card = await visitor.client.post(f"{BENCH}/{test}/cancel", headers=SCRIPT)
    assert (card.status_code, "Cancelled by a person" in card.text) == (200, True)
    assert "charged as unknown" in card.text
    record = await visitor.json("GET", f"/api/v1/tests/{test}")
    assert (record["state"], record["success"], record["cost_usd"] > 0) == ("stopped", False, True)
    ended = (await visitor.get(f"{BENCH}/live/{test}")).text
    assert '"type": "end"' in ended or '"type":"end"' in ended


async def test_a_program_cancels_a_test_that_another_waits_for(visitor, backend, gate, until) -> None:
    gate.clear()
    body = {"worker": "classifier", "input": {"text": "Hello"}, "use_cache": False}
    waiting = asyncio.create_task(visitor.json("POST", "/api/v1/tests", body, 201))
    await until(lambda: bool(backend.wires))
    [listed] = (await visitor.json("GET", "/api/v1/tests"))["items"]
    assert listed["state"] == "running"
    told = await visitor.json("POST", f"/api/v1/tests/{listed['id']}/cancel", status=202)
    assert (told["id"], told["state"], told["cost_usd"] > 0) == (listed["id"], "stopped", True)
    assert await waiting == told
    assert await visitor.json("POST", f"/api/v1/tests/{listed['id']}/cancel", status=202) == told
    await visitor.json("POST", f"/api/v1/tests/{'0' * 32}/cancel", status=404)


async def test_a_test_that_another_server_carries_out_is_not_cancelled_here(
    visitor, backend, gate, until, application: FastAPI
) -> None:
    gate.clear()
    test = await begun(visitor)
    await until(lambda: bool(backend.wires))
    here = application.state.live_tests
    application.state.live_tests = LiveTests(FakeClock())
    told = await visitor.json("POST", f"/api/v1/tests/{test}/cancel", status=409)
    assert "not carried out by this server" in told["error"]["message"]
    application.state.live_tests = here
    await visitor.json("POST", f"/api/v1/tests/{test}/cancel", status=202)


async def test_cancelling_what_is_over_shows_what_it_came_to(visitor, backend) -> None:
    test = await begun(visitor)
    await visitor.get(f"{BENCH}?test={test}", headers=SCRIPT)
    answer = await visitor.post(f"{BENCH}/{test}/cancel")
    assert "PASS" in (await visitor.get(answer.headers["location"])).text


async def test_a_test_that_comes_to_nothing_says_so_beside_the_form_and_leaves_the_result_before(
    visitor, backend
) -> None:
    first = await begun(visitor)
    await visitor.get(f"{BENCH}?test={first}", headers=SCRIPT)
    second = await begun(visitor, before=first)
    events = (await visitor.get(f"{BENCH}/live/{second}")).text
    assert f"test={second}&before={first}" in events
    part = (await visitor.get(f"{BENCH}?test={second}&before={first}", headers=SCRIPT)).text
    result, refusal = part.split('<div id="test-refusal"')
    assert ("PASS" in result, f'value="{first}"' in result) == (True, True)
    assert "the key is wrong" in refusal
