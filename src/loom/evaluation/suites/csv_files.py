"""Reads cases from CSV; a cell stays text unless its column says otherwise.

Columns: `name`, `tags` (`a;b`, or `a,b`), `cluster`, `weight`, `split`, `scorers` (JSON); the input either as JSON in
`input` or as a column per field, `input.customer.name`; the expected output likewise in `expected_output` or
`expected.total`. The header of a field's column may end in `:json`, `:number` or `:bool`, that of the tags in
`:json`. An empty cell leaves its key out, except in a text column of the input, where it is an empty text.
A text that a spreadsheet would take for a formula has a quote before it, which is no part of it: `'=1+1`.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, MutableSequence
from dataclasses import dataclass
from io import StringIO

from loom.core.errors import Problem
from loom.core.findings import Report
from loom.core.jsonvalue import Json, JsonValue
from loom.core.spelling import nearest
from loom.evaluation.json_text import is_number, parse_json
from loom.evaluation.suites.cases import CASE_KEYS
from loom.evaluation.suites.columns import ROOTS, Way, put, refuse_clashes, way_of
from loom.evaluation.suites.tags import tags_in
from loom.evaluation.suites.texts import MOST_BLANK, too_blank

__all__ = ["csv_rows", "defused"]

_MOST_COLUMNS = 1_000
_DEFUSED = re.compile(r"'+[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_FORMULA = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


@dataclass(frozen=True, slots=True)
class _Kind:
    read: Callable[[str], JsonValue]
    """Raises ValueError for a cell it cannot read."""

    remedy: str = "mend the cell"


@dataclass(frozen=True, slots=True)
class _Column:
    header: str
    path: Way
    kind: _Kind
    keeps_empty: bool = False


def _number(cell: str) -> JsonValue:
    value = parse_json(cell.strip())
    if not is_number(value):
        raise ValueError("it is not a number")
    return value


def _flag(cell: str) -> JsonValue:
    word = cell.strip().lower()
    if word not in {"true", "false"}:
        raise ValueError("it is neither true nor false")
    return word == "true"


def _tags(cell: str) -> JsonValue:
    return list(tags_in(_fused(cell)))


def defused(text: str) -> str:
    """`text` as a cell that no spreadsheet takes for a formula; reading the cell gives `text` back."""
    return "'" + text if _FORMULA.match(text) else text


def _fused(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _DEFUSED.match(cell) else cell


_TEXT = _Kind(_fused)
_JSON = _Kind(parse_json, "write it as JSON, texts in double quotes")
_NUMBER = _Kind(_number, "write a number with a decimal point")
_KINDS = {"": _TEXT, "json": _JSON, "number": _NUMBER, "bool": _Kind(_flag, "write true or false")}
_AS_JSON = ("input", "expected_output", "tags", "scorers")
_WHOLE = {"tags": _Kind(_tags), "weight": _NUMBER, "input": _JSON, "expected_output": _JSON, "scorers": _JSON}


_MARKS = {";": "semicolons", "\t": "tabs", "|": "bars"}


def csv_rows(
    texts: Iterable[str], report: Report, lines: MutableSequence[int]
) -> Iterator[tuple[int, JsonValue]]:
    """Numbered cases as values, of the `texts` of lines, ends included.

    The line each begins on is appended to `lines` before it is handed out.
    """
    reader = csv.reader((line for text in texts for line in _lines_in(text)), strict=True)
    columns: list[_Column] = []
    ends = blank = 0
    try:
        for cells in reader:
            begins, ends = ends + 1, reader.line_num
            blank = 0 if any(cells) else blank + 1
            if blank > MOST_BLANK:
                return report.errors.append(too_blank(report.file, begins))
            if blank:
                continue
            if not columns:
                columns = _columns(cells, begins, report)
                if report.errors:
                    return
                continue
            value = _case(cells, columns, begins, report)
            if value is not None:
                lines.append(begins)
                yield len(lines) - 1, value
            elif report.is_full:
                return
    except csv.Error as error:
        remedy = "mend the quotes; for texts beyond 128 kB use JSONL"
        _refuse(report, ends + 1, f"is not CSV: {error}", remedy)


def _lines_in(text: str) -> Iterable[str]:
    """A carriage return alone ends a line too."""
    return StringIO(text, newline="") if "\r" in text else (text,)


def _columns(header: list[str], line: int, report: Report) -> list[_Column]:
    other = next((mark for mark in ";\t|" if len(header) == 1 and mark in header[0]), None)
    if other is not None:
        what = f"is one column: the cells are separated by {_MARKS[other]}"
        _refuse(report, line, what, "separate them with commas", header[0])
        return []
    if len(header) > _MOST_COLUMNS:
        _refuse(report, line, f"has more than {_MOST_COLUMNS:,} columns", "check the first line")
        return []
    columns = [_column(cell.strip(), line, report) for cell in header]
    refuse_clashes([(column.header, column.path) for column in columns], report, line)
    if not report.errors and not any(column.path[:1] == ("input",) for column in columns):
        _refuse_inputless(columns, line, report)
    return columns


def _refuse_inputless(columns: list[_Column], line: int, report: Report) -> None:
    """Said once, of the header: each row would say it again."""
    ignored = [column.header for column in columns if not column.path and column.header]
    report.warnings.clear()
    for header in ignored:
        _refuse(report, line, "is not a column of a suite", f"did you mean 'input.{header}'?", header)
    if not ignored:
        remedy = "add a column for each field of the worker's input, as input.text"
        _refuse(report, line, "has no column of the input", remedy)


def _column(header: str, line: int, report: Report) -> _Column:
    """The column under `header`; one with an empty path is ignored."""
    name, _, kind = header.partition(":")
    way = way_of(name)
    if len(way) > 1 and kind in _KINDS:
        return _Column(header, way, _KINDS[kind], way[0] == "input" and kind == "")
    if len(way) == 1 and (not kind or (kind == "json" and name in _AS_JSON)):
        return _Column(header, way, _JSON if kind else _WHOLE.get(name, _TEXT))
    known = (*CASE_KEYS, "input.field", "expected.field")
    near = nearest(header, (*known, *(f"{name}:{word}" for word in _KINDS if kind and word)))
    if near or name.split(".")[0] in ROOTS:
        remedy = f"did you mean '{near or 'input.field:json'}'?"
        _refuse(report, line, "is not a column of a suite", remedy, header)
    else:
        what = "is not a column of a suite and is ignored"
        remedy = f"call it input.{header} or expected.{header}; a case itself has {', '.join(CASE_KEYS)}"
        report.warnings.append(Problem(what, header or None, report.file, line, remedy=remedy))
    return _Column(header, (), _TEXT)


def _case(cells: list[str], columns: list[_Column], line: int, report: Report) -> Json | None:
    if len(cells) != len(columns):
        what = f"has {len(cells)} cells where the header has {len(columns)}"
        _refuse(report, line, what, "put texts that contain commas in double quotes")
        return None
    case: Json = {}
    before = len(report.errors)
    for column, cell in zip(columns, cells, strict=True):
        if not column.path or not (cell or column.keeps_empty):
            continue
        try:
            put(case, column.path, column.kind.read(cell))
        except ValueError as error:
            _refuse(report, line, f"cannot be read: {error}", column.kind.remedy, column.header, value=cell)
    return case if len(report.errors) == before else None


def _refuse(
    report: Report, line: int, what: str, remedy: str, column: str | None = None, *, value: str | None = None
) -> None:
    report.errors.append(Problem(what, column, report.file, line, value=value, remedy=remedy))
