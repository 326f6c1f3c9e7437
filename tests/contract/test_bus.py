"""What every bus promises: in one process, and over a real NATS server."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from loom.bus.base import MessageBus, Subscription
from loom.bus.memory import InMemoryBus
from loom.bus.nats_adapter import NATSBus
from loom.core.errors import BusError

WAIT_S = 10


@pytest.fixture(params=["memory", "nats"])
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[MessageBus]:
    """Connected."""
    made = InMemoryBus() if request.param == "memory" else NATSBus(request.getfixturevalue("nats_server").url)
    await made.connect()
    yield made
    await made.close()


async def following(listener: Subscription) -> dict:
    return await asyncio.wait_for(anext(listener), WAIT_S)


async def rest(listener: Subscription) -> list[dict]:
    """What is still handed out once nothing more is asked for."""
    await listener.unsubscribe()
    async with asyncio.timeout(WAIT_S):
        return [message async for message in listener]


async def test_a_message_reaches_everyone_who_listens_to_its_subject_in_order(bus):
    one, two, other = await bus.subscribe("a.b"), await bus.subscribe("a.b"), await bus.subscribe("a.c")
    for number in range(3):
        await bus.publish("a.b", {"n": number, "text": "ünï"})
    for listener in (one, two):
        assert [(await following(listener))["n"] for _ in range(3)] == [0, 1, 2]
    await bus.publish("a.c", {"n": 9})
    assert await following(other) == {"n": 9}


async def test_who_connects_at_once_shares_one_connection(nats_server):
    before, bus = asyncio.all_tasks(), NATSBus(nats_server.url)
    await asyncio.gather(bus.connect(), bus.connect())
    await bus.close()
    assert asyncio.all_tasks() == before


async def test_of_a_group_one_gets_each_message(bus):
    group = [await bus.subscribe("a", "g") for _ in range(2)]
    alone = await bus.subscribe("a")
    for number in range(20):
        await bus.publish("a", {"n": number})
    assert [(await following(alone))["n"] for _ in range(20)] == list(range(20))
    shared = [await rest(one) for one in group]
    assert sorted(message["n"] for part in shared for message in part) == list(range(20))
    assert all(shared)


async def test_each_reader_has_a_copy_of_its_own(bus):
    one, two = await bus.subscribe("a"), await bus.subscribe("a")
    await bus.publish("a", {"list": [1]})
    (await following(one))["list"].append(2)
    assert await following(two) == {"list": [1]}


async def test_a_message_that_nobody_listens_to_is_dropped(bus):
    await bus.publish("a", {"n": 1})
    listener = await bus.subscribe("a")
    await bus.publish("a", {"n": 2})
    assert await following(listener) == {"n": 2}


async def test_who_must_know_is_told_that_nobody_listens(bus):
    with pytest.raises(BusError, match="nobody listens to") as refused:
        await bus.deliver("a.b", {"n": 1})
    assert not refused.value.doubtful
    listener = await bus.subscribe("a.b", "g")
    await bus.deliver("a.b", {"n": 2})
    assert await following(listener) == {"n": 2}


async def test_a_reader_that_waits_is_let_go_when_it_unsubscribes_or_the_bus_is_closed(bus):
    one, two = await bus.subscribe("a"), await bus.subscribe("a")
    waiting = [asyncio.create_task(anext(listener, None)) for listener in (one, two)]
    await asyncio.sleep(0)
    await one.unsubscribe()
    await bus.close()
    assert await asyncio.wait_for(asyncio.gather(*waiting), WAIT_S) == [None, None]
    await one.unsubscribe()
    await bus.close()


async def test_what_has_come_before_unsubscribing_is_still_handed_out(bus):
    listener = await bus.subscribe("a")
    for number in range(3):
        await bus.deliver("a", {"n": number})
    await bus.deliver("a", {"n": 3})
    assert [message["n"] for message in await rest(listener)] == [0, 1, 2, 3]


@pytest.mark.parametrize("data", [{"a": float("nan")}, {"a": object()}, {"a": "x" * 9_000_000}])
async def test_what_is_no_message_is_refused_before_it_is_sent(bus, data):
    with pytest.raises(BusError, match="a message to a "):
        await bus.publish("a", data)


async def test_it_works_again_after_it_was_closed(bus):
    await bus.close()
    await bus.connect()
    listener = await bus.subscribe("a")
    await bus.publish("a", {"n": 1})
    assert await following(listener) == {"n": 1}
