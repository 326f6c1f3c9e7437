"""What a check of a configuration found; knows places in a document, not what is right or wrong there."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from reprlib import repr as repr_of
from typing import TypeAlias, cast

from loom.core.errors import ConfigError, Problem
from loom.core.kinds import Kind

__all__ = ["MOST_ERRORS", "MOST_WARNINGS", "Checked", "Findings", "Place", "Report", "Steps", "dotted"]

MOST_ERRORS = 200
"""More than these nobody reads; a file of any size has no more to keep."""

MOST_WARNINGS = 200

_MOST_SHOWN = 1_000

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


@dataclass(frozen=True, slots=True)
class Checked:
    """A file that was looked at, and what was found."""

    path: Path
    kind: Kind
    errors: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    name: str | None = None
    """What it calls itself."""


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
        """The value at `steps` is wrong. Beyond the most that are kept nothing is."""
        if len(self.errors) > MOST_ERRORS:
            return
        self.errors.append(self._problem(self.place_of(steps), steps, what, value, remedy))

    def key_error(self, steps: Steps, what: str, remedy: str | None = None) -> None:
        """The key at `steps` itself is wrong."""
        self.errors.append(self._problem(self.place_of_key(steps), steps, what, None, remedy))

    def warn(self, steps: Steps, what: str, value: object = None, remedy: str | None = None) -> None:
        """Something at `steps` deserves a look."""
        if len(self.warnings) == MOST_WARNINGS:
            what = f"and what comes after it is not told: {MOST_WARNINGS} warnings come before"
            value, remedy = None, "mend those first"
        elif len(self.warnings) > MOST_WARNINGS:
            return
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
        return Problem(what, dotted(steps) or None, self.file, at.line, at.column, _brief(value), remedy)


def _brief(value: object) -> object:
    """`value`, or the beginning of its text where it is so large that many such problems would fill the memory."""
    if isinstance(value, str):
        return value if len(value) <= _MOST_SHOWN else value[:_MOST_SHOWN] + "…"
    return value if _is_small(value) else repr_of(value)


def _is_small(value: object) -> bool:
    inside, size = [value], 0
    while inside and size <= _MOST_SHOWN:
        one = inside.pop()
        size += len(one) if isinstance(one, str) else 1
        if isinstance(one, list | dict):
            size += len(cast("list[object]", one))
            parts = cast("Iterable[object]", chain(one, one.values()) if isinstance(one, dict) else one)
            inside += islice(parts, _MOST_SHOWN)
    return size <= _MOST_SHOWN


def _position(problem: Problem) -> tuple[int, int]:
    return problem.line or 0, problem.column or 0
