"""An answer that does not come back whole is told in plain words, not in those of a library."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from loom.calls.backend import Wire
from loom.calls.openai.backend import OpenAIBackend
from loom.core.errors import Fault, ProviderError

Told = Callable[[bytes], Awaitable[str]]


@pytest.fixture
async def told() -> AsyncIterator[Told]:
    """What is said of an endpoint that answers with those bytes and closes the connection."""
    answer = b""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"}")
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    backend = OpenAIBackend(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")

    async def ask(answers: bytes) -> str:
        nonlocal answer
        answer = answers
        with pytest.raises(ProviderError) as caught:
            await backend.send(Wire(b"{}", "id", 5.0))
        assert caught.value.fault is Fault.NO_ANSWER
        return str(caught.value).partition("was lost: ")[2]

    yield ask
    await backend.aclose()
    server.close()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"", "it closed the connection before it answered"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}", "its answer ended in the middle"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}", "its answer ended in the middle"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\n{}",
            "its answer is packed in a way that cannot be unpacked",
        ),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "what came back is not HTTP"),
    ],
)
async def test_an_answer_that_is_lost_is_told_plainly(told: Told, answer: bytes, words: str) -> None:
    assert await told(answer) == words
