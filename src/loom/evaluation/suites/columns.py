"""Columns of a table as ways into a case: `input.text` leads to a field of the input. Knows no format."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from loom.core.errors import Problem
from loom.core.findings import Report
from loom.core.jsonvalue import Json, JsonValue
from loom.evaluation.suites.cases import CASE_KEYS

__all__ = ["ROOTS", "Way", "put", "refuse_clashes", "way_of"]

ROOTS = {"input": "input", "expected": "expected_output", "expected_output": "expected_output"}
"""What a column for a single field begins with, and the key of the case that it leads into."""

Way: TypeAlias = tuple[str, ...]


def way_of(name: str) -> Way:
    """The keys from a case to the value of the column `name`; none for what is no column of a suite."""
    root, *inner = name.split(".")
    if root in ROOTS and inner and all(inner):
        return (ROOTS[root], *inner)
    return (name,) if name in CASE_KEYS else ()


def put(case: Json, way: Way, value: JsonValue) -> None:
    """Set what `way` leads to, where no column clashes with another."""
    for key in way[:-1]:
        case = case.setdefault(key, {})
    case[way[-1]] = value


def refuse_clashes(columns: Sequence[tuple[str, Way]], report: Report, line: int | None = None) -> None:
    """Say which columns would overwrite each other: one leads to the value of another, or into it."""
    for later, earlier in sorted(_clashes(way for _, way in columns)):
        what, remedy = f"says the same as column '{columns[earlier][0]}'", "keep one of them"
        report.errors.append(Problem(what, columns[later][0], report.file, line, remedy=remedy))


def _clashes(ways: Iterable[Way]) -> Iterator[tuple[int, int]]:
    """The numbers of columns that clash, the later first. In order, a way is followed by all that lead into it."""
    around, holder = (), 0
    for way, number in sorted((way, number) for number, way in enumerate(ways) if way):
        if around and way[: len(around)] == around:
            yield max(number, holder), min(number, holder)
        else:
            around, holder = way, number
