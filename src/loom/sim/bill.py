"""The bill: one row per request in order of arrival, kept in bounded memory and, when wished, in a file."""

import json
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TextIO

from loom.core.jsonvalue import Json

__all__ = ["Bill", "Row"]


@dataclass(slots=True)
class Row:
    """One request. It is open until `outcome` is set: `completed`, `refused`, `fault:<name>`,
    `client_gone` or `failed` (a bug of ours)."""

    n: int
    request_id: str
    path: str
    arrived_us: int
    model: str = ""
    finished_us: int = 0
    status: int = 0
    outcome: str = ""
    billed: bool = False
    """The model did the work, whether or not the client got the answer."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost_nano_usd: int = 0
    request_hash: str = ""
    """SHA-256 of the canonical body without what only concerns transport."""

    def as_line(self) -> str:
        """The row as one line of JSON."""
        return json.dumps({name: getattr(self, name) for name in _COLUMNS}) + "\n"


_COLUMNS = tuple(column.name for column in fields(Row))


class Bill:
    """All requests so far. Totals count every request, also those whose rows were dropped."""

    def __init__(self, *, keep: int = 200_000, path: Path | None = None) -> None:
        self._rows: deque[Row] = deque(maxlen=keep)
        self._path = path
        self._file: TextIO | None = path.open("a", encoding="utf-8") if path else None
        self._clear()

    def _clear(self) -> None:
        self._count = 0
        self._open: set[int] = set()
        """By `id`; a row from before a reset is none of them."""

        self._by_outcome: Counter[str] = Counter()
        self._by_status: Counter[int] = Counter()
        self._tokens: Counter[str] = Counter()
        self._billed = 0
        self._cost = 0

    def open(self, request_id: str | None, path: str, arrived_us: int) -> Row:
        """A new row for a request that has just arrived; without an id of its own it is called by its number."""
        self._count += 1
        row = Row(self._count, request_id or f"req-{self._count}", path, arrived_us)
        self._rows.append(row)
        self._open.add(id(row))
        return row

    def close(self, row: Row, *, status: int, outcome: str, finished_us: int) -> None:
        """Settles the row, counts it, and writes it to the file."""
        row.status, row.outcome, row.finished_us = status, outcome, finished_us
        if id(row) in self._open:
            self._open.discard(id(row))
            self._add(row)
        if self._file:
            self._file.write(row.as_line())
            self._file.flush()

    def _add(self, row: Row) -> None:
        self._by_outcome[row.outcome] += 1
        self._by_status[row.status] += 1
        if row.billed:
            self._billed += 1
            self._cost += row.cost_nano_usd
            self._tokens["input"] += row.input_tokens
            self._tokens["output"] += row.output_tokens

    def totals(self) -> Json:
        """What `/stats` shows."""
        return {
            "requests": self._count,
            "open": len(self._open),
            "billed": self._billed,
            "input_tokens": self._tokens["input"],
            "output_tokens": self._tokens["output"],
            "cost_nano_usd": self._cost,
            "outcomes": dict(sorted(self._by_outcome.items())),
            "statuses": {str(status): count for status, count in sorted(self._by_status.items())},
            "rows_kept": len(self._rows),
            "rows_dropped": self._count - len(self._rows),
        }

    def rows(
        self, *, after: int = 0, limit: int | None = None, request_id: str | None = None
    ) -> Iterator[Row]:
        """Rows in order of arrival, beginning after number `after`."""
        left = limit
        for row in self._rows:
            if row.n <= after or (request_id is not None and row.request_id != request_id):
                continue
            if left is not None:
                if left <= 0:
                    return
                left -= 1
            yield row

    def reset(self) -> None:
        """Forgets all rows and totals; the file keeps what it has. Open rows are then counted nowhere."""
        self._rows.clear()
        self._clear()

    def shut(self) -> None:
        """Closes the file."""
        if self._file:
            self._file.close()
            self._file = None
