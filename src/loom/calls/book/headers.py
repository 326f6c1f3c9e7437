"""Headers that an endpoint wants beside its key: read, and what keeps one from being sent. Stores nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from loom.core.endpoint_headers import MOST_HEADERS, header_name_fault, header_value_fault
from loom.core.errors import Problem
from loom.core.jsonvalue import Json
from loom.core.key_reference import REFERENCE

__all__ = ["GivenHeader", "KeptHeader", "header_problems", "read_headers"]


@dataclass(frozen=True, slots=True)
class KeptHeader:
    """A header as the book keeps it; one of both is there."""

    name: str
    reference: str | None = None
    """The name of the variable that holds its value."""

    sealed: bytes | None = field(default=None, repr=False)
    """The value itself, encrypted."""


@dataclass(frozen=True, slots=True)
class GivenHeader:
    """What was said of a header; without both, its value stays as it is."""

    name: str
    reference: str | None = None
    value: str | None = field(default=None, repr=False)

    @property
    def stays(self) -> bool:
        """Whether nothing was said of its value."""
        return self.reference is None and self.value is None


def read_headers(said: Sequence[Json]) -> tuple[GivenHeader, ...]:
    """The headers of `said`, of which `header_problems` found nothing wrong."""
    return tuple(_read(one["name"], (one.get("value") or "").strip()) for one in said)


def header_problems(said: object) -> list[Problem]:
    """What is wrong with `said`, a list of `name` and `value`. A value is never shown."""
    listed = cast("list[object]", said) if isinstance(said, list) else [said]
    if not all(isinstance(one, dict) for one in listed):
        return [Problem("is no list of headers", "headers", remedy="give each as name and value")]
    entries = cast("list[Json]", listed)
    problems = [] if len(entries) <= MOST_HEADERS else [Problem(f"has more than {MOST_HEADERS}", "headers")]
    names: set[str] = set()
    for number, one in enumerate(entries):
        where, name = f"headers[{number}]", one.get("name")
        value = "" if one.get("value") is None else one["value"]
        wrong = header_name_fault(name) or _twice(name, names) or header_value_fault(value)
        if wrong:
            what, remedy = wrong
            problems.append(Problem(what, where, value=name, remedy=remedy))
        names.add(str(name).lower())
    return problems


def _read(name: str, value: str) -> GivenHeader:
    if value.startswith(REFERENCE):
        return GivenHeader(name, reference=value.removeprefix(REFERENCE).strip())
    return GivenHeader(name, value=value or None)


def _twice(name: object, before: set[str]) -> tuple[str, str] | None:
    return ("is given twice", "leave one out") if str(name).lower() in before else None
