"""Headers that an endpoint wants beside its key: read, and what keeps one from being sent. Stores nothing."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, cast

from loom.core.endpoint_rules import reference_problem
from loom.core.errors import Problem
from loom.core.jsonvalue import Json

__all__ = ["GivenHeader", "KeptHeader", "header_problems", "read_headers"]

_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_LONGEST: Final = 4096
_MOST: Final = 20
_KEYS = frozenset(
    ("authorization", "proxy-authorization", "x-api-key", "api-key", "cookie", "set-cookie", "x-goog-api-key")
)
_OURS = frozenset(
    (
        *("host", "content-length", "content-type", "content-encoding", "accept-encoding", "expect"),
        *("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"),
        *("x-client-request-id", "anthropic-version"),
    )
)
_REFERENCE = "env:"


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
    problems = [] if len(entries) <= _MOST else [Problem(f"has more than {_MOST}", "headers")]
    names: set[str] = set()
    for number, one in enumerate(entries):
        where, name = f"headers[{number}]", one.get("name")
        wrong = _name_problem(name, names) or _value_problem(one.get("value"))
        if wrong:
            what, remedy = wrong
            problems.append(Problem(what, where, value=name, remedy=remedy))
        names.add(str(name).lower())
    return problems


def _read(name: str, value: str) -> GivenHeader:
    if value.startswith(_REFERENCE):
        return GivenHeader(name, reference=value.removeprefix(_REFERENCE).strip())
    return GivenHeader(name, value=value or None)


def _name_problem(name: object, before: set[str]) -> tuple[str, str] | None:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return "is no name of a header", "use letters, digits and '-'"
    if name.lower() in _KEYS:
        return "carries a key", "give the key as the key of the endpoint"
    if name.lower() in _OURS:
        return "is set by Loom, or by the connection", "leave it out"
    return ("is given twice", "leave one out") if name.lower() in before else None


def _value_problem(value: object) -> tuple[str, str] | None:
    if not isinstance(value, str | None):
        return "has a value that is not text", "write env:NAME, or the value"
    value = (value or "").strip()
    if value.startswith(_REFERENCE):
        wrong = reference_problem(value)
        return (wrong.what, wrong.remedy or "write env:NAME") if wrong else None
    if len(value) > _LONGEST or not (value.isascii() and (value.isprintable() or not value)):
        return "has a value that no header may carry", "copy it again, without line breaks"
    return None
