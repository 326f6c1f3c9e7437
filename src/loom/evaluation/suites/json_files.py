"""Reads a suite that is one JSON document, case by case: a mapping with `cases`, or the list of them alone."""

from array import array
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Protocol

from loom.core.bounded import MAX_CONFIG_BYTES
from loom.core.errors import ConfigError, Problem
from loom.core.findings import Place, Report, Steps
from loom.core.json_faults import oddity_in, place_in
from loom.core.json_stream import JsonStream
from loom.core.jsonvalue import Json, JsonValue
from loom.core.kinds import Kind, detect_kind
from loom.evaluation.json_text import scan_json
from loom.evaluation.models import Suite
from loom.evaluation.suites.cases import SUITE_KEYS, read_cases, read_head
from loom.evaluation.suites.opened import Opened

__all__ = ["MAX_BYTES", "json_limit", "placed", "read_json"]

MAX_BYTES = 8 * 1024 * 1024
"""The largest document whose last fault is found within a second; `loom suite export` reads larger ones."""

_MOST_KEYS = 1_000


def json_limit(file: str) -> tuple[int, str]:
    """How many bytes a suite in JSON may have, and what to do about one that has more."""
    target = Path(file).with_suffix(".jsonl")
    return MAX_BYTES, f"make JSONL of it, which may be larger: loom suite export {file} --to {target}"


def read_json(stream: BinaryIO, file: str, *, keep: bool = True) -> Opened:
    """The suite in `stream`, be it wrong. Unless `keep`, its cases are checked and let go.

    Raises:
        ConfigError: when it defines something else, or does not begin as text.
    """
    reading = _Reading(JsonStream(stream, file, scan_json), file)
    cases = read_cases(reading.cases(), reading.cases_at, reading.report, keep=keep)
    return Opened(replace(reading.head(), cases=cases), reading.report, reading.cases_at)


class Placed(Protocol):
    """Says where the value at `steps` stands, or its key."""

    def __call__(self, steps: Steps, *, of_key: bool) -> Place: ...


def placed(text: str, line: int, column: int = 1) -> Placed:
    """The places in the JSON of `text`, which begins at `line` and `column`."""
    from loom.core.yamlfile import Document, parse_yaml

    text = text.rstrip()
    try:
        document = parse_yaml(text, "case.json") if len(text) <= MAX_CONFIG_BYTES else Document(None, None)
    except ConfigError:
        document = Document(None, None)
        odd = oddity_in(text)
        if odd:
            line, column = place_in(text, odd.at, line, column)

    def place(steps: Steps, *, of_key: bool) -> Place:
        at = document.locate_key(steps) if of_key else document.locate(steps)
        if at.line is None or at.column is None:
            return Place(line, column)
        return Place(line + at.line - 1, at.column + (column - 1 if at.line == 1 else 0))

    return place


class _Reading:
    """One document: hands out its cases, and keeps of them only where they begin."""

    def __init__(self, json: JsonStream, file: str) -> None:
        self._json = json
        self._name = Path(file).stem
        self._file = file
        self._head: Json = {}
        self._keys: dict[str, tuple[Place, Place]] = {}
        self._lines, self._columns = array("I"), array("I")
        self._inside: Placed | None = None
        self._is_whole = False
        self.cases_at: Steps = () if json.peek() == "[" else ("cases",)
        self.report = Report(
            file,
            lambda steps: self._place(steps, of_key=False),
            lambda steps: self._place(steps, of_key=True),
        )

    def cases(self) -> Iterator[tuple[int, JsonValue]]:
        """Numbered, as values; what is wrong with the text around them is reported."""
        try:
            yield from self._document()
            self._json.end()
            self._is_whole = True
        except ConfigError as error:
            self.report.errors += error.problems

    def head(self) -> Suite:
        """The suite but for its cases, once these were read."""
        nothing = Suite(self._name, ())
        if not self._is_whole or not self.cases_at:
            return nothing
        kind = detect_kind(self._head)
        if kind not in (Kind.SUITE, Kind.UNKNOWN):
            problem = Problem(f"is a {kind}, not a suite", file=self._file, remedy="give the file of a suite")
            raise ConfigError(problem)
        return read_head(self._head, (), self._name, self.report)

    def _document(self) -> Iterator[tuple[int, JsonValue]]:
        begin = self._json.peek()
        if begin == "[":
            yield from self._listed()
        elif begin == "{":
            yield from self._members()
        elif begin:
            value = self._json.value()
            remedy = "give a mapping with `name` and `cases`, or a list of cases"
            self.report.error((), "is not a suite", value, remedy)
        else:
            self.report.error((), "is empty", None, "add at least one case with `input`")

    def _listed(self) -> Iterator[tuple[int, JsonValue]]:
        for number, (at, value) in enumerate(self._json.items()):
            self._lines.append(at.line or 1)
            self._columns.append(at.column or 1)
            self._inside = None
            yield number, value

    def _members(self) -> Iterator[tuple[int, JsonValue]]:
        for at, key in self._json.members():
            if key in self._head:
                raise ConfigError(self._twice(key, at))
            if len(self._head) >= _MOST_KEYS:
                what = f"has more than {_MOST_KEYS:,} keys"
                remedy = "put what belongs to a case into `cases`"
                raise ConfigError(Problem(what, None, self._file, at.line, at.column, None, remedy))
            self._keys[key] = at, self._json.place()
            self._head[key] = None
            if key == "cases" and self._json.peek() == "[":
                yield from self._listed()
                continue
            value = self._json.value()
            if key == "cases":
                self.report.error(("cases",), "is not a list", value, "give a list of cases")
            elif key in SUITE_KEYS:
                self._head[key] = value

    def _twice(self, key: str, at: Place) -> Problem:
        first = self._keys[key][0]
        what = f"is given twice, first in line {first.line}"
        return Problem(what, key, self._file, at.line, at.column, None, "keep one of them")

    def _place(self, steps: Steps, *, of_key: bool) -> Place:
        if self.cases_at:
            first, *rest = steps or ("",)
            if first != "cases" or not rest:
                at_key, at_value = self._keys.get(str(first), (Place(1, 1), Place(1, 1)))
                return at_key if of_key else at_value
            steps = tuple(rest)
        number = steps[0] if steps else None
        if not isinstance(number, int) or number >= len(self._lines):
            return Place(1, 1)
        line, column = self._lines[number], self._columns[number]
        if number + 1 < len(self._lines):
            return Place(line, column)
        self._inside = self._inside or placed(self._json.last(), line, column)
        return self._inside(steps[1:], of_key=of_key)
