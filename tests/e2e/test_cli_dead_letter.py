"""Dead letters from the terminal, with a NATS server where one is needed."""

import asyncio
import json
import os
import signal
import subprocess
import sys

import pytest

from loom.access.models import LOCAL
from loom.bus.nats_adapter import NATSBus
from loom.bus.subjects import DEAD_LETTERS
from loom.core.clock import SystemClock
from loom.core.errors import BusError
from loom.router.service import DeadLetters
from loom.storage.database import open_database

WAIT_S = 30


@pytest.fixture
def letters(home):
    """Two letters in the store; gives how the second is named."""

    async def keep():
        database = open_database(f"sqlite:///{home / 'loom.db'}")
        kept = DeadLetters(database, SystemClock())
        for number in (1, 2):
            await kept.take({"reason": f"why {number}", "task_id": f"t{number}", "worker_type": "sorter"})
        await database.aclose()

    asyncio.run(keep())


def test_letters_are_listed_and_put_away(loom, letters):
    assert loom("dead-letter", "list").out.count("sorter") == 2
    entries = loom("dead-letter", "list", "--json", "--limit", "1").json["entries"]
    assert [(one["reason"], one["task_id"]) for one in entries] == [("why 2", "t2")]
    assert loom("dead-letter", "clear").out == "Cleared 2.\n"
    assert loom("dead-letter", "list").out == "No dead letters are waiting.\n"
    assert len(loom("dead-letter", "list", "--state", "cleared", "--json").json["entries"]) == 2
    assert loom("dead-letter", "clear", "--json").json == {"cleared": 0, "clearing": None}


def test_letters_are_replayed_to_a_router(loom, letters, nats_server):
    refused = loom("dead-letter", "replay", "--all", "--nats-url", nats_server.url)
    assert (refused.status, "nobody listens to loom.tasks.incoming" in refused.errors) == (3, True)
    newest = loom("dead-letter", "list", "--json").json["entries"][0]["id"]
    router = subprocess.Popen(
        [sys.executable, "-c", ROUTER, nats_server.url], stdout=subprocess.PIPE, text=True
    )
    assert router.stdout.readline() == "ready\n"
    assert loom("dead-letter", "replay", newest[-8:], "--nats-url", nats_server.url).out == "Replayed 1.\n"
    assert loom("dead-letter", "replay", "--all", "--nats-url", nats_server.url).out == "Replayed 1.\n"
    said, _ = router.communicate(timeout=WAIT_S)
    assert [json.loads(line)["task_id"] for line in said.splitlines()] == ["t2", "t1"]


ROUTER = """
import asyncio, sys, nats
async def main():
    client = await nats.connect(sys.argv[1])
    tasks = await client.subscribe("loom.tasks.incoming", queue="routers")
    await client.flush(); await client.flush()
    print("ready", flush=True)
    for _ in range(2):
        print((await tasks.next_msg(timeout=30)).data.decode(), flush=True)
    await client.close()
asyncio.run(main())
"""


def test_wrong_use_is_told(loom, letters, nats_server):
    assert loom("dead-letter", "replay").status == 2
    assert loom("dead-letter", "replay", "x", "--all").status == 2
    assert loom("dead-letter", "replay", "nothing", "--nats-url", nats_server.url).status == 2
    assert loom("dead-letter", "list", "--state", "lost").status == 2
    assert (
        loom("dead-letter", "monitor", "--max-size", "10001", "--nats-url", "nats://127.0.0.1:9").status == 2
    )


def test_letters_that_somebody_puts_away_meanwhile_are_not_replayed(loom, letters, nats_server, monkeypatch):
    page, replayed = DeadLetters.page, []

    async def slow_page(self, *given, **more):
        found = await page(self, *given, **more)
        await self.clear(LOCAL)
        return found

    async def replay(_self, letter, *_more):
        replayed.append(letter)

    monkeypatch.setattr(DeadLetters, "page", slow_page)
    monkeypatch.setattr(DeadLetters, "replay", replay)
    said = loom("dead-letter", "replay", "--all", "--nats-url", nats_server.url)
    assert (said.out, replayed) == ("Replayed 0.\n", [])


def test_a_monitor_keeps_and_shows_letters_until_it_is_ended(home, nats_server):
    command = [
        sys.executable,
        "-m",
        "loom",
        "dead-letter",
        "monitor",
        "--json",
        "--nats-url",
        nats_server.url,
    ]
    monitor = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "HOME": str(home)}
    )
    asyncio.run(asyncio.wait_for(_send(nats_server.url), WAIT_S))
    shown = json.loads(monitor.stdout.readline())
    assert (shown["reason"], shown["worker_type"], shown["task_id"]) == ("why", "sorter", "t1")
    monitor.send_signal(signal.SIGTERM)
    monitor.communicate(timeout=WAIT_S)
    assert monitor.returncode == 0


async def _send(url):
    bus = NATSBus(url)
    await bus.connect()
    while True:
        try:
            await bus.deliver(
                DEAD_LETTERS, {"reason": "why", "original_task": {"task_id": "t1", "worker_type": "sorter"}}
            )
            break
        except BusError:
            await asyncio.sleep(0.05)
    await bus.close()
