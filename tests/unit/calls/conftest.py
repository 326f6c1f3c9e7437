"""An endpoint on loopback that answers what a test tells it to."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Endpoint:
    """Records what it is sent; answers are given in turn, the last one again and again."""

    def __init__(self) -> None:
        self.bodies: list[Any] = []
        self.raw: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.answers: list[Handler] = []
        self.url = ""

    def reply(self, body: object, status: int = 200, headers: dict[str, str] | None = None) -> None:
        """Answer with `body`: text as it is, anything else as JSON."""
        text = body if isinstance(body, str) else json.dumps(body)

        async def answer(_: web.Request) -> web.Response:
            return web.Response(text=text, status=status, headers=headers)

        self.answers.append(answer)

    def stream(self, *pieces: str, after: Callable[[web.Request], Awaitable[None]] | None = None) -> None:
        """Answer with an event stream of `pieces`; `after` may then stall or cut the connection."""

        async def answer(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
            await response.prepare(request)
            for piece in pieces:
                await response.write(piece.encode())
                await asyncio.sleep(0)
            if after is not None:
                await after(request)
            return response

        self.answers.append(answer)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        self.raw.append(raw)
        self.bodies.append(json.loads(raw) if raw else None)
        self.headers.append(dict(request.headers))
        answer = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        return await answer(request)


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    stub = Endpoint()
    app = web.Application(client_max_size=2**24)
    app.router.add_route("*", "/{path:.*}", stub.handle)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    stub.url = str(server.make_url("/v1"))
    yield stub
    await server.close()
