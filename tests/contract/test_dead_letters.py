"""Dead letters over every kind of database: kept, evicted, replayed, cleared, by several servers at once."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from loom.access.models import LOCAL, Principal, PrincipalKind, Role
from loom.bus.memory import InMemoryBus
from loom.bus.subjects import INCOMING_TASKS
from loom.core.clock import SystemClock
from loom.core.errors import BusError, ForbiddenError, NotFoundError
from loom.core.ids import text
from loom.router.models import Counts, LetterState
from loom.router.service import DeadLetters
from loom.storage.database import open_database

READER = Principal("ann", Role.READ)
CAPPED = Principal("key:nightly", Role.RUN, PrincipalKind.KEY, capped=True)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def server(request: pytest.FixtureRequest) -> AsyncIterator[Callable[..., DeadLetters]]:
    """Makes servers on one store."""
    url = request.getfixturevalue("database_url" if request.param == "sqlite" else "postgres_url")
    handles = []

    def make(**options: int) -> DeadLetters:
        handles.append(open_database(url))
        return DeadLetters(handles[-1], SystemClock(), **options)

    yield make
    for handle in handles:
        await handle.aclose()


async def waiting(letters, state=LetterState.WAITING):
    return [one.task_id for one in (await letters.page(state, LOCAL, size=1000)).items]


async def newest(letters):
    return (await letters.page(LetterState.WAITING, LOCAL)).items[0]


async def test_a_letter_is_kept_whole_and_found_by_the_end_of_its_id(server):
    letters = server()
    task = {"task_id": "t1", "worker_type": "sorter", "payload": {"z": [1, None], "a": "ü" * 5_000}}
    await letters.take({"original_task": task, "reason": "rate_limited: full\0"})
    kept = await newest(letters)
    assert (kept.reason, kept.task_id, kept.worker_type) == ("rate_limited: full�", "t1", "sorter")
    found, whole = await letters.get(await letters.find(text(kept.id)[-8:], LOCAL), LOCAL)
    assert (found, whole, list(whole)) == (kept, task, list(task))
    with pytest.raises(NotFoundError, match="no dead letter ends"):
        await letters.find("1" if text(kept.id).endswith("0") else "0", LOCAL)


async def test_of_each_state_the_newest_are_kept_however_many_servers_take_them(server):
    servers = [server(most=20), server(most=20)]
    await asyncio.gather(*(servers[n % 2].take({"task_id": n}) for n in range(200)))
    assert len(await waiting(servers[0])) == 20
    await servers[0].take({"task_id": "last"})
    assert (await waiting(servers[1]))[0] == "last"
    await servers[0].clear(LOCAL)
    await servers[1].take({"task_id": "new"})
    page = await servers[0].page(LetterState.CLEARED, LOCAL)
    assert page.counts == Counts(waiting=1, replayed=0, cleared=20)


async def test_of_two_who_replay_at_once_each_is_in_the_log(server):
    one, two, bus = server(), server(), InMemoryBus()
    router = await bus.subscribe(INCOMING_TASKS)
    await one.take({"task_id": "t"})
    letter = (await newest(one)).id
    await asyncio.gather(one.replay(letter, bus, LOCAL), two.replay(letter, bus, LOCAL))
    assert len((await one.replays(LOCAL)).items) == 2
    assert [await anext(router) for _ in range(2)] == [{"task_id": "t"}] * 2
    assert await waiting(one, LetterState.REPLAYED) == ["t"]


async def test_a_replay_is_noted_before_it_is_sent(server):
    letters, noted = server(), []

    class Bus(InMemoryBus):
        async def deliver(self, subject, data):
            noted.extend((await letters.replays(LOCAL)).items)
            raise asyncio.CancelledError

    await letters.take({"task_id": "t"})
    with pytest.raises(asyncio.CancelledError):
        await letters.replay((await newest(letters)).id, Bus(), LOCAL)
    assert [one.sent_us for one in noted] == [None]
    assert (await letters.replays(LOCAL)).items == tuple(noted)
    assert await waiting(letters) == ["t"]


async def test_a_replay_that_nobody_takes_leaves_no_trace(server):
    letters = server()
    await letters.take({"task_id": "t"})
    with pytest.raises(BusError, match="nobody listens"):
        await letters.replay((await newest(letters)).id, InMemoryBus(), LOCAL)
    assert (await letters.replays(LOCAL)).items == ()
    assert await waiting(letters) == ["t"]


async def test_a_cleared_letter_can_be_replayed_and_is_then_not_put_back(server):
    letters, bus = server(), InMemoryBus()
    await bus.subscribe(INCOMING_TASKS)
    for name in ("a", "b"):
        await letters.take({"task_id": name})
    letter = await newest(letters)
    clearing = await letters.clear(LOCAL)
    await letters.replay(letter.id, bus, LOCAL)
    assert await letters.restore(clearing.id, LOCAL) == 1
    assert (await waiting(letters), await waiting(letters, LetterState.REPLAYED)) == (["a"], ["b"])
    with pytest.raises(NotFoundError, match="put back already"):
        await letters.restore(clearing.id, LOCAL)
    assert await letters.clear(LOCAL, newest=0) is None


async def test_who_may_not_run_or_is_capped_changes_nothing(server):
    letters = server()
    await letters.take({"task_id": "t"})
    letter = (await newest(letters)).id
    for act in (
        letters.replay(letter, InMemoryBus(), READER),
        letters.replay(letter, InMemoryBus(), CAPPED),
        letters.clear(READER),
        letters.restore(b"x", READER),
    ):
        with pytest.raises(ForbiddenError):
            await act
    assert [one.task_id for one in (await letters.page(LetterState.WAITING, READER)).items] == ["t"]
