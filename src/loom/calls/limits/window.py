"""An amount that may be used in any 60 seconds: requests or tokens. Knows no queue.

A log of what was used, not a leaking bucket: a bucket with a burst lets up to twice the rate through in its
first minute, and one without makes five calls at "10 per minute" last half a minute.
"""

from collections import deque

__all__ = ["Window"]

_LENGTH_S = 60.0
_GRAIN_S = 0.05


class Window:
    """At most `allowed` in any 60 seconds; a single larger amount passes when nothing else is in the window.

    Entries of the same 50 ms are merged, and leave the window together with the last of them.
    """

    __slots__ = ("_allowed", "_log", "_used")

    def __init__(self, allowed: int) -> None:
        self._allowed = allowed
        self._log: deque[tuple[float, int]] = deque()
        self._used = 0

    def wait_s(self, amount: int, now: float) -> float:
        """Seconds until `amount` fits, as far as is known now; 0 when it fits."""
        self._expire(now)
        excess = self._used + amount - self._allowed
        if excess <= 0 or not self._log:
            return 0.0
        for until, used in self._log:
            excess -= used
            if excess <= 0:
                return until - now
        return self._log[-1][0] - now

    def use(self, amount: int, now: float) -> None:
        """Count `amount`, which is negative when less was used than had been counted."""
        if amount < 0:
            self._give_back(-amount)
            return
        self._used += amount
        until = now + _LENGTH_S
        if self._log and until - self._log[-1][0] < _GRAIN_S:
            _, merged = self._log.pop()
            amount += merged
        self._log.append((until, amount))

    def _give_back(self, amount: int) -> None:
        """Take from the oldest entries, which leave first: so too much may stay counted, never too little."""
        amount = min(amount, self._used)
        self._used -= amount
        while amount:
            until, used = self._log.popleft()
            if used > amount:
                self._log.appendleft((until, used - amount))
                return
            amount -= used

    def _expire(self, now: float) -> None:
        while self._log and self._log[0][0] <= now:
            self._used -= self._log.popleft()[1]
