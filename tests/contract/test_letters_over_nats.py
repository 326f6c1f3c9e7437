"""Dead letters over a real NATS server: restarted, shared by servers, flooded, and fed with junk."""

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import nats
import pytest

from loom.access.models import LOCAL
from loom.bus import nats_adapter
from loom.bus.nats_adapter import NATSBus
from loom.bus.subjects import DEAD_LETTERS, INCOMING_TASKS
from loom.core.errors import BusError
from loom.core.settings import load_settings
from loom.router.dead_letter import DEAD_LETTER_SUBJECT, DeadLetterConsumer
from loom.router.models import LetterState
from loom.wiring.app import App, open_app

WAIT_S = 30


@pytest.fixture
async def serve(nats_server, database_url: str, tmp_path: Path) -> AsyncIterator[Callable]:
    """Starts servers that listen, on one store or on others."""
    opened = []

    async def start(url: str = database_url, nats_url: str = nats_server.url) -> App:
        environment = {"DATABASE_URL": url, "DATA_DIR": str(tmp_path), "NATS_URL": nats_url}
        context = open_app(load_settings(environment, tmp_path / "none"))
        app = await context.__aenter__()
        opened.append(context)
        await app.mesh.start()
        return app

    yield start
    for context in opened:
        await context.__aexit__(None, None, None)


@pytest.fixture
async def router(nats_server) -> AsyncIterator[NATSBus]:
    """What sends letters."""
    bus = NATSBus(nats_server.url)
    await bus.connect()
    yield bus
    await bus.close()


async def until(true: Callable) -> None:
    async with asyncio.timeout(WAIT_S):
        while not await true():
            await asyncio.sleep(0.01)


async def names(app: App) -> list[str | None]:
    found = await app.letters.page(LetterState.WAITING, LOCAL, size=20_000)
    return [one.task_id for one in found.items][::-1]


async def numbers(app: App) -> list[int]:
    return [int(name) for name in await names(app) if name is not None]


def counted(app: App, number: int) -> Callable:
    async def there() -> bool:
        return (await app.letters.page(LetterState.WAITING, LOCAL, size=1)).counts.waiting >= number

    return there


async def listening(bus: NATSBus, app: App) -> None:
    """Until it takes letters: told by one, which is cleared again."""

    async def taken() -> bool:
        try:
            await bus.deliver(DEAD_LETTERS, {"probe": True})
        except BusError:
            return False
        return True

    await until(taken)
    await until(counted(app, 1))
    await app.letters.clear(LOCAL)


async def reachable(app: App) -> bool:
    return app.mesh.trouble is None


async def unreachable(app: App) -> bool:
    return app.mesh.trouble is not None


async def test_servers_of_one_store_share_letters_and_another_store_has_them_all(serve, router, tmp_path):
    apps = [await serve(), await serve(), await serve(f"sqlite:///{tmp_path}/other.db")]
    for app in apps:
        await until(partial(reachable, app))
        await listening(router, app)
    for number in range(200):
        await router.deliver(DEAD_LETTERS, {"task_id": str(number)})

    async def all_there() -> bool:
        return all([sorted(await numbers(app)) == list(range(200)) for app in apps])

    await until(all_there)


async def test_a_server_hears_letters_again_after_nats_was_restarted(serve, router, nats_server):
    app = await serve()
    await listening(router, app)
    nats_server.stop()
    await until(partial(unreachable, app))
    with pytest.raises(BusError, match=r"lost the connection|cannot be reached"):
        await app.mesh.bus.deliver(INCOMING_TASKS, {})
    nats_server.start()
    await listening(router, app)
    await router.deliver(DEAD_LETTERS, {"task_id": "after"})
    await until(counted(app, 1))
    assert await names(app) == ["after"]


async def test_when_the_client_has_given_up_it_is_connected_anew(serve, nats_server, router, monkeypatch):
    monkeypatch.setattr(nats_adapter, "_ATTEMPTS", 1)
    monkeypatch.setattr(nats_adapter, "_BETWEEN_S", 0.01)
    app = await serve()
    await listening(router, app)
    client = app.mesh.bus._nc
    nats_server.stop()
    await until(partial(closed, client))
    nats_server.start()
    await listening(router, app)
    assert app.mesh.bus._nc is not client


