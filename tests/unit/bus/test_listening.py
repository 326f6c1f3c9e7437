"""Listening through lost buses, handlers that fail, and ends that come at any moment."""

import asyncio

import pytest

from loom.bus.listening import Listener
from loom.bus.memory import InMemoryBus
from loom.core.clock import FakeClock
from loom.core.errors import BusError

WAIT_S = 10


class Flaky(InMemoryBus):
    """Cannot be reached at first."""

    def __init__(self, failures: int) -> None:
        super().__init__()
        self.failures = failures

    async def connect(self) -> None:
        if self.failures:
            self.failures -= 1
            raise BusError("nobody is there")


@pytest.fixture
async def listening():
    """Starts listeners, and ends them."""
    running = []

    async def start(bus, handle, **options):
        listener = Listener(bus, "a", handle, **options)
        running.append((listener, asyncio.create_task(listener.run())))
        await asyncio.sleep(0.01)
        return listener

    yield start
    for listener, task in running:
        await listener.stop()
        await asyncio.wait_for(task, WAIT_S)


async def test_a_handler_that_fails_does_not_stop_the_others_and_one_at_a_time_keeps_the_order(
    listening, caplog
):
    bus, seen, all_there = InMemoryBus(), [], asyncio.Event()

    async def handle(message):
        await asyncio.sleep(0)
        seen.append(message["n"])
        if message["n"] == 1:
            raise RuntimeError("broken")
        if message["n"] == 4:
            all_there.set()

    await listening(bus, handle)
    for number in range(5):
        await bus.deliver("a", {"n": number})
    await asyncio.wait_for(all_there.wait(), WAIT_S)
    assert seen == [0, 1, 2, 3, 4]
    assert "could not be handled" in caplog.text


async def test_no_more_than_so_many_are_handled_at_once(listening):
    bus, gate, busy, most = InMemoryBus(), asyncio.Event(), set(), []

    async def handle(message):
        busy.add(message["n"])
        most.append(len(busy))
        await gate.wait()
        busy.discard(message["n"])

    await listening(bus, handle, at_once=3)
    for number in range(10):
        await bus.deliver("a", {"n": number})
    await asyncio.sleep(0.01)
    assert busy == {0, 1, 2}
    gate.set()


async def test_a_bus_that_is_not_there_is_looked_for_with_longer_and_longer_pauses(listening):
    clock, bus, heard = FakeClock(), Flaky(3), asyncio.Event()

    async def handle(message):
        heard.set()

    await listening(bus, handle, clock=clock)
    pauses = []
    while bus.failures:
        pauses.append(clock.next_wake_s)
        await clock.advance(clock.next_wake_s)
    await clock.advance(clock.next_wake_s)
    await bus.deliver("a", {})
    await asyncio.wait_for(heard.wait(), WAIT_S)
    assert pauses == sorted(set(pauses))


async def test_what_has_come_is_handled_before_it_ends(listening):
    bus, seen = InMemoryBus(), []

    async def handle(message):
        await asyncio.sleep(0)
        seen.append(message["n"])

    listener = await listening(bus, handle)
    for number in range(50):
        await bus.deliver("a", {"n": number})
    await listener.stop()
    await asyncio.sleep(0.05)
    assert seen == list(range(50))


async def test_it_ends_at_once_while_it_waits_for_a_bus():
    class Stuck(InMemoryBus):
        async def connect(self):
            await asyncio.Event().wait()

    async def handle(message):
        pass

    listener = Listener(Stuck(), "a", handle)
    running = asyncio.create_task(listener.run())
    await asyncio.sleep(0)
    await listener.stop()
    await asyncio.wait_for(running, WAIT_S)
