"""The progress of a job: done of all, rate, money, time left."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from loom.cli.show.console import error_console, put, styled
from loom.cli.show.format import count, duration, rate, show_usd

if TYPE_CHECKING:
    from rich.text import Text

    from loom.calls.path import Route
    from loom.calls.store import AccountState
    from loom.evaluation.scoring import Tally

__all__ = ["Watched", "watching"]

_EVERY_S = 0.12
_PLAIN_EVERY_S = 10.0
_LEAST_S = 0.5
"""A pace from less time than this says nothing."""

_MONEY_EVERY_S = 0.5
_LONGEST_BAR = 30
_SHORTEST_BAR = 8


class Watched(Protocol):
    """A job under way."""

    tally: "Tally"

    @property
    def name(self) -> str:
        """What it is about, in a word or two."""
        ...

    @property
    def route(self) -> "Route | None":
        """Where its calls go; None when it asks no model."""
        ...

    @property
    def waits_for(self) -> str | None:
        """The endpoint that does not answer, so that calls wait for it."""
        ...

    async def account(self) -> "AccountState":
        """Its money, as last committed."""
        ...


@asynccontextmanager
async def watching(work: Watched, *, quiet: bool) -> AsyncGenerator[None]:
    """Within: show how `work` goes on the error stream; a bar on a terminal, a line now and then elsewhere."""
    if quiet:
        yield
        return
    watcher = _Watcher(work)
    task = asyncio.create_task(watcher.bar() if error_console().is_interactive else watcher.lines())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class _Watcher:
    def __init__(self, work: Watched) -> None:
        self._work = work
        self._began = monotonic()
        self._money: AccountState | None = None
        self._money_at = 0.0

    async def bar(self) -> None:
        from rich.live import Live

        with Live(console=error_console(), auto_refresh=False, transient=True) as live:
            while True:
                live.update(self._drawn(await self._state()), refresh=True)
                await asyncio.sleep(_EVERY_S)

    async def lines(self) -> None:
        while True:
            await asyncio.sleep(_PLAIN_EVERY_S)
            put(f"{self._work.name}  {await self._state()}", out=error_console())

    def _drawn(self, state: str) -> "Text":
        tally, name = self._work.tally, self._work.name
        room = error_console().width - len(state) - 3
        if room < len(name) + _SHORTEST_BAR:
            name = ""
        bar = max(min(room - len(name), _LONGEST_BAR), _SHORTEST_BAR)
        full = round(bar * tally.done / max(tally.planned, 1))
        drawn = styled(
            (name, "accent"), " ", ("━" * full, "pass"), ("─" * (bar - full), "muted"), f" {state}"
        )
        drawn.no_wrap, drawn.overflow = True, "ellipsis"
        return drawn

    async def _state(self) -> str:
        tally, elapsed = self._work.tally, monotonic() - self._began
        per_second = self._ended() / elapsed if elapsed >= _LEAST_S else 0.0
        parts = [
            f"{tally.done:,}/{tally.planned:,}",
            rate(per_second),
            await self._spent(),
            self._left(per_second),
        ]
        if tally.errored:
            parts.append(f"{count(tally.errored)} errored")
        if tally.cached:
            parts.append(f"{count(tally.cached)} cached")
        return " · ".join(parts)

    def _ended(self) -> int:
        """What tells the pace: what was asked now, not what was answered before; where nothing is asked, all."""
        tally = self._work.tally
        free = tally.done - tally.before if self._work.route is None else tally.cached
        return tally.asked or free

    def _left(self, per_second: float) -> str:
        if self._work.waits_for is not None:
            return f"waiting: {self._work.waits_for} does not answer"
        tally = self._work.tally
        return f"{duration((tally.planned - tally.done) / per_second)} left" if per_second else "starting"

    async def _spent(self) -> str:
        route = self._work.route
        if route is None:
            return "no model asked"
        if monotonic() - self._money_at >= _MONEY_EVERY_S:
            self._money, self._money_at = await self._work.account(), monotonic()
        money = self._money
        assert money is not None
        if route.price is None:
            return "cost unknown"
        spent = show_usd(money.spent_nano)
        return spent if money.limit_nano is None else f"{spent} of {show_usd(money.limit_nano)}"
