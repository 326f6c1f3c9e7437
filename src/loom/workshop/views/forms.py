"""Form fields and the text editor, as values."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from loom.core.bounds import Bounds
from loom.core.errors import Problem

__all__ = [
    "Editor",
    "Field",
    "FieldKind",
    "LineProblem",
    "all_at_field",
    "at_field",
    "by_field",
    "grouped",
    "line_problems",
    "marked",
    "whole",
]


_NO_WORD = re.compile(r"[\W_]")


class FieldKind(StrEnum):
    """Which control."""

    TEXT = "text"
    NUMBER = "number"
    EMAIL = "email"
    PASSWORD = "password"  # noqa: S105 - the name of a control
    URL = "url"
    SEARCH = "search"
    SELECT = "select"
    CHECKBOX = "checkbox"
    TEXTAREA = "textarea"
    FILE = "file"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Field:
    """One control with its label."""

    name: str
    label: str
    kind: FieldKind = FieldKind.TEXT
    value: str = ""
    """Of a checkbox: anything but "" is checked."""

    help: str = ""
    problem: str = ""
    """A line for each thing that is wrong."""

    """What is wrong with what was sent; the value is kept."""

    options: tuple[tuple[str, str], ...] = ()
    """Of a select: value and label."""

    required: bool = False
    placeholder: str = ""
    rows: int = 4
    disabled: bool = False
    mono: bool = False
    attributes: tuple[tuple[str, str], ...] = ()
    """Further HTML attributes: `min`, `step`, `autocomplete`, `accept`."""

    form: str = ""
    """Which form of the page it is in, where another has a field of this name."""

    @property
    def id(self) -> str:
        """For its label."""
        return "field-" + _NO_WORD.sub("-", f"{self.form} {self.name}".strip())


@dataclass(frozen=True, slots=True)
class LineProblem:
    """What is wrong at a line of the text."""

    line: int | None
    text: str
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Editor:
    """A text area that a script makes an editor of."""

    name: str
    text: str
    label: str
    language: str = "yaml"
    validate: str | None = None
    """Where the text is checked while one types."""

    problems: tuple[LineProblem, ...] = ()
    rows: int = 24
    read_only: bool = False
    plain: bool = False
    """Stays the text area it is: a few lines are not worth loading an editor for."""

    caret: int | None = None
    """The line at which one goes on at once; None: nobody is led into it."""


def whole(bounds: Bounds) -> tuple[tuple[str, str], ...]:
    """The attributes of a field for a whole number within `bounds`."""
    return (("min", str(bounds.least)), ("max", str(bounds.most)), ("step", "1"), ("inputmode", "numeric"))


def at_field(problem: Problem) -> str:
    """What is wrong with a field, as it is said at that field."""
    return problem.what + _remedy(problem)


def grouped(
    problems: Iterable[Problem], name: Callable[[Problem], str] | None = None
) -> dict[str, list[Problem]]:
    """All that is wrong with each field, by what `name` calls it; else by what the problem does, empty for none."""
    found: dict[str, list[Problem]] = {}
    for one in problems:
        found.setdefault(name(one) if name else one.field or "", []).append(one)
    return found


def by_field(problems: Iterable[Problem], name: Callable[[Problem], str] | None = None) -> dict[str, str]:
    """What each field says of all that is wrong with it, a problem a line; fields as `grouped`."""
    return {field: all_at_field(found) for field, found in grouped(problems, name).items()}


def marked(fields: Iterable[Field], wrong: Mapping[str, str]) -> tuple[Field, ...]:
    """`fields`, each with what `wrong` says of it."""
    return tuple(replace(one, problem=wrong.get(one.name, "")) for one in fields)


def all_at_field(found: Sequence[Problem]) -> str:
    """All that is wrong with one field; where that is more than one thing, which value is meant too."""
    if len(found) == 1:
        return at_field(found[0])
    return "\n".join(dict.fromkeys(str(replace(one, field=None)) for one in found))


def line_problems(problems: Iterable[Problem]) -> tuple[LineProblem, ...]:
    """What validators found, as the editor shows it."""
    return tuple(
        LineProblem(one.line, " ".join(part for part in (one.field, one.what) if part) + _remedy(one))
        for one in problems
    )


def _remedy(problem: Problem) -> str:
    return f"; {problem.remedy}" if problem.remedy else ""
