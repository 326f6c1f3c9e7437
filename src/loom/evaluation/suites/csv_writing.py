"""Writes cases as CSV, in the columns that reading them gives the same cases back. Knows no files."""

import csv
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import cast

from loom.core.errors import ConfigError, Problem
from loom.core.jsonvalue import Json, JsonValue
from loom.evaluation.json_text import is_number
from loom.evaluation.models import ABSENT, Case, Split
from loom.evaluation.suites.csv_files import defused
from loom.evaluation.suites.tags import tags_line

__all__ = ["csv_text"]

_PLAIN_KEY = re.compile(r"[^\s.:]+( +[^\s.:]+)*")
_MOST_COLUMNS = 200
_as_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


@dataclass(frozen=True, slots=True)
class _Column:
    header: str
    cells: Sequence[str]


def csv_text(cases: Sequence[Case]) -> str:
    """The cases as CSV: a column per field where all inputs, or all expected outputs, have simple fields.

    Raises:
        ConfigError: when a text is too long for CSV.
    """
    columns = [
        _Column("name", [defused(case.name) for case in cases]),
        *_values("input", "input", [case.input for case in cases], has_empty=True),
        *_values("expected_output", "expected", [case.expected_output for case in cases], has_empty=False),
        *_optional(cases),
    ]
    _refuse_long(cases, columns)
    stream = StringIO(newline="")
    # With this line end the writer puts every text with a line break of any kind in quotes.
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow([column.header for column in columns])
    writer.writerows(zip(*(column.cells for column in columns), strict=True))
    return stream.getvalue()


def _optional(cases: Sequence[Case]) -> Iterable[_Column]:
    if any(case.tags for case in cases):
        yield _tags(cases)
    if any(case.cluster is not None for case in cases):
        yield _Column("cluster", [defused(case.cluster or "") for case in cases])
    if any(case.weight != 1 for case in cases):
        yield _Column("weight", ["" if case.weight == 1 else _as_json(case.weight) for case in cases])
    if any(case.split is not Split.TRAIN for case in cases):
        yield _Column("split", [case.split.value for case in cases])
    if any(case.scorers for case in cases):
        lists = [list(case.scorers) or ABSENT for case in cases]
        yield _Column("scorers", [_cell(specs, _as_json) for specs in lists])


def _tags(cases: Sequence[Case]) -> _Column:
    lines = [tags_line(case.tags) for case in cases]
    if None not in lines:
        return _Column("tags", [defused(line or "") for line in lines])
    return _Column("tags:json", [_as_json(list(case.tags)) if case.tags else "" for case in cases])


def _values(whole: str, root: str, values: Sequence[JsonValue], *, has_empty: bool) -> Iterable[_Column]:
    """A column per field, or one with all as JSON. With `has_empty`, an empty text cell is an empty text."""
    if all(value is ABSENT for value in values):
        return []
    keys = _field_names(values)
    if keys is None:
        return [_Column(whole, [_cell(value, _as_json) for value in values])]
    return [_field(root, key, values, has_empty=has_empty) for key in keys]


def _field_names(values: Sequence[JsonValue]) -> list[str] | None:
    """The fields, in the order in which they come; None when the values are not simple enough."""
    keys: dict[str, None] = {}
    for value in values:
        if value is ABSENT:
            continue
        if not isinstance(value, dict) or not value:
            return None
        keys.update(dict.fromkeys(cast("Json", value)))
        if len(keys) > _MOST_COLUMNS:
            return None
    return list(keys) if all(_PLAIN_KEY.fullmatch(key) for key in keys) else None


def _field(root: str, key: str, values: Sequence[JsonValue], *, has_empty: bool) -> _Column:
    cells = [ABSENT if value is ABSENT else cast("Json", value).get(key, ABSENT) for value in values]
    given = [cell for cell in cells if cell is not ABSENT]
    header = f"{root}.{key}"
    if all(isinstance(cell, str) for cell in given) and _tells_apart(cells, has_empty=has_empty):
        return _Column(header, [_cell(cell, defused) for cell in cells])
    if all(isinstance(cell, bool) for cell in given):
        return _Column(f"{header}:bool", [_cell(cell, _as_json) for cell in cells])
    kind = "number" if all(is_number(cell) for cell in given) else "json"
    return _Column(f"{header}:{kind}", [_cell(cell, _as_json) for cell in cells])


def _tells_apart(cells: Sequence[JsonValue], *, has_empty: bool) -> bool:
    """Whether an empty cell has one meaning: empty text in an input, nothing in an expected output."""
    return all(cell is not ABSENT for cell in cells) if has_empty else all(cell != "" for cell in cells)


def _cell(value: JsonValue, written: Callable[[JsonValue], str]) -> str:
    return "" if value is ABSENT else written(value)


def _refuse_long(cases: Sequence[Case], columns: Sequence[_Column]) -> None:
    longest = csv.field_size_limit()
    problems = [
        Problem(
            f"holds a text of more than {longest:,} characters, too long for CSV",
            field=f"{case.name}: {column.header}",
            remedy="write .jsonl instead",
        )
        for column in columns
        for case, cell in zip(cases, column.cells, strict=True)
        if len(cell) > longest
    ]
    if problems:
        raise ConfigError(problems)
