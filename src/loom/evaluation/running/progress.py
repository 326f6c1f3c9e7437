"""Telling now and then how far a job is, and what it has cost, to whoever follows it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from loom.calls.journal import Journal
from loom.core.errors import StorageError
from loom.core.jsonvalue import Json
from loom.engine.claims import Claim

__all__ = ["telling_progress"]

_EVERY_S = 1.0


@asynccontextmanager
async def telling_progress(
    journal: Journal, claimed: Claim, standing: Callable[[], Awaitable[Json]]
) -> AsyncGenerator[None]:
    """Within, until `claimed` is given up: every second in which `standing` has changed, tell it."""

    async def tell() -> None:
        told: Json | None = None
        while True:
            await journal.clock.sleep(_EVERY_S)
            with suppress(StorageError):  # whoever has something to write hears of it
                now = await standing()
                if now != told and not claimed.ended:
                    journal.offer(*claimed.telling.progress(now))
                    told = now

    task = asyncio.create_task(tell())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
