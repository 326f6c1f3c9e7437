"""How far the numbers may go that several doors ask for: the terminal, REST and forms take them from here."""

from typing import NamedTuple

from loom.core.errors import Problem

__all__ = ["CASES", "DAYS", "IN_FLIGHT", "REPETITIONS", "RESULTS", "Bounds"]


class Bounds(NamedTuple):
    """The least and the most that a whole number may be."""

    least: int
    most: int

    def holds(self, value: int) -> bool:
        """Whether `value` is neither too small nor too large."""
        return self.least <= value <= self.most

    def broken(self, field: str, value: int) -> Problem:
        """What to say of a `value` that is not."""
        remedy = f"give a number from {self.least:,} to {self.most:,}"
        return Problem(
            "is too small" if value < self.least else "is too large", field, value=value, remedy=remedy
        )


REPETITIONS = Bounds(1, 1_000_000)
"""Of each case."""

IN_FLIGHT = Bounds(1, 1_024)
"""Calls at once, or outputs scored at once."""

CASES = Bounds(1, 1_000_000_000)
"""The first so many of a suite."""

DAYS = Bounds(1, 36_500)
"""How long something is kept."""

RESULTS = Bounds(1, 1_000)
"""Of a search in the vector store."""
