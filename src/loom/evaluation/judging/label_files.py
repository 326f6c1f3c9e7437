"""Sheets on which people rate outputs, as CSV or JSON lines: written to be filled in, read with every mistake."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, cast

from loom.core.errors import ConfigError, Problem
from loom.core.jsonvalue import Json, JsonValue
from loom.evaluation.json_text import is_number, parse_json
from loom.evaluation.reports.data import csv_line

__all__ = ["Label", "SheetFormat", "SheetRow", "rating_value", "read_labels", "write_sheet"]

_WORDS = {
    **dict.fromkeys(("pass", "passed", "good", "yes", "up", "true"), 1.0),
    **dict.fromkeys(("fail", "failed", "bad", "no", "down", "false"), 0.0),
}


class SheetFormat(StrEnum):
    """How a sheet is spelled."""

    CSV = "csv"
    JSONL = "jsonl"


@dataclass(frozen=True, slots=True)
class SheetRow:
    """An output to rate. No score is on the sheet: a person who sees the judge's verdict tends to agree with it."""

    execution: str
    """Its id, by which the rating finds back; 32 hexadecimal digits."""

    case: str
    input: Json
    expected: JsonValue
    """None when nothing is expected."""

    output: JsonValue


@dataclass(frozen=True, slots=True)
class Label:
    """A person's rating of an output."""

    execution: bytes
    value: float
    """In [0, 1]."""

    rater: str
    note: str | None
    line: int
    """Where in the file it stands."""


def write_sheet(rows: Iterable[SheetRow], spelling: SheetFormat) -> Iterator[str]:
    """The sheet, line by line, with `rating`, `rater` and `note` to fill in."""
    blank = {"rating": "", "rater": "", "note": ""}
    if spelling is SheetFormat.JSONL:
        for row in rows:
            yield json.dumps({**asdict(row), **blank}, ensure_ascii=False) + "\n"
        return
    yield csv_line(("execution", "case", "input", "expected", "output", *blank))
    for row in rows:
        told = (json.dumps(each, ensure_ascii=False) for each in (row.input, row.expected, row.output))
        yield csv_line((row.execution, row.case, *told, *blank.values()))


def read_labels(text: str, file: str, rater: str | None) -> list[Label]:
    """The ratings filled into a sheet; rows without one are skipped.

    `rater` is who rated where a row does not say.

    Raises:
        ConfigError: with everything that is wrong, by line.
    """
    lines = text.removeprefix("\ufeff")
    rows = _json_rows(lines, file) if lines.lstrip().startswith("{") else _csv_rows(lines, file)
    problems: list[Problem] = []
    labels: list[Label] = []
    for number, row in rows:
        found = _label(row, number, rater)
        if isinstance(found, Label):
            labels.append(found)
        elif found is not None:
            problems.append(
                Problem(found.what, found.field, file, number, value=found.value, remedy=found.remedy)
            )
    if problems:
        raise ConfigError(problems)
    if not labels:
        remedy = "fill in the column `rating`: pass, fail, or a number from 0 to 1"
        raise ConfigError(Problem("holds no rating", file=file, remedy=remedy))
    return labels


def _json_rows(text: str, file: str) -> list[tuple[int, Mapping[str, Any]]]:
    rows: list[tuple[int, Mapping[str, Any]]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = parse_json(line)
        except ValueError as error:
            raise ConfigError(Problem(f"is not JSON: {error}", file=file, line=number)) from None
        if not isinstance(row, dict):
            raise ConfigError(Problem("is not a JSON object", file=file, line=number, value=row))
        rows.append((number, cast("Json", row)))
    return rows


def _csv_rows(text: str, file: str) -> list[tuple[int, Mapping[str, Any]]]:
    before = csv.field_size_limit(len(text) + 1)  # an output may be longer than what the module allows
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        rows: list[tuple[int, Mapping[str, Any]]] = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise ConfigError(Problem(f"is not CSV: {error}", file=file, line=reader.line_num)) from None
    finally:
        csv.field_size_limit(before)
    missing = [name for name in ("execution", "rating") if name not in (reader.fieldnames or ())]
    if missing:
        what = f"has no column {' and no column '.join(missing)}"
        remedy = "begin with the file that `loom label export` writes"
        raise ConfigError(Problem(what, file=file, remedy=remedy))
    return rows


def _delimiter(text: str) -> str:
    """A comma, or what spreadsheets of many countries write instead."""
    head = text.partition("\n")[0]
    return max(",;\t", key=head.count)


def _label(row: Mapping[str, Any], line: int, rater: str | None) -> Label | Problem | None:
    rating = row.get("rating")
    if rating is None or rating == "":
        return None
    value = rating_value(rating)
    if value is None:
        remedy = "write pass, fail, or a number from 0 to 1"
        return Problem("is not a rating", "rating", value=rating, remedy=remedy)
    name = _text(row.get("rater")) or rater
    if not name:
        return Problem("is missing", "rater", remedy="fill in who rated, or give --rater NAME")
    try:
        execution = bytes.fromhex(str(row.get("execution") or "").replace("-", ""))
    except ValueError:
        execution = b""
    if len(execution) != 16:
        remedy = "keep the column that `loom label export` wrote"
        return Problem("is not an execution", "execution", value=row.get("execution"), remedy=remedy)
    return Label(execution, value, name, _text(row.get("note")) or None, line)


def rating_value(rating: object) -> float | None:
    """The number in [0, 1] that someone means by pass, fail, or a number; None when it is none."""
    if isinstance(rating, bool):
        return float(rating)
    if isinstance(rating, str):
        word = rating.strip().casefold()
        if word in _WORDS:
            return _WORDS[word]
        try:
            rating = float(word.replace(",", "."))
        except ValueError:
            return None
    if is_number(cast("JsonValue", rating)):
        value = float(cast("float", rating))
        return value if 0 <= value <= 1 else None
    return None


def _text(cell: object) -> str:
    return cell.strip() if isinstance(cell, str) else ""
