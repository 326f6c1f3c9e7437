"""Events over a WebSocket, one JSON message each; whoever does not read them in time is dropped, and may resume."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

from starlette.websockets import WebSocket, WebSocketDisconnect

from loom.delivery.models import Event

__all__ = ["send_events"]

_PATIENCE_S = 20.0
_LONGEST_S = 900.0
"""Then who it is for is asked again: the client comes back."""

_OVER, _TOO_SLOW = 1000, 1013


async def send_events(socket: WebSocket, batches: AsyncGenerator[list[Event]]) -> None:
    """Send until the stream is closed, the client leaves, or it has not taken a message for 20 s."""
    await socket.accept()
    async with aclosing(batches):
        sending = asyncio.create_task(_send(socket, batches))
        leaving = asyncio.create_task(_gone(socket))
        try:
            await asyncio.wait((sending, leaving), timeout=_LONGEST_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, leaving):
                task.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)
    late = not sending.cancelled() and isinstance(sending.exception(), TimeoutError)
    if not leaving.done() or leaving.cancelled():
        with suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
            async with asyncio.timeout(_PATIENCE_S):
                await socket.close(_TOO_SLOW if late else _OVER)


async def _send(socket: WebSocket, batches: AsyncGenerator[list[Event]]) -> None:
    async for events in batches:
        for event in events:
            text = json.dumps(event.to_json(), separators=(",", ":"))
            async with asyncio.timeout(_PATIENCE_S):
                await socket.send_text(text)


async def _gone(socket: WebSocket) -> None:
    """Returns when the client leaves; what it says is not listened to."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass
