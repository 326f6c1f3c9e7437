"""Form fields and the text editor, as values."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from loom.core.errors import Problem

__all__ = ["Editor", "Field", "FieldKind", "LineProblem", "at_field", "line_problems"]


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


def at_field(problem: Problem) -> str:
    """What is wrong with a field, as it is said at that field."""
    return problem.what + _remedy(problem)


def line_problems(problems: Iterable[Problem]) -> tuple[LineProblem, ...]:
    """What validators found, as the editor shows it."""
    return tuple(
        LineProblem(one.line, " ".join(part for part in (one.field, one.what) if part) + _remedy(one))
        for one in problems
    )


def _remedy(problem: Problem) -> str:
    return f"; {problem.remedy}" if problem.remedy else ""
