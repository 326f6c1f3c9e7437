"""The progress of a job: done of all, rate, money, time left."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from loom.cli.show.console import error_console, put, styled
from loom.cli.show.format import count, duration, rate, show_usd
from loom.evaluation.running.pace import Pace, Rates

if TYPE_CHECKING:
    from rich.text import Text

    from loom.calls.path import Route
    from loom.calls.store import AccountState
    from loom.evaluation.scoring.executions import Tally

__all__ = ["Watched", "watching"]

_EVERY_S = 0.12
_PLAIN_EVERY_S = 10.0
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
        began_us = _now_us()
        self._asked, self._free = Pace(began_us), Pace(began_us)
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
        bar = min(room - len(name), _LONGEST_BAR)
        if bar < _SHORTEST_BAR:
            bar = 0
        full = round(bar * tally.done / max(tally.planned, 1))
        drawn = styled(
            (f"{name} " if name else "", "accent"),
            ("━" * full, "pass"),
            ("─" * (bar - full), "muted"),
            f" {state}" if bar else state,
        )
        drawn.no_wrap, drawn.overflow = True, "ellipsis"
        return drawn

    async def _state(self) -> str:
        tally, rates = self._work.tally, self._rates()
        parts = [
            f"{tally.done:,}/{tally.planned:,}",
            rate(rates.late if rates else 0.0),
            await self._spent(),
            self._left(rates),
        ]
        if tally.errored:
            parts.append(f"{count(tally.errored)} errored")
        if tally.cached:
            parts.append(f"{count(tally.cached)} cached")
        return " · ".join(parts)

    def _rates(self) -> Rates | None:
        """Of what was asked now, not of what was answered before; where nothing is asked, of all."""
        tally, now_us = self._work.tally, _now_us()
        free = tally.done - tally.before if self._work.route is None else tally.cached
        for pace, ended in ((self._asked, tally.asked), (self._free, free)):
            if ended > pace.ended:
                pace.add(now_us, ended - pace.ended)
        return (self._asked if self._asked.ended else self._free).rates(now_us)

    def _left(self, rates: Rates | None) -> str:
        if self._work.waits_for is not None:
            return f"waiting: {self._work.waits_for} does not answer"
        tally = self._work.tally
        if rates is None or not rates.likely:
            return "starting"
        return f"{duration((tally.planned - tally.done) / rates.likely)} left"

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
        if money.unpriced:
            return f"{spent} and unknown" if money.spent_nano else "cost unknown"
        return spent if money.limit_nano is None else f"{spent} of {show_usd(money.limit_nano)}"


def _now_us() -> int:
    return round(monotonic() * 1e6)
