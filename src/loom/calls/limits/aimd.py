"""How many calls may be in flight, learned from what the endpoint refuses. Knows no time and no queue.

Additive increase, multiplicative decrease, with the slow start of TCP (RFC 5681): until the first refusal a
round trip doubles the limit, later it adds one.
"""

__all__ = ["Aimd"]

_FIRST_CUT = 0.5
_CUT = 0.85


class Aimd:
    """A limit between 1 and `most`, beginning at `start`.

    Refusals of calls from before the last cut belong to the same overload, so a round trip has one cut.
    The first cut halves, since slow start may have doubled the limit. Later ones take 15 %, which keeps
    the mean above nine tenths of what the endpoint allows.
    """

    __slots__ = ("_limit", "_most", "_starting", "round")

    def __init__(self, start: int, most: int) -> None:
        self._most = float(max(most, 1))
        self._limit = min(float(max(start, 1)), self._most)
        self._starting = True
        self.round: int = 0
        """Grows with each cut; a call remembers the value it began with."""

    @property
    def limit(self) -> int:
        """How many may be in flight now."""
        return int(self._limit)

    def succeeded(self, in_flight: int) -> None:
        """A call succeeded while `in_flight` were out, it included. An unused limit does not grow."""
        if in_flight < int(self._limit) or self._limit >= self._most:
            return
        step = 1.0 if self._starting else 1.0 / self._limit
        self._limit = min(self._limit + step, self._most)

    def throttled(self, began_in_round: int) -> None:
        """A call that began in that round was refused for a limit."""
        if began_in_round != self.round:
            return
        self.round += 1
        self._limit = max(self._limit * (_FIRST_CUT if self._starting else _CUT), 1.0)
        self._starting = False
