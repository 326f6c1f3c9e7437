"""Waiting for an event or a time, whichever is first, on a clock that tests can move."""

import asyncio

from loom.core.clock import Clock

__all__ = ["wait"]

_SHORTEST_S = 0.001  # a time computed from floats may be missed by less than a clock can tell


async def wait(event: "asyncio.Future[None]", clock: Clock, seconds: float | None) -> None:
    """Return when `event` is done, or after `seconds`. Leaves no timer behind and never cancels `event`."""
    if seconds is None:
        await asyncio.wait((event,))
        return
    timer = asyncio.ensure_future(clock.sleep(max(seconds, _SHORTEST_S)))
    try:
        await asyncio.wait((event, timer), return_when=asyncio.FIRST_COMPLETED)
    finally:
        timer.cancel()
