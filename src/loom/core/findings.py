"""What a check of a configuration found; knows places in a document, not what is right or wrong there."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from loom.core.errors import ConfigError, Problem

__all__ = ["MOST_ERRORS", "Findings", "Place", "Report", "Steps", "dotted"]

MOST_ERRORS = 200
"""More than these nobody reads; a file of any size has no more to keep."""

Steps: TypeAlias = tuple[str | int, ...]
"""The way from the top of a document to a value: keys and list positions."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a file, 1-based; None for values that were never in a file."""

    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class Findings:
    """The outcome of a check: errors refuse the file, warnings do not."""

    errors: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()

    def require_valid(self) -> None:
        """Raise every error at once.

        Raises:
            ConfigError: when there is at least one error.
        """
        if self.errors:
            raise ConfigError(self.errors)


def dotted(steps: Steps) -> str:
    """`("stages", 2, "name")` as `stages[2].name`."""
    text = ""
    for step in steps:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


@dataclass(slots=True)
class Report:
    """Collects problems while a document is checked, and places each of them."""

    file: str | None
    place_of: Callable[[Steps], Place]
    place_of_key: Callable[[Steps], Place]
    errors: list[Problem] = field(default_factory=list[Problem])
    warnings: list[Problem] = field(default_factory=list[Problem])

    def error(self, steps: Steps, what: str, value: object = None, remedy: str | None = None) -> None:
        """The value at `steps` is wrong."""
        self.errors.append(self._problem(self.place_of(steps), steps, what, value, remedy))

    def key_error(self, steps: Steps, what: str, remedy: str | None = None) -> None:
        """The key at `steps` itself is wrong."""
        self.errors.append(self._problem(self.place_of_key(steps), steps, what, None, remedy))

    def warn(self, steps: Steps, what: str, value: object = None, remedy: str | None = None) -> None:
        """Something at `steps` deserves a look."""
        self.warnings.append(self._problem(self.place_of_key(steps), steps, what, value, remedy))

    @property
    def is_full(self) -> bool:
        """Whether so much is wrong that nothing more is looked at."""
        return len(self.errors) >= MOST_ERRORS

    def findings(self) -> Findings:
        """All that was collected, in the order of the file."""
        return Findings(
            tuple(sorted(self.errors, key=_position)), tuple(sorted(self.warnings, key=_position))
        )

    def _problem(self, at: Place, steps: Steps, what: str, value: object, remedy: str | None) -> Problem:
        return Problem(what, dotted(steps) or None, self.file, at.line, at.column, value, remedy)


def _position(problem: Problem) -> tuple[int, int]:
    return problem.line or 0, problem.column or 0
