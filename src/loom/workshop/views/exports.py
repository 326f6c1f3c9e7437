"""The twins of a table: the same columns and rows as CSV and as JSON."""

import csv
import io
import json
from collections.abc import Iterator

from loom.core.jsonvalue import JsonValue
from loom.workshop.views.cells import Act
from loom.workshop.views.tables import Row, Table

__all__ = ["as_csv", "as_json"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_json(table: Table) -> list[dict[str, JsonValue]]:
    """One object a row, keyed by column; ids come first."""
    return [{"id": row.id, **dict(_cells(table, row))} for row in table.rows if row.group is None]


def as_csv(table: Table) -> str:
    """RFC 4180, with a header; text that a spreadsheet would run as a formula is defused by a quote."""
    page = io.StringIO()
    names = ["id", *(column.key for column in table.columns if column.key)]
    writer = csv.DictWriter(page, names, restval="", extrasaction="ignore")
    writer.writeheader()
    for row in as_json(table):
        writer.writerow({name: _flat(value) for name, value in row.items()})
    return page.getvalue()


def _cells(table: Table, row: Row) -> Iterator[tuple[str, JsonValue]]:
    for column, cell in zip(table.columns, row.cells, strict=True):
        if column.key and not isinstance(cell, Act):
            yield column.key, None if cell is None else cell.plain


def _flat(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
