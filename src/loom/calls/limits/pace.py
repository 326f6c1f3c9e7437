"""The least time between two starts, so that calls which ended together do not set off together again."""

__all__ = ["Pace"]

_GAIN = 1.3
_SMOOTHING = 0.125


class Pace:
    """Spreads a limit's calls over the time that one takes, as TCP pacing does.

    An endpoint that allows so many calls a second, and few at once, refuses most of a burst. The gain above one
    keeps the pace from being what limits.
    """

    __slots__ = ("_mean_s", "_next_at")

    def __init__(self) -> None:
        self._mean_s = 0.0
        self._next_at = 0.0

    def took(self, seconds: float) -> None:
        """A call succeeded after `seconds`."""
        self._mean_s += (seconds - self._mean_s) * (_SMOOTHING if self._mean_s else 1.0)

    def wait_s(self, now: float) -> float:
        """Seconds until the next start; 0 when it may be now."""
        return max(self._next_at - now, 0.0)

    def start(self, now: float, level: float) -> None:
        """A call starts, while `level` may be in flight."""
        self._next_at = now + self._mean_s / (level * _GAIN)
