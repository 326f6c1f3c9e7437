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
    parts = [len(part) async for part in request.stream() if part]
    return PlainTextResponse(f"{sum(parts)} in {len(parts)}")


@pytest.fixture
async def port():
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


@pytest.fixture
def hasty(port: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """A port that soon loses patience."""
    monkeypatch.setattr(patience, "_HEAD_S", 0.3)
    monkeypatch.setattr(patience, "_LOOK_S", 0.1)
    return port


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


async def test_a_head_that_drips_is_ended(hasty: int) -> None:
    assert await _drip(hasty, b"GET / HTTP/1.1\r\nHost: a\r\n", b"X: y\r\n") == b""


async def test_a_connection_that_says_nothing_is_ended(hasty: int) -> None:
    assert await _drip(hasty, b"", b"") == b""


async def test_a_body_that_drips_is_ended(hasty: int) -> None:
    for more in (b"Content-Length: 100000", b"Content-Length: 5000", b"Transfer-Encoding: chunked"):
        head = b"POST / HTTP/1.1\r\nHost: a\r\n" + more + b"\r\n\r\n"
        assert await _drip(hasty, head, b"x") == b""


async def test_a_second_head_that_drips_is_ended_too(hasty: int) -> None:
    answered = await _drip(hasty, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"G")
    assert answered.startswith(b"HTTP/1.1 200")


async def test_a_body_that_grows_is_read_to_its_end(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "_LOOK_S", 0.5)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 80000\r\n\r\n")
    for _ in range(8):
        writer.write(b"x" * 10_000)
        await asyncio.sleep(0.15)
    async with asyncio.timeout(5):
        answer = await reader.read()
    assert answer.partition(b"\r\n\r\n")[2].startswith(b"80000 in ")
    writer.close()


async def _say(port: int, *parts: bytes) -> bytes:
    """Send `parts`, one after the other; all that is answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in parts:
        writer.write(part)
        await asyncio.sleep(0.02)
    async with asyncio.timeout(5):
        answer = await reader.read()
    writer.close()
    return answer


POST = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"


async def test_a_short_body_reaches_the_application_whole(port: int) -> None:
    parts = (POST[:20], POST[20:] + b"Content-Length: 9\r\n", b"\r\nabc", b"def", b"ghi")
    assert (await _say(port, *parts)).endswith(b"9 in 1")


async def test_so_does_one_in_chunks(port: int) -> None:
    parts = (POST + b"Transfer-Encoding: chunked\r\n\r\n", b"4\r\n0\r\n0\r\n", b"3\r\nabc\r\n", b"0\r\n\r\n")
    assert (await _say(port, *parts)).partition(b"\r\n\r\n")[2].startswith(b"7 in ")


async def test_who_asks_before_sending_a_body_is_told_to_go_on(port: int) -> None:
    answer = await _say(port, POST + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n", b"a", b"bc")
    assert answer.startswith(b"HTTP/1.1 100 ")
    assert answer.endswith(b"3 in 1")


async def test_what_is_no_http_is_refused_at_once(port: int) -> None:
    assert b" 400 " in (await _say(port, b"\x16\x03\x01")).splitlines()[0]


async def test_requests_sent_together_are_each_answered(port: int) -> None:
    get = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    answer = await _say(port, get + get + POST + b"Content-Length: 5\r\n\r\nab", b"cde")
    assert answer.count(b" 200 ") == 3
    assert answer.partition(b"5 in ")[1]
