"""Dead letters in a browser, over a real NATS server: they come by themselves, are replayed, cleared and put back."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from conftest import WIDTHS, serving
from nats_server import NatsServer

pytestmark = pytest.mark.web

SEND = """
import asyncio, json, sys
from loom.bus.nats_adapter import NATSBus
async def main():
    bus = NATSBus(sys.argv[1])
    await bus.connect()
    for name in sys.argv[2:]:
        task = {"task_id": name, "worker_type": "sorter", "payload": {"text": "<img src=x onerror=alert(1)>"}}
        await bus.deliver("loom.tasks.dead_letter", {"original_task": task, "reason": "rate_limited: no room"})
    await bus.close()
asyncio.run(main())
"""
ROUTE = """
import asyncio, json, sys
from loom.bus.nats_adapter import NATSBus
async def main():
    bus = NATSBus(sys.argv[1])
    await bus.connect()
    tasks = await bus.subscribe("loom.tasks.incoming", "routers")
    print("ready", flush=True)
    async for task in tasks:
        print(json.dumps(task), flush=True)
asyncio.run(main())
"""


def send(server: NatsServer, *names: str) -> None:
    subprocess.run([sys.executable, "-c", SEND, server.url, *names], check=True, timeout=30)


@pytest.fixture
def router(nats_server: NatsServer) -> Iterator[Iterator[str]]:
    """The tasks that come to a router, which listens."""
    process = subprocess.Popen(
        [sys.executable, "-c", ROUTE, nats_server.url], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "ready\n"
    yield iter(process.stdout.readline, "")
    process.kill()
    process.communicate(timeout=10)


@pytest.fixture
def meshed(tmp_path: Path, nats_server: NatsServer, open_window: Any) -> Iterator[Any]:
    """The page of dead letters of a Workshop that listens."""
    with serving(tmp_path, "--nats-url", nats_server.url) as address:
        page = open_window(base_url=address)
        page.goto("/dead-letters")
        expect(page.locator("h1 + .badges")).to_have_text("connected")
        yield page
        page.goto("about:blank")  # it would miss the server


@pytest.mark.does("/dead-letters/replay", "/dead-letters/{index}/replay")
def test_letters_come_by_themselves_and_are_replayed_when_a_router_listens(
    meshed: Any, nats_server: NatsServer, axe: Any, shot: Any, request: Any, expected: list[str]
) -> None:
    send(nats_server, "t1", "t2", "t3")
    expect(meshed.locator("tr.row")).to_have_count(3)
    meshed.get_by_role("link", name="sorter").first.click()
    expect(meshed.locator("pre.code-text")).to_contain_text("<img src=x onerror=alert(1)>")
    assert axe(meshed) == []
    shot(meshed, "dead-letters")
    expected.append("503")
    meshed.get_by_role("button", name="Replay", exact=True).last.click()
    expect(meshed.get_by_role("alert")).to_contain_text("nobody listens to loom.tasks.incoming")
    tasks = request.getfixturevalue("router")
    meshed.get_by_role("button", name="Replay", exact=True).last.click()
    assert json.loads(next(tasks))["task_id"] == "t1"
    expect(meshed.get_by_role("table", name="Replays").locator("tbody tr")).to_contain_text("sent")
    meshed.get_by_role("button", name="Replay these 2").click()
    meshed.get_by_role("dialog").get_by_role("button", name="Replay these 2").click()
    assert [json.loads(next(tasks))["task_id"] for _ in range(2)] == ["t2", "t3"]


@pytest.mark.does("/dead-letters/clear", "/dead-letters/undo")
def test_clearing_is_taken_back(meshed: Any, nats_server: NatsServer) -> None:
    send(nats_server, "t1", "t2")
    expect(meshed.locator("tr.row")).to_have_count(2)
    meshed.get_by_role("button", name="Clear all").click()
    expect(meshed.get_by_text("2 letters were cleared by local")).to_be_visible()
    meshed.get_by_role("button", name="Undo").click()
    expect(meshed.locator("tr.row")).to_have_count(2)


def test_nothing_hangs_over_the_edge(meshed: Any, nats_server: NatsServer, overflow: Any) -> None:
    send(nats_server, "t" * 200)
    meshed.get_by_role("link", name="sorter").click()
    expect(meshed.locator("pre.code-text")).to_be_visible()
    for width in WIDTHS:
        meshed.set_viewport_size({"width": width, "height": 900})
        assert overflow(meshed) <= 0


def test_a_mesh_that_goes_away_is_told_and_found_again(meshed: Any, nats_server: NatsServer) -> None:
    nats_server.stop()
    meshed.reload()
    expect(meshed.locator("h1 + .badges")).to_have_text("not connected")
    nats_server.start()
    for _ in range(30):
        meshed.reload()
        if meshed.locator("h1 + .badges").inner_text() == "connected":
            break
        meshed.wait_for_timeout(500)
    send(nats_server, "t1")
    expect(meshed.locator("tr.row")).to_have_count(1)
