"""Telling now and then how far a job is, and what it has cost, to whoever follows it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict

from loom.calls.journal import Journal
from loom.calls.store import AccountState
from loom.core.errors import StorageError
from loom.core.jsonvalue import Json
from loom.engine.claims import Claim
from loom.evaluation.scoring import Tally

__all__ = ["telling_progress"]

_EVERY_S = 1.0


@asynccontextmanager
async def telling_progress(
    journal: Journal, claimed: Claim, tally: Tally, account: Callable[[], Awaitable[AccountState]]
) -> AsyncGenerator[None]:
    """Within, until `claimed` is given up: every second in which something has changed, say so."""

    async def tell() -> None:
        told: Json | None = None
        while True:
            await journal.clock.sleep(_EVERY_S)
            with suppress(StorageError):  # whoever has something to write hears of it
                standing = _standing(tally, await account())
                if standing != told and not claimed.ended:
                    journal.offer(*claimed.telling.progress(standing))
                    told = standing

    task = asyncio.create_task(tell())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _standing(tally: Tally, money: AccountState) -> Json:
    return {
        **asdict(tally),
        "done": tally.done,
        "spent_usd": money.spent_nano / 1e9,
        "reserved_usd": money.reserved_nano / 1e9,
        "budget_usd": None if money.limit_nano is None else money.limit_nano / 1e9,
    }
