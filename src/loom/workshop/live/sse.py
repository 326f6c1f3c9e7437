"""Events as a browser's EventSource takes them: `id` is the cursor, `data` the event, a comment when all is quiet.

A client that stops reading is cut off by its connection (`patience.py`); one that comes back says where it was. Every
stream ends after a while, so that who it is for is asked again: a browser comes back by itself.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from time import monotonic

from starlette.responses import StreamingResponse

from loom.delivery.models import Event

__all__ = ["EventStream"]

_QUIET_S = 15.0
"""Proxies close what is silent for long, and a client that is gone is only noticed by sending."""

_LONGEST_S = 900.0
_AGAIN_MS = 1000
"""When a browser comes back that was sent away or cut off."""


class EventStream(StreamingResponse):
    """An answer that goes on as long as its stream does."""

    def __init__(self, batches: AsyncGenerator[list[Event]]) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(_spelled(batches), media_type="text/event-stream", headers=headers)


async def _spelled(batches: AsyncGenerator[list[Event]]) -> AsyncIterator[str]:
    yield f"retry: {_AGAIN_MS}\n\n"
    async with aclosing(batches):
        waiting = asyncio.ensure_future(anext(batches, None))
        end = monotonic() + _LONGEST_S
        try:
            while monotonic() < end:
                await asyncio.wait((waiting,), timeout=_QUIET_S)
                if not waiting.done():
                    yield ": still here\n\n"
                    continue
                events = waiting.result()
                if events is None:
                    return
                yield "".join(map(_message, events))
                waiting = asyncio.ensure_future(anext(batches, None))
        finally:
            waiting.cancel()
            await asyncio.wait((waiting,))


def _message(event: Event) -> str:
    data = json.dumps(event.to_json(), separators=(",", ":"))
    return f"id: {event.seq}\ndata: {data}\n\n"
