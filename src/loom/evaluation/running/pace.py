"""How fast something ends, from the times at which each one did. Knows not what ends."""

from collections import deque
from math import sqrt
from typing import NamedTuple

__all__ = ["Pace", "Rates"]

_WINDOW_US = 20_000_000
_LEAST_US = 1_000_000
"""A shorter time tells nothing: what begins together ends together."""

_MOST_TICKS = 2_000


class Rates(NamedTuple):
    """Per second."""

    late: float
    """Of late."""

    whole: float
    """From the beginning."""

    ended: int
    """How many they are made of."""

    @property
    def likely(self) -> float:
        """From now on: between the two; 0 where one of them is."""
        return sqrt(self.late * self.whole)


class Pace:
    """Counts what ends, from `since_us`, or else from the first that does."""

    def __init__(self, since_us: int | None = None) -> None:
        self.ended = 0
        self._ticks: deque[tuple[int, int]] = deque()
        """When how many had ended, for as long as the present pace is looked at."""
        self._start = None if since_us is None else self._tick(since_us)

    def add(self, at_us: int, number: int = 1) -> None:
        """So many more have ended; times never go back."""
        self.ended += number
        tick = self._tick(at_us)
        self._start = self._start or tick

    def rates(self, now_us: int) -> Rates | None:
        """How fast they end; None while that cannot be said."""
        if self._start is None or self._ticks[-1][0] - self._start[0] < _LEAST_US:
            return None
        (began_us, before), (first_us, first), (last_us, last) = self._start, self._ticks[0], self._ticks[-1]
        whole = (last - before) / (max(now_us, last_us) - began_us) * 1e6
        late = (last - first) / (last_us - first_us) * 1e6 if last_us > first_us else whole
        return Rates(late, whole, last - before)

    def _tick(self, at_us: int) -> tuple[int, int]:
        if self._ticks and self._ticks[-1][0] == at_us:
            self._ticks.pop()
        tick = at_us, self.ended
        self._ticks.append(tick)
        while self._ticks[0][0] < at_us - _WINDOW_US or len(self._ticks) > _MOST_TICKS:
            self._ticks.popleft()
        return tick
