"""Live events of a running server: SSE and WebSocket, by cursor, for many at once and for those who stop reading."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import uvicorn
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from loom.access.models import LOCAL
from loom.core.settings import load_settings
from loom.delivery import store
from loom.delivery.models import JOBS, EventType
from loom.wiring.app import App
from loom.workshop.app import build
from loom.workshop.guard import patience
from loom.workshop.guard.patience import PatientProtocol
from loom.workshop.options import WorkshopOptions

JOB = "018f0000-0000-7000-8000-000000000001"
STREAM = f"job:{JOB}"


@dataclass
class Site:
    """A running server, and the services behind it."""

    server: uvicorn.Server
    services: App
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/events/{STREAM}"

    @property
    def socket(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/jobs/{JOB}"

    async def tell(self, first: int, last: int, text: str = "", stream: str = STREAM) -> None:
        """Events numbered `first` to `last`, in one commit."""
        told = (
            store.tell(stream, EventType.EXECUTION_ENDED, number, {"number": number, "text": text})
            for number in range(first, last + 1)
        )
        await self.services.database.writer.commit(*(write for pair in told for write in pair))

    async def close(self) -> None:
        await self.services.database.writer.commit(store.close_stream(STREAM, 1))


@pytest.fixture
async def serve(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Callable]:
    monkeypatch.setattr(patience, "_LOOK_S", 0.1)
    monkeypatch.setattr(patience, "_STUCK_S", 3.0)
    running: list[tuple[uvicorn.Server, asyncio.Task[None]]] = []

    async def start(**environment: str) -> Site:
        given = {"DATA_DIR": str(tmp_path), "DATABASE_URL": database_url, **environment}
        settings = load_settings(given, tmp_path / "none.yaml")
        app = build(WorkshopOptions(settings, tmp_path / "configs"))
        config = uvicorn.Config(
            app, port=0, http=PatientProtocol, ws="websockets-sansio", log_config=None, lifespan="on"
        )
        server = uvicorn.Server(config)
        running.append((server, asyncio.create_task(server.serve())))
        async with asyncio.timeout(10):
            while not server.started:
                await asyncio.sleep(0.01)
        services: App = app.state.services
        await services.database.writer.commit(store.open_stream(STREAM, 0))
        return Site(server, services, server.servers[0].sockets[0].getsockname()[1])

    yield start
    for server, serving in running:
        server.should_exit = True
        server.force_exit = True
        await serving


@pytest.fixture
async def site(serve) -> Site:
    return await serve()


async def heard(url: str, most: int, **headers: str) -> list[int]:
    """The numbers of the first `most` events."""
    numbers: list[int] = []
    async with (
        asyncio.timeout(30),
        httpx.AsyncClient(timeout=30) as client,
        client.stream("GET", url, headers=headers) as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        async for line in answer.aiter_lines():
            if line.startswith("data: "):
                event = json.loads(line[6:])
                assert event["seq"] == event["data"]["number"]
                numbers.append(event["seq"])
            if len(numbers) >= most:
                break
    return numbers


async def test_five_hundred_results_a_second_arrive_in_order_through_a_disconnection(site: Site) -> None:
    async def tell() -> None:
        for first in range(1, 2001, 25):
            await site.tell(first, first + 24)
            await asyncio.sleep(0.05)

    async def hear() -> list[int]:
        before = await heard(site.url, 700)
        return before + await heard(
            f"{site.url}?after=0", 2000 - len(before), **{"last-event-id": str(before[-1])}
        )

    whole, broken, _ = await asyncio.gather(heard(site.url, 2000), hear(), tell())
    assert whole == broken == list(range(1, 2001))


async def test_a_client_that_stops_reading_is_dropped_and_the_others_miss_nothing(site: Site) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port, limit=1024)
    writer.write(f"GET /events/{STREAM} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    assert b"200 OK" in await reader.readline()
    writer.transport.pause_reading()
    others = [asyncio.create_task(heard(site.url, 3000)) for _ in range(5)]
    for first in range(1, 3001, 100):
        await site.tell(first, first + 99, "x" * 10_000)
    assert await asyncio.gather(*others) == [list(range(1, 3001))] * 5
    async with asyncio.timeout(10):
        while site.server.server_state.connections:
            await asyncio.sleep(0.02)
    writer.close()


async def test_a_stream_that_is_over_ends_and_tells_browsers_not_to_come_again(site: Site) -> None:
    await site.tell(1, 3)
    listener = asyncio.create_task(heard(site.url, 10))
    await asyncio.sleep(0.1)
    await site.close()
    assert await listener == [1, 2, 3]
    async with httpx.AsyncClient() as client:
        assert (await client.get(site.url, headers={"last-event-id": "3"})).status_code == 204


@pytest.mark.parametrize("name", ["job:x", "worker:1", "job:018f0000-0000-7000-8000-000000000099", "%2e%2e"])
async def test_what_is_no_stream_is_not_found(site: Site, name: str) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.get(site.url.replace(STREAM, name), headers={"accept": "application/json"})
    assert answer.status_code in (400, 404)
    assert answer.json()["error"]["message"]


async def test_streams_end_when_the_server_does(site: Site) -> None:
    listener = asyncio.create_task(heard(site.url, 10))
    await site.tell(1, 1)
    await asyncio.sleep(0.1)
    await site.services.events.aclose()
    assert await listener == [1]


async def test_a_web_socket_tells_a_job_from_a_cursor_and_closes_when_it_is_over(site: Site) -> None:
    await site.tell(1, 5)
    async with asyncio.timeout(10), connect(f"{site.socket}?after=2") as socket:
        await site.tell(6, 6)
        await site.close()
        numbers = [json.loads(message)["seq"] async for message in socket]
    assert numbers == [3, 4, 5, 6]
    assert socket.close_code == 1000


async def test_the_dashboard_tells_what_comes_from_now_on(site: Site) -> None:
    await site.tell(1, 5, stream=JOBS)
    async with asyncio.timeout(10), connect(site.socket.replace(f"jobs/{JOB}", "dashboard")) as socket:
        await site.tell(6, 6, stream=JOBS)
        assert json.loads(await socket.recv())["seq"] == 6


async def test_a_web_socket_of_a_page_of_another_site_is_refused(site: Site) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with connect(site.socket, origin="http://evil.example"):  # type: ignore[arg-type]
            pass
    assert refused.value.response.status_code == 403


async def test_a_web_socket_of_no_job_is_refused(site: Site) -> None:
    for path in (site.socket.replace("0001", "0099"), site.socket.replace(JOB, "x")):
        with pytest.raises((InvalidStatus, ConnectionClosed)):
            async with asyncio.timeout(10), connect(path) as socket:
                await socket.recv()


async def test_a_stranger_hears_nothing_and_a_key_opens_the_socket(serve) -> None:
    site = await serve(HOST="0.0.0.0", API_KEY="k" * 40, ALLOWED_HOSTS="127.0.0.1")
    await site.tell(1, 1)
    async with httpx.AsyncClient() as client:
        assert (await client.get(site.url, headers={"accept": "application/json"})).status_code == 401
    with pytest.raises((InvalidStatus, ConnectionClosed)):
        async with asyncio.timeout(10), connect(site.socket) as socket:
            await socket.recv()
    bearer = {"Authorization": f"Bearer {'k' * 40}"}
    async with asyncio.timeout(10), connect(site.socket, additional_headers=bearer) as socket:
        assert json.loads(await socket.recv())["seq"] == 1
    assert (await site.services.events.tip(STREAM, LOCAL)).last == 1
