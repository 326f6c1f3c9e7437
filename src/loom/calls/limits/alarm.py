"""One timer that calls back, on a clock that tests can move."""

import asyncio
from collections.abc import Callable

from loom.core.clock import Clock

__all__ = ["Alarm"]

_SHORTEST_S = 0.001  # a time computed from floats may be missed by less than a clock can tell


class Alarm:
    """Rings once at the earliest time it was set to. Owns a task only while it is set."""

    def __init__(self, clock: Clock, ring: Callable[[], None]) -> None:
        self._clock = clock
        self._ring = ring
        self._at = 0.0
        self._task: asyncio.Task[None] | None = None

    def set(self, seconds: float) -> None:
        """Ring in `seconds`, or earlier if that was asked before."""
        at = self._clock.monotonic() + max(seconds, _SHORTEST_S)
        if self._task is None or at < self._at:
            self.cancel()
            self._at = at
            self._task = asyncio.get_running_loop().create_task(self._wait(max(seconds, _SHORTEST_S)))

    def cancel(self) -> None:
        """Do not ring."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _wait(self, seconds: float) -> None:
        await self._clock.sleep(seconds)
        self._task = None
        self._ring()
