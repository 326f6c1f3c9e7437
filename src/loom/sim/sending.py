"""Puts one prepared answer on the wire: whole, streamed at a pace, cut, or never."""

import asyncio
import json
from collections.abc import Iterable, Sequence

from aiohttp import web

from loom.core.jsonvalue import Json

__all__ = ["event_bytes", "send_cut", "send_events", "send_whole", "stall"]

_STREAM_HEADERS = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}
_DONE = b"data: [DONE]\n\n"


def event_bytes(events: Iterable[Json]) -> list[bytes]:
    """Server-sent events, the closing mark included."""
    return [
        *(b"data: " + json.dumps(event, ensure_ascii=False).encode() + b"\n\n" for event in events),
        _DONE,
    ]


async def send_whole(
    request: web.Request, body: bytes, *, status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    """Sends a JSON body; returns when it is handed to the transport.

    Raises:
        ConnectionResetError: when the client has gone.
    """
    response = web.Response(body=body, status=status, headers=headers, content_type="application/json")
    await response.prepare(request)
    await response.write_eof()
    return response


async def send_events(request: web.Request, events: Sequence[bytes], *, pause_s: float) -> web.StreamResponse:
    """Streams events, all at once without a pause.

    Raises:
        ConnectionResetError: when the client has gone.
    """
    response = web.StreamResponse(headers=_STREAM_HEADERS)
    await response.prepare(request)
    for event in events if pause_s else (b"".join(events),):
        await response.write(event)
        if pause_s:
            await asyncio.sleep(pause_s)
    await response.write_eof()
    return response


async def send_cut(request: web.Request, body: bytes, *, after: int, streamed: bool) -> web.StreamResponse:
    """Promises the whole body, sends the first `after` bytes, and closes the connection."""
    headers = (
        _STREAM_HEADERS
        if streamed
        else {"Content-Type": "application/json", "Content-Length": str(len(body))}
    )
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    await response.write(body[: min(after, len(body) - 1)])
    if request.transport is not None:
        request.transport.close()
    return response


async def stall() -> None:
    """Never returns; ends only by cancellation, when the client leaves or the server stops."""
    await asyncio.Event().wait()
