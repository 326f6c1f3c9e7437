"""Many readers of one stream: in order, without loss, from any cursor, within bounded memory."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from loom.access.models import LOCAL
from loom.core.errors import NotFoundError
from loom.delivery import store
from loom.delivery.models import JOBS, Event, EventType, stream_named
from loom.delivery.service import Events
from loom.storage.database import Database

STREAM = "job:018f0000-0000-7000-8000-000000000001"


@pytest.fixture
async def events(database: Database) -> AsyncIterator[Events]:
    await database.writer.commit(store.open_stream(STREAM, 0))
    opened = Events(database)
    yield opened
    await opened.aclose()


async def tell(database: Database, *numbers: int) -> None:
    for number in numbers:
        database.writer.post(
            *store.tell(STREAM, EventType.EXECUTION_ENDED, 1, {"number": number, "text": "x" * 100}),
            failed=print,
        )
    await database.writer.flush()


async def hear(events: Events, most: int, after: int = 0, pause_s: float = 0.0) -> list[int]:
    """The numbers of the first `most` events behind `after`."""
    heard: list[int] = []
    async with asyncio.timeout(30), aclosing(events.follow(STREAM, LOCAL, after=after)) as batches:
        async for batch in batches:
            heard += [one.seq for one in batch]
            if len(heard) >= most:
                break
            await asyncio.sleep(pause_s)
    return heard


async def test_fifty_readers_from_any_cursor_hear_ten_thousand_events_in_order(
    events: Events, database: Database
) -> None:
    await tell(database, *range(500))
    readers = [
        asyncio.create_task(hear(events, 10_000 - after, after, pause_s=0.001 * (after % 3)))
        for after in range(0, 500, 10)
    ]
    for start in range(500, 10_000, 25):
        await tell(database, *range(start, start + 25))
    for after, heard in zip(range(0, 500, 10), await asyncio.gather(*readers), strict=True):
        assert heard == list(range(after + 1, 10_001))


async def test_readers_that_stop_reading_hold_no_memory_and_go_on_where_they_were(
    events: Events, database: Database
) -> None:
    stalled = [events.follow(STREAM, LOCAL) for _ in range(50)]
    await tell(database, 0)
    assert [(await anext(reader))[-1].seq for reader in stalled] == [1] * 50
    await tell(database, *range(1, 3_000))
    await hear(events, 1, after=2_999)
    tracemalloc.start()
    for start in range(3_000, 10_000, 500):
        await tell(database, *range(start, start + 500))
    await hear(events, 1, after=9_999)
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 4_000_000  # 7,000 events of 500 bytes for each of 50 readers would be 175 MB
    assert [one.seq for one in await anext(stalled[0])] == list(range(2, 502))
    for reader in stalled:
        await reader.aclose()


async def test_nobody_looks_at_the_store_while_nobody_follows(events: Events, database: Database) -> None:
    await tell(database, 1)
    await hear(events, 1)
    reads = 0
    real = database.read

    async def counted(query):
        nonlocal reads
        reads += 1
        return await real(query)

    await asyncio.sleep(0.3)  # the watcher's last look
    database.read = counted  # type: ignore[method-assign]
    for number in range(20):
        await tell(database, number)
    assert reads == 0


async def test_a_cursor_from_another_store_hears_what_comes_next(events: Events, database: Database) -> None:
    await tell(database, 1, 2)
    reader = asyncio.create_task(hear(events, 1, after=999))
    await asyncio.sleep(0.05)
    await tell(database, 3)
    assert await reader == [3]


async def test_following_what_does_not_exist_is_refused(events: Events) -> None:
    with pytest.raises(NotFoundError, match="there are no events of 'job:"):
        await anext(events.follow(STREAM.replace("01", "02"), LOCAL))


@pytest.mark.parametrize("name", ["", "job", "worker:1", "../jobs"])
def test_a_name_that_can_be_no_stream_is_not_found(name: str) -> None:
    with pytest.raises(NotFoundError):
        stream_named(name)


def test_a_stream_has_one_spelling() -> None:
    assert stream_named("job:018F00000000700080000000" + "00000001") == STREAM
    assert stream_named("jobs") == JOBS


def test_an_event_is_sent_with_its_time_in_utc() -> None:
    sent = Event(7, "job.started", 1_763_702_424_123_456, {"a": 1}).to_json()
    assert sent == {"seq": 7, "type": "job.started", "at": "2025-11-21T05:20:24.123Z", "data": {"a": 1}}
