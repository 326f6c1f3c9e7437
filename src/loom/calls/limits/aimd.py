"""How many calls may be in flight, learned from what the endpoint refuses. Knows no time and no queue.

Additive increase, multiplicative decrease, with the slow start of TCP (RFC 5681): until the first refusal a
round trip doubles the limit, later it adds one, or a tenth while the limit is small.
"""

__all__ = ["Aimd"]

_FIRST_CUT = 0.5
_CUT = 0.9
_LEAST = 0.1
_TENTH = 0.1


class Aimd:
    """A limit of at most `most`, beginning at `start`.

    Refusals of calls from before the last cut belong to the same overload, so a round trip has one cut.
    The first cut halves, since slow start may have doubled the limit. Later ones take a tenth, which keeps
    the mean above nine tenths of what the endpoint allows. Cuts with no success between them become one when
    the next succeeds: a used-up quota refuses everything, and says nothing of what fits after it.
    """

    __slots__ = ("_after_cut", "_most", "learned", "level", "limit", "round")

    def __init__(self, start: int, most: int) -> None:
        self._most = float(max(most, 1))
        self._after_cut = 0.0
        self._set(min(float(max(start, 1)), self._most))
        self.learned = False
        """Whether there was a refusal."""

        self.round: int = 0
        """Grows with each cut; a call remembers the value it began with."""

    def succeeded(self, began_in_round: int, wanted: int) -> None:
        """A call succeeded while `wanted` were out or waiting, it included. An unused limit does not grow."""
        if self._after_cut and began_in_round == self.round:
            self._set(max(self.level, self._after_cut))
            self._after_cut = 0.0
        if wanted < self.limit or self.level >= self._most:
            return
        step = min(1.0 / self.level, _TENTH, _TENTH * self.level) if self.learned else 1.0
        self._set(min(self.level + step, self._most))

    def throttled(self, began_in_round: int) -> None:
        """A call that began in that round was refused for a limit."""
        if began_in_round != self.round:
            return
        self.round += 1
        self._set(max(self.level * (_CUT if self.learned else _FIRST_CUT), _LEAST))
        self._after_cut = self._after_cut or self.level
        self.learned = True

    def _set(self, level: float) -> None:
        self.level = level
        """The limit with its fraction; below one, calls go one by one with pauses between them."""

        self.limit = max(int(level), 1)
        """How many may be in flight now."""
