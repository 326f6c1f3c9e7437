"""Edits the rows of a CSV suite cell by cell; all other cells keep their text. Knows no files."""

import csv
import json
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import cast

from loom.core.jsonvalue import Json, JsonValue
from loom.evaluation.models import ABSENT, Split
from loom.evaluation.suites.csv_files import defused
from loom.evaluation.suites.tags import tags_line

__all__ = ["csv_cases_with_split", "csv_with_case", "csv_with_change", "csv_with_splits"]

_EXPECTED = "expected_output"


def csv_with_case(text: str, case: Json) -> str | None:
    """`text` with a row for `case` behind it; None when a value does not fit its column."""
    header = next(cells for cells in _rows(text) if any(cells))
    try:
        row = [_cell(case, name.strip()) for name in header]
    except TypeError:
        return None
    return text + _written([row], text)


def csv_with_change(text: str, number: int, case: Json | None) -> str | None:
    """`text` with a row for `case` in place of the one that is numbered, from 0; without it where there is none."""
    rows = _rows(text)
    header, *cases = [at for at, cells in enumerate(rows) if any(cells)]
    if not number < len(cases):
        return None
    try:
        row = [] if case is None else [[_cell(case, name.strip()) for name in rows[header]]]
    except TypeError:
        return None
    return _written([*rows[: cases[number]], *row, *rows[cases[number] + 1 :]], text)


def csv_with_splits(text: str, splits: Mapping[int, Split]) -> str:
    """`text` with these splits in its column `split`, which is added where there is none."""
    rows = _rows(text)
    filled = [number for number, cells in enumerate(rows) if any(cells)]
    header, *cases = filled
    names = [name.strip() for name in rows[header]]
    if "split" not in names:
        names.append("split")
        rows[header].append("split")
        for number in cases:
            rows[number].append("")
    for number, split in splits.items():
        rows[cases[number]][names.index("split")] = split.value
    return _written(rows, text)


def csv_cases_with_split(text: str) -> set[int]:
    """The numbers, from 0, of the cases whose cell under `split` is filled."""
    header, *cases = [cells for cells in _rows(text) if any(cells)]
    names = [name.strip() for name in header]
    if "split" not in names:
        return set()
    at = names.index("split")
    return {number for number, cells in enumerate(cases) if cells[at]}


def _rows(text: str) -> list[list[str]]:
    return list(csv.reader(StringIO(text, newline=""), strict=True))


def _written(rows: Sequence[Sequence[str]], like: str) -> str:
    stream = StringIO(newline="")
    csv.writer(stream, lineterminator="\r\n" if "\r" in like else "\n").writerows(rows)
    return stream.getvalue()


def _cell(case: Json, header: str) -> str:
    """The cell of `case` under `header`. Raises TypeError for what is no text in a column of texts."""
    name, _, kind = header.partition(":")
    root, *inner = name.split(".")
    value: JsonValue = case.get(_EXPECTED if root == "expected" else root, ABSENT)
    for key in inner:
        value = cast("Json", value).get(key, ABSENT) if isinstance(value, dict) else ABSENT
    if value is ABSENT:
        return ""
    if kind or (not inner and root in ("input", _EXPECTED, "weight", "scorers")):
        return json.dumps(value, ensure_ascii=False)
    if root == "tags" and not inner:
        value = tags_line(value)
    if not isinstance(value, str):
        raise TypeError(header)
    return defused(value)
