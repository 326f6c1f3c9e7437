"""Telling and following events, over every kind of database, from several handles at once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing

import pytest
from sqlalchemy import delete, func, insert, select

from loom.access.models import LOCAL
from loom.core.clock import SystemClock
from loom.core.errors import ConflictError, LoomError
from loom.core.ids import RunId, new_id
from loom.delivery import store
from loom.delivery.models import EventType
from loom.delivery.service import Events
from loom.delivery.tables import event
from loom.engine import queue_store
from loom.engine.jobs import JobPlan, Once, open_job
from loom.engine.models import JobKind, NewRun
from loom.storage.database import Database, open_database
from loom.storage.statements import Write

STREAM = "job:018f0000-0000-7000-8000-000000000001"
OTHER = "job:018f0000-0000-7000-8000-000000000002"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def connect(request: pytest.FixtureRequest) -> AsyncIterator[Callable[[], Database]]:
    """Opens handles on one database, in which both streams are open."""
    url = request.getfixturevalue("database_url" if request.param == "sqlite" else "postgres_url")
    handles: list[Database] = []

    def make() -> Database:
        handles.append(open_database(url))
        return handles[-1]

    await make().writer.commit(store.open_stream(STREAM, 0), store.open_stream(OTHER, 0))
    yield make
    for handle in handles:
        await handle.aclose()


def said(number: int, by: str = "a", stream: str = STREAM) -> tuple[Write, Write]:
    return store.tell(stream, EventType.JOB_PROGRESS, 1_000_000 * number, {"by": by, "number": number})


async def test_events_of_one_commit_keep_their_order_and_get_numbers_without_gaps(connect) -> None:
    database = connect()
    await asyncio.gather(*(database.writer.commit(*said(number)) for number in range(50)))
    events = await Events(database).read(STREAM, LOCAL, limit=100)
    assert [(one.seq, one.data["number"]) for one in events] == [(n + 1, n) for n in range(50)]
    assert [one.seq for one in await Events(database).read(STREAM, LOCAL, after=17, limit=3)] == [18, 19, 20]


async def test_writers_of_two_processes_share_one_numbering(connect) -> None:
    async def tell(database: Database, by: str) -> None:
        for number in range(40):
            await database.writer.commit(*said(number, by), *said(number, by, OTHER))

    reader = connect()
    await asyncio.gather(tell(connect(), "a"), tell(connect(), "b"))
    for stream in (STREAM, OTHER):
        events = await Events(reader).read(stream, LOCAL)
        assert [one.seq for one in events] == list(range(1, 81))
        for by in ("a", "b"):
            assert [one.data["number"] for one in events if one.data["by"] == by] == list(range(40))


async def test_what_was_refused_is_not_told(connect) -> None:
    database = connect()
    refused = store.open_stream(STREAM, 0)  # it is open already
    results = await asyncio.gather(
        database.writer.commit(*said(1)),
        database.writer.commit(*said(2), refused),
        database.writer.commit(*said(3)),
        return_exceptions=True,
    )
    assert [isinstance(result, LoomError) for result in results] == [False, True, False]
    events = await Events(database).read(STREAM, LOCAL)
    assert [(one.seq, one.data["number"]) for one in events] == [(1, 1), (2, 3)]


async def test_a_follower_hears_what_another_process_tells_until_the_stream_is_closed(connect) -> None:
    here, elsewhere = connect(), connect()
    events = Events(here)
    await elsewhere.writer.commit(*said(0))
    heard: list[int] = []

    async def listen() -> None:
        async with aclosing(events.follow(STREAM, LOCAL)) as batches:
            async for batch in batches:
                heard.extend(one.data["number"] for one in batch)

    async with asyncio.timeout(10):
        listener = asyncio.create_task(listen())
        for number in range(1, 6):
            await elsewhere.writer.commit(*said(number))
            while len(heard) <= number:
                await asyncio.sleep(0.005)
        await elsewhere.writer.commit(*said(6), store.close_stream(STREAM, 1))
        await listener
    assert heard == list(range(7))
    await events.aclose()


async def test_a_snapshot_sees_one_moment_of_the_store(connect) -> None:
    reader, writer = connect(), connect()
    await writer.writer.commit(*said(1))
    seen: list[int] = []

    def look(connection) -> None:
        seen.append(store.tips(connection, (STREAM,))[STREAM].last)
        asyncio.run_coroutine_threadsafe(tell(), loop).result(10)
        seen.append(store.tips(connection, (STREAM,))[STREAM].last)

    async def tell() -> None:
        await writer.writer.commit(*said(2))

    loop = asyncio.get_running_loop()
    await reader.snapshot(look)
    assert seen == [1, 1]
    assert (await Events(reader).tip(STREAM, LOCAL)).last == 2


async def test_events_of_a_stream_go_a_day_after_it_was_closed(connect) -> None:
    database, day_us = connect(), 24 * 3600 * 1_000_000
    await database.writer.commit(*said(1), *said(2, stream=OTHER), store.close_stream(STREAM, 1_000))
    await database.writer.commit(*store.trim(day_us))
    assert len(await Events(database).read(STREAM, LOCAL)) == 1
    await database.writer.commit(*store.trim(day_us + 2_000))
    assert await Events(database).read(STREAM, LOCAL) == []
    assert len(await Events(database).read(OTHER, LOCAL)) == 1


async def test_a_long_stream_goes_a_bit_in_each_commit(connect) -> None:
    database, day_us = connect(), 24 * 3600 * 1_000_000
    rows = [{"stream": STREAM, "last": number, "count": 1, "lines": b"[]\n"} for number in range(1, 2_502)]
    engine = database.backend.owner()
    with engine.begin() as connection:
        connection.execute(insert(event), rows)
    engine.dispose()
    await database.writer.commit(store.close_stream(STREAM, 0))
    left = []
    for _ in range(2):
        await database.writer.commit(*store.trim(2 * day_us))
        left.append(await database.read(lambda one: one.execute(select(func.count(event.c.row))).scalar()))
    assert left == [501, 0]
    assert await database.read(lambda connection: store.is_trimmed(connection, 2 * day_us))


async def test_a_cursor_from_before_what_is_kept_goes_on_at_the_oldest_that_is(connect) -> None:
    database = connect()
    for number in range(3):
        await database.writer.commit(*said(number))
    engine = database.backend.owner()
    with engine.begin() as connection:
        connection.execute(delete(event).where(event.c.last <= 2))
    engine.dispose()
    assert [one.seq for one in await Events(database).read(STREAM, LOCAL, after=0)] == [3]


async def test_who_follows_a_stream_that_is_forgotten_comes_to_its_end(connect) -> None:
    reader, events = connect(), []
    await reader.writer.commit(*said(1))
    following = Events(reader)
    async with asyncio.timeout(10), aclosing(following.follow(STREAM, LOCAL)) as batches:
        async for batch in batches:
            events += batch
            await connect().writer.commit(*store.forget_stream(STREAM))
    assert [one.seq for one in events] == [1]
    await following.aclose()


async def test_of_two_processes_that_are_asked_for_the_same_at_once_one_opens_the_job(connect) -> None:
    def plan() -> JobPlan:
        run = NewRun(RunId(new_id()), {}, "worker", None, None, "m", "e", True, 0)
        return JobPlan(JobKind.EVALUATION, {}, (run,), once=Once("key", b"asked"))

    handles = [connect() for _ in range(4)]
    opened = await asyncio.gather(*(open_job(one, SystemClock(), plan(), LOCAL) for one in handles))
    assert len(set(opened)) == 1
    await handles[0].writer.commit(queue_store.host(opened[0]), queue_store.host(opened[0]))
    assert [one.job for one in handles[1].read_now(queue_store.hosted_jobs)] == [opened[0]]
    await handles[0].writer.commit(
        queue_store.end_idle(opened[0], 0, "stopped", "why", 1), queue_store.unhost(opened[0])
    )
    assert handles[1].read_now(queue_store.hosted_jobs) == []
    with pytest.raises(ConflictError, match="began to work on it"):
        await handles[0].writer.commit(queue_store.end_idle(opened[0], 0, "paused", "why", 1))
