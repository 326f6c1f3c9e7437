"""Connections that drip are ended; those that work are not."""

import asyncio

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from loom.workshop.guard import patience
from loom.workshop.guard.patience import PatientProtocol


async def _length(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(patience, "_HEAD_S", 0.3)
    monkeypatch.setattr(patience, "_LOOK_S", 0.1)
    app = Starlette(routes=[Route("/", _length, methods=["GET", "POST"])])
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, http=PatientProtocol, log_config=None, lifespan="off")
    )
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(5):
        while not server.started:
            await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await serving


async def _drip(port: int, first: bytes, drop: bytes) -> bytes:
    """Send `first`, then a `drop` every 50 ms, until the other side has enough; what it said."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(first)

    async def drip() -> None:
        while True:
            writer.write(drop)
            await asyncio.sleep(0.05)

    dripping = asyncio.create_task(drip())
    try:
        async with asyncio.timeout(5):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        dripping.cancel()
        writer.close()


async def test_a_head_that_drips_is_ended(port: int) -> None:
    assert await _drip(port, b"GET / HTTP/1.1\r\nHost: a\r\n", b"X: y\r\n") == b""


async def test_a_connection_that_says_nothing_is_ended(port: int) -> None:
    assert await _drip(port, b"", b"") == b""


async def test_a_body_that_drips_is_ended(port: int) -> None:
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n"
    assert await _drip(port, head, b"x") == b""


async def test_a_second_head_that_drips_is_ended_too(port: int) -> None:
    answered = await _drip(port, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"G")
    assert answered.startswith(b"HTTP/1.1 200")


async def test_a_body_that_grows_is_read_to_its_end(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 80000\r\n\r\n")
    for _ in range(8):
        writer.write(b"x" * 10_000)
        await asyncio.sleep(0.06)
    async with asyncio.timeout(5):
        answer = await reader.read()
    assert answer.endswith(b"80000")
    writer.close()
