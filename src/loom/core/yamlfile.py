"""Reads YAML and JSON files into plain values whose every place is known; knows no meaning of any key.

Whatever the bytes are, the outcome is a value or a `YamlError`: bounded in size, depth and alias expansion.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from os import PathLike
from typing import Any, cast

import yaml

from loom.core.bounded import MAX_CONFIG_BYTES, oversize, read_file
from loom.core.errors import ConfigError, Problem
from loom.core.findings import Place, Report, Steps
from loom.core.json_faults import fault_of, oddity_in, place_in
from loom.core.jsonvalue import Json, JsonValue
from loom.core.yamlvalues import Mark, build

__all__ = ["Document", "YamlError", "load_yaml", "parse_yaml", "placed_in"]

_SMALLER = "split the file"
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STEP = re.compile(r"[^.\[\]]+")
_CONTROL = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_JSON_PAIR = re.compile(r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_REMEDIES = (
    ("mapping values are not allowed", "put text that contains ': ' in quotes, or mend the indentation"),
    ("unexpected end of stream", "close the quote"),
    ("expected ':'", "write 'key: value', and check the indentation of the line before"),
    ("expected key", "line this up with the keys around it"),
    ("expected ',' or", "close the bracket"),
    ("expected '-' indicator", "line this up with the other list items"),
    ("escape", "use single quotes, in which a backslash is only a backslash"),
)


class YamlError(ConfigError, yaml.YAMLError):
    """A file that cannot be read as one JSON-like YAML document."""


@dataclass(frozen=True, slots=True)
class Document:
    """A value as read, and where each part of it stands."""

    file: str | None
    value: JsonValue
    root: Mark | None = None
    """None for a value that was never in a file: then no part of it has a place."""

    @property
    def mapping(self) -> Json | None:
        """The value when it is a mapping."""
        value: object = self.value
        return cast("Json", value) if isinstance(value, dict) else None

    def locate(self, steps: Steps) -> Place:
        """Where the value at `steps` begins; for a value that is not there, the nearest one around it."""
        mark = self._mark(steps)
        return Place(mark.line + 1, mark.column + 1) if mark else Place()

    def locate_key(self, steps: Steps) -> Place:
        """Where the key of the value at `steps` begins; a list item has its value's place."""
        mark = self._mark(steps)
        if mark and mark.key:
            return Place(mark.key[0] + 1, mark.key[1] + 1)
        return self.locate(steps)

    def report(self) -> Report:
        """An empty report on this document."""
        return Report(self.file, self.locate, self.locate_key)

    def _mark(self, steps: Steps) -> Mark | None:
        mark = self.root
        for step in steps:
            children: Any = mark.children if mark else None
            try:
                mark = children[step]
            except (LookupError, TypeError):
                break
        return mark


def load_yaml(path: str | PathLike[str]) -> Document:
    """The one document in the YAML or JSON file at `path`.

    Raises:
        YamlError: when there is none, or it is larger, deeper or stranger than Loom reads.
    """
    try:
        data = read_file(path, MAX_CONFIG_BYTES, _SMALLER)
    except ConfigError as error:
        raise YamlError(error.problems) from None
    return _parse(data, str(path))


def placed_in(file: str | None, problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """`problems`, of values that were read from `file` before, with their places in it if it still has them."""
    if file is None:
        return tuple(problems)
    try:
        document = load_yaml(file)
    except YamlError:
        return tuple(problem.at(file) for problem in problems)

    def placed(problem: Problem) -> Problem:
        steps = (int(step) if step.isdigit() else step for step in _STEP.findall(problem.field or ""))
        at = document.locate(tuple(steps))
        return replace(problem, file=file, line=at.line, column=at.column)

    return tuple(map(placed, problems))


def parse_yaml(text: str, name: str = "<text>") -> Document:
    """The one document in `text`. `name` stands for the file in messages; with `.json` at its end it is JSON.

    Raises:
        YamlError: as `load_yaml`.
    """
    return _parse(text.encode("utf-8", "surrogatepass"), name)


def _parse(data: bytes, file: str) -> Document:
    if len(data) > MAX_CONFIG_BYTES:
        raise YamlError(oversize(MAX_CONFIG_BYTES, file, _SMALLER))
    text = given = _decode(data, file)
    if file.endswith(".json"):
        # YAML writes a character outside the basic plane as one escape where JSON writes two.
        text = _JSON_PAIR.sub(_one_escape, text)
    events = yaml.parse(text, Loader=_LOADER)
    try:
        value, mark, problems = build(events)
    except (yaml.YAMLError, ValueError) as error:
        problem = _syntax_problem(error, text, file)
        raise YamlError(_as_json(problem, given) if file.endswith(".json") else problem) from None
    if problems:
        raise YamlError(problem.at(file) for problem in problems)
    if mark is None:
        raise YamlError(Problem("is empty", file=file, line=1, remedy="start with 'name: ...'"))
    return Document(file, value, mark)


def _decode(data: bytes, file: str) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1
        what = "is not UTF-8 text"
        byte = f"byte 0x{data[error.start]:02x}"
        raise YamlError(Problem(what, None, file, line, column, byte, "save the file as UTF-8")) from None
    bad = _CONTROL.search(text)
    if bad:
        line, column = _line_and_column(text, bad.start())
        what = "has a control character"
        raise YamlError(
            Problem(what, None, file, line, column, bad.group(), "remove it, or write it as an escape")
        )
    return text


def _line_and_column(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _one_escape(match: re.Match[str]) -> str:
    high, low = int(match[2], 16), int(match[3], 16)
    return f"{match[1]}\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08X}"


def _as_json(problem: Problem, text: str) -> Problem:
    """`problem` as it is told of JSON, which is read as YAML."""
    try:
        json.loads(text)
        fault = oddity_in(text)
    except (ValueError, RecursionError) as error:
        fault = fault_of(text, error)
    return fault.problem(problem.file, *place_in(text, fault.at)) if fault else problem


def _syntax_problem(error: Exception, text: str, file: str) -> Problem:
    if not isinstance(error, yaml.MarkedYAMLError):
        return Problem(f"Invalid YAML: {error}", file=file, remedy="mend the syntax")
    reason = error.problem or error.context or "it cannot be parsed"
    at = error.problem_mark or error.context_mark
    if at is None:
        return Problem(f"Invalid YAML: {reason}", file=file, remedy="mend the syntax")
    lines = text.splitlines() or [""]
    number = min(at.line, len(lines) - 1)
    column = at.column if number == at.line else len(lines[number])
    place = (file, number + 1, column + 1)
    remedy = next((remedy for sign, remedy in _REMEDIES if sign in reason), "mend the syntax")
    if "cannot start any token" in reason or "tab character" in reason:
        return _stray_character(lines[number][column : column + 1], place)
    return Problem(f"Invalid YAML: {reason}", None, *place, None, remedy)


def _stray_character(character: str, place: tuple[str, int, int]) -> Problem:
    if character == "\t":
        return Problem(
            "Invalid YAML: a tab where only spaces may stand", None, *place, None, "indent with spaces"
        )
    what = f"Invalid YAML: text cannot begin with {character!r}"
    return Problem(what, None, *place, None, "put the text in quotes")