async def closed(client: object) -> bool:
    return client.is_closed


async def test_a_server_starts_while_nats_is_down_and_hears_letters_when_it_is_there(serve, nats_server):
    nats_server.stop()
    app = await serve()
    await until(partial(refused, app))
    nats_server.start()
    bus = NATSBus(nats_server.url)
    await bus.connect()
    await listening(bus, app)
    await bus.close()


async def refused(app: App) -> bool:
    return "Connection refused" in app.mesh.trouble


async def test_junk_is_passed_over(serve, nats_server, router, caplog):
    app = await serve()
    await listening(router, app)
    raw = await nats.connect(nats_server.url)
    for body in (
        b"",
        b"\xff\x00",
        b"[1]",
        b"null",
        b'{"a": NaN}',
        b"[" * 100_000,
        b'{"a":' * 250 + b"1" + b"}" * 250,
        b'{"a": 1' + b"0" * 9_000,
    ):
        await raw.publish(DEAD_LETTERS, body)
    await raw.publish(DEAD_LETTERS, b'{"task_id": "good"}')
    await raw.drain()
    await until(counted(app, 1))
    assert await names(app) == ["good"]
    assert caplog.text.count("passed over a message") == 8


async def test_ten_thousand_letters_at_once_are_all_kept(serve, router):
    app = await serve()
    await listening(router, app)
    for number in range(10_000):
        await router.publish(DEAD_LETTERS, {"task_id": str(number), "original_task": {"n": number}})
    await until(counted(app, 10_000))
    assert sorted(await numbers(app)) == list(range(10_000))


async def test_letters_that_have_come_are_kept_when_a_server_ends(serve, router):
    app = await serve()
    await listening(router, app)
    for number in range(300):
        await router.deliver(DEAD_LETTERS, {"task_id": str(number)})
    await app.mesh.aclose()
    assert len(await names(app)) == 300


async def test_a_replay_over_nats_is_refused_while_no_router_listens(serve, router):
    app = await serve()
    await listening(router, app)
    await router.publish(DEAD_LETTERS, {"task_id": "t"})
    await until(counted(app, 1))
    letter = (await app.letters.page(LetterState.WAITING, LOCAL)).items[0].id
    with pytest.raises(BusError, match="nobody listens to loom"):
        await app.letters.replay(letter, app.mesh.bus, LOCAL)
    tasks = await router.subscribe(INCOMING_TASKS, "routers")
    await app.letters.replay(letter, app.mesh.bus, LOCAL)
    assert await asyncio.wait_for(anext(tasks), WAIT_S) == {"task_id": "t"}


async def test_a_request_is_answered_or_says_why_not(router, nats_server):
    raw = await nats.connect(nats_server.url)

    async def answer(message: object) -> None:
        await message.respond(b'{"heard": true}' if message.data != b"{}" else b"nothing")

    await raw.subscribe("ask", cb=answer)
    await raw.flush()
    await raw.flush()
    assert await router.request("ask", {"a": 1}) == {"heard": True}
    for subject, data, words in (("ask", {}, "no JSON object"), ("nobody", {}, "no answer from nobody")):
        with pytest.raises(BusError, match=words):
            await router.request(subject, data, timeout=5)
    await raw.close()


async def test_a_task_that_the_server_finds_too_large_is_known_to_be_unsent(router):
    with pytest.raises(BusError, match="was not sent") as refused:
        await router.deliver(INCOMING_TASKS, {"text": "x" * 2_000_000})
    assert not refused.value.doubtful


async def test_the_consumer_for_programs_keeps_in_memory_what_comes(router, nats_server):
    consumer = DeadLetterConsumer(max_size=2, nats_url=nats_server.url)
    running = asyncio.create_task(consumer.run())

    async def heard() -> bool:
        await router.publish(DEAD_LETTER_SUBJECT, {"reason": "why", "original_task": {"task_id": "t"}})
        return consumer.count() == 2

    await until(heard)
    assert consumer.list_entries(limit=1)[0]["task_id"] == "t"
    running.cancel()
    await asyncio.wait((running,), timeout=WAIT_S)
