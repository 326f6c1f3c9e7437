"""Time as a dependency: the system's, and one that tests move by hand."""

import asyncio
import heapq
import itertools
import time
from typing import Protocol

__all__ = ["Clock", "FakeClock", "SystemClock"]


class Clock(Protocol):
    """Where time comes from. `monotonic` never goes back; `now_us` is wall time and may."""

    def now_us(self) -> int:
        """Microseconds since the epoch, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary start."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""
        ...


class SystemClock:
    """The machine's clock."""

    def now_us(self) -> int:
        return time.time_ns() // 1000

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class FakeClock:
    """A clock that stands still until `advance`; sleepers wake in order of their time."""

    def __init__(self, start_us: int = 1_700_000_000_000_000) -> None:
        self._us = start_us
        self._order = itertools.count()
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []

    def now_us(self) -> int:
        return self._us

    def monotonic(self) -> float:
        return self._us / 1_000_000

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        waiter = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._us + round(seconds * 1_000_000), next(self._order), waiter))
        await waiter

    @property
    def next_wake_s(self) -> float | None:
        """Seconds until the first sleeper wakes; None when nobody sleeps."""
        return (self._sleepers[0][0] - self._us) / 1_000_000 if self._sleepers else None

    async def advance(self, seconds: float) -> None:
        """Move time by `seconds`, waking sleepers on the way and letting them run."""
        end = self._us + round(seconds * 1_000_000)
        await _settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            self._us, _, waiter = heapq.heappop(self._sleepers)
            if not waiter.done():
                waiter.set_result(None)
            await _settle()
        self._us = end


async def _settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)
