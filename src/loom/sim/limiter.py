"""A server's own limits: requests per second and requests at once. Knows no HTTP."""

import math
import time
from collections.abc import Callable

__all__ = ["Limiter"]


class Limiter:
    """A token bucket of one second, and a count of what is in flight."""

    def __init__(
        self,
        *,
        requests_per_s: float | None,
        max_concurrent: int | None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rate = requests_per_s
        self._burst = max(1.0, requests_per_s or 0.0)
        self._tokens = self._burst
        self._most = max_concurrent
        self._in_flight = 0
        self._monotonic = monotonic
        self._filled = monotonic()

    def enter(self) -> int | None:
        """None when the request may pass (then call `leave` once), else the seconds to wait, at least 1."""
        if self._most is not None and self._in_flight >= self._most:
            return 1
        if self._rate is not None:
            now = self._monotonic()
            self._tokens = min(self._burst, self._tokens + (now - self._filled) * self._rate)
            self._filled = now
            if self._tokens < 1:
                return math.ceil((1 - self._tokens) / self._rate)
            self._tokens -= 1
        self._in_flight += 1
        return None

    def leave(self) -> None:
        """The request that entered is done."""
        self._in_flight -= 1
