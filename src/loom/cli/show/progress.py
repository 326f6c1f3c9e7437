"""The progress of an evaluation: done of all, passed, rate, money, time left."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import TYPE_CHECKING

from loom.cli.show.console import error_console
from loom.cli.show.format import count, duration, show_usd

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from loom.calls.store import AccountState
    from loom.evaluation.service import Work

__all__ = ["watching"]

_EVERY_S = 0.12
_PLAIN_EVERY_S = 10.0
_MONEY_EVERY_S = 0.5


@asynccontextmanager
async def watching(work: "Work", *, quiet: bool) -> AsyncGenerator[None]:
    """Within: show how `work` goes on the error stream; a bar on a terminal, a line now and then elsewhere."""
    if quiet:
        yield
        return
    watcher = _Watcher(work)
    task = asyncio.create_task(watcher.bar() if error_console().is_terminal else watcher.lines())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class _Watcher:
    def __init__(self, work: "Work") -> None:
        self._work = work
        self._began = monotonic()
        self._money: AccountState | None = None
        self._money_at = 0.0

    async def bar(self) -> None:
        from rich.progress import BarColumn, Progress, TextColumn

        columns = (
            TextColumn("[accent]{task.description}"),
            BarColumn(bar_width=28, complete_style="cyan", finished_style="cyan"),
            TextColumn("{task.completed:,.0f}/{task.total:,.0f}"),
            TextColumn("{task.fields[state]}", style="muted"),
        )
        with Progress(*columns, console=error_console(), auto_refresh=False, transient=True) as progress:
            name = self._work.evaluation.worker
            shown = progress.add_task(name, total=self._work.tally.planned, state="")
            while True:
                await self._update(progress, shown)
                await asyncio.sleep(_EVERY_S)

    async def _update(self, progress: "Progress", shown: "TaskID") -> None:
        progress.update(shown, completed=self._work.tally.done, state=await self._state())
        progress.refresh()

    async def lines(self) -> None:
        while True:
            await asyncio.sleep(_PLAIN_EVERY_S)
            tally = self._work.tally
            state = await self._state()
            error_console().print(f"{self._work.evaluation.worker}: {tally.done}/{tally.planned}  {state}")

    async def _state(self) -> str:
        tally, elapsed = self._work.tally, monotonic() - self._began
        rate = tally.done / elapsed if elapsed > 0 else 0.0
        parts = [f"{count(tally.passed)} passed"]
        if tally.errored:
            parts.append(f"{count(tally.errored)} errored")
        if tally.cached:
            parts.append(f"{count(tally.cached)} cached")
        parts.append(f"{rate:,.1f}/s" if rate < 100 else f"{rate:,.0f}/s")
        parts.append(await self._spent())
        left = (tally.planned - tally.done) / rate if rate else None
        parts.append(f"{duration(left)} left" if left is not None and tally.done else "starting")
        return " · ".join(parts)

    async def _spent(self) -> str:
        if monotonic() - self._money_at >= _MONEY_EVERY_S:
            self._money, self._money_at = await self._work.account(), monotonic()
        money = self._money
        assert money is not None
        if self._work.route.price is None:
            return "cost unknown"
        spent = show_usd(money.spent_nano)
        return spent if money.limit_nano is None else f"{spent} of {show_usd(money.limit_nano)}"
