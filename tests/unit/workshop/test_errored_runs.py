"""A run whose calls were all refused: lists say that it errored, and it is no rate of its worker."""

import asyncio
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from unittest.mock import AsyncMock

import pytest
from fastapi import FastAPI

from loom.calls.path import Route
from loom.calls.scripted import ScriptedBackend
from loom.core.errors import Fault, ProviderError

if TYPE_CHECKING:
    from loom.wiring.app import App


@pytest.fixture
def evaluated(visitor, application: FastAPI, route_to: Callable[..., Route]) -> Callable[..., Any]:
    """Evaluates `classifier` on two cases, which are answered so."""

    async def run(*answers: Any, suite: str = "classifier") -> None:
        app: App = application.state.services
        app.endpoints.route = AsyncMock(return_value=route_to(ScriptedBackend(list(answers))))
        form = {"suite": suite, "limit": "2", "concurrency": "1", "use_cache": ""}
        made = (await visitor.post("/workers/classifier/eval/run", **form)).headers["location"]
        async with asyncio.timeout(30):
            while "completed" not in (await visitor.get("/runs.csv")).text.splitlines()[1]:
                await asyncio.sleep(0.01)
        assert made

    return run


def row_of(page: str, name: str) -> str:
    """What stands in the row of a table that names it."""
    row = next(one for one in page.partition("<tbody")[2].split("<tr") if name in one)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", row.partition(">")[2]))


async def test_lists_say_how_many_errored_and_the_worker_keeps_its_last_rate(visitor, evaluated) -> None:
    refused = ProviderError("there is no such model", Fault.REFUSED)
    await evaluated(refused, refused)
    assert "2 errored" in row_of((await visitor.get("/runs")).text, "classifier")
    assert "no answer counts" in row_of((await visitor.get("/workers?q=classifier")).text, "classifier")
    await evaluated(*['{"category": "billing"}'] * 2)
    listed = row_of((await visitor.get("/workers?q=classifier")).text, "classifier")
    assert re.search(r"\d %.* 2 ", listed)


async def test_a_last_rate_names_its_suite(visitor, evaluated) -> None:
    (visitor.configs / "suites").mkdir(exist_ok=True)
    cases = "- {name: a, input: {text: Where is it?}, expected_output: {category: billing}}\n"
    visitor.write("suites/other.yaml", f"name: other\ncases:\n{cases}")
    await evaluated('{"category": "billing"}', suite="other")
    assert "on other" in row_of((await visitor.get("/workers?q=classifier")).text, "classifier")
    assert ",other," in (await visitor.get("/workers.csv?q=classifier")).text
