"""Puts one prepared answer on the wire: whole, streamed at a pace, cut, or never."""

import asyncio
from collections.abc import Sequence

from aiohttp import web

__all__ = ["send_cut", "send_pieces", "send_whole", "stall"]


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


async def send_pieces(
    request: web.Request, pieces: Sequence[bytes], stream_type: str, *, pause_s: float
) -> web.StreamResponse:
    """Streams `pieces`, all at once without a pause.

    Raises:
        ConnectionResetError: when the client has gone.
    """
    response = web.StreamResponse(headers=_stream_headers(stream_type))
    await response.prepare(request)
    for piece in pieces if pause_s else (b"".join(pieces),):
        await response.write(piece)
        if pause_s:
            await asyncio.sleep(pause_s)
    await response.write_eof()
    return response


async def send_cut(
    request: web.Request, body: bytes, *, after: int, stream_type: str | None
) -> web.StreamResponse:
    """Promises the whole body, sends the first `after` bytes, and closes the connection."""
    headers = (
        _stream_headers(stream_type)
        if stream_type
        else {"Content-Type": "application/json", "Content-Length": str(len(body))}
    )
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    await response.write(body[: min(after, len(body) - 1)])
    if request.transport is not None:
        request.transport.close()
    return response


def _stream_headers(stream_type: str) -> dict[str, str]:
    return {"Content-Type": stream_type, "Cache-Control": "no-cache"}


async def stall() -> None:
    """Never returns; ends only by cancellation, when the client leaves or the server stops."""
    await asyncio.Event().wait()
