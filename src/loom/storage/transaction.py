"""One commit: many units of writes in one transaction, grouped by statement; on a clash, unit by unit.

Runs in the writer's thread. Knows nothing of event loops.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any, cast

from msgspec import structs

from loom.core.errors import LoomError, StorageError
from loom.core.failpoint import failpoint
from loom.core.value import Value
from loom.storage.backends import RECONNECT_S, Connection, Cursor, DatabaseBackend, Trouble
from loom.storage.statements import MANY, Compiled, Merge, Phase, Statement, Write, compile_statement

if TYPE_CHECKING:
    import asyncio

__all__ = ["Transactor", "Unit"]

_LOOK_AGAIN_S = 5.0
_EXACT = frozenset((Phase.FENCE, Phase.SETTLE, Phase.RESERVE, Phase.UPDATE))


class Unit(Value):
    """What one writer wants written, all or nothing."""

    writes: tuple[Write, ...]
    urgent: bool
    """May use the room kept for receipts when the disk is full."""

    future: "asyncio.Future[None] | None"
    """Who waits; None when nobody does."""

    failed: "Callable[[BaseException], None] | None" = None
    """Told of a failure, in the event loop's thread, when nobody waits."""

    done: "Callable[[], None] | None" = None
    """Told that it is over, one way or the other, when nobody waits."""


class _MissedError(Exception):
    """A statement did not hit every row it expects; the units must be replayed alone."""

    def __init__(self, statement: Statement) -> None:
        super().__init__(statement.name)
        self.statement = statement


class Transactor:
    """Runs batches on one connection, which it opens when first needed and again when it is lost."""

    def __init__(self, backend: DatabaseBackend) -> None:
        self._backend = backend
        self._compiled: dict[Statement, Compiled] = {}
        self._connection: Connection | None = None
        self._sequence = 0
        self._full: StorageError | None = None
        self._look_again = 0.0
        self._results: list[BaseException | None] = []
        """Of the transaction whose commit is under way."""

    def run(self, batch: list[Unit]) -> list[BaseException | None]:
        """Write `batch`; for each unit None, or the error that kept it out."""
        deadline = time.monotonic() + RECONNECT_S
        self._sequence += 1
        mended = False
        while True:
            full = self._still_full()
            if full is not None:
                return self._receipts_only(batch, full)
            try:
                return self._attempt(batch)
            except LoomError:
                raise
            except Exception as error:
                trouble = self._backend.trouble(error)
                if trouble is Trouble.TEXT and not mended:
                    batch, mended = [_mended(unit) for unit in batch], True
                    continue
                if trouble is Trouble.FULL:
                    self._disk_full(error)
                    continue
                if trouble not in (Trouble.LOST, Trouble.AGAIN) or time.monotonic() > deadline:
                    self._drop()
                    raise
                if trouble is Trouble.AGAIN:
                    continue
                if self._reconnect(deadline):
                    return self._results

    def close(self) -> None:
        """Close the connection. Idempotent."""
        if self._connection is not None:
            self._drop()

    def _attempt(self, batch: list[Unit]) -> list[BaseException | None]:
        connection = self._open()
        with self._backend.write_lock():
            try:
                results = self._transaction(connection.cursor(), batch)
            except Exception:
                with suppress(Exception):
                    connection.cursor().execute("ROLLBACK")
                raise
            if self._full is None:  # a checkpoint would take the room that is kept for receipts
                self._backend.after_commit(connection)
        return results

    def _transaction(self, cursor: Cursor, batch: list[Unit]) -> list[BaseException | None]:
        cursor.execute(self._backend.begin_sql)
        results: list[BaseException | None] = [None] * len(batch)
        try:
            cursor.execute("SAVEPOINT together") if len(batch) > 1 else None
            self._execute(cursor, chain.from_iterable([unit.writes for unit in batch]))
        except Exception as error:
            if not self._is_clash(error):
                raise
            if len(batch) == 1:
                cursor.execute("ROLLBACK")
                return [_refusal(error)]
            cursor.execute("ROLLBACK TO SAVEPOINT together")
            results = [self._alone(cursor, unit) for unit in batch]
        self._results = results
        self._backend.mark(cursor, self._sequence)
        failpoint("commit.before")
        cursor.execute("COMMIT")
        failpoint("commit.after")
        return results

    def _alone(self, cursor: Cursor, unit: Unit) -> BaseException | None:
        cursor.execute("SAVEPOINT alone")
        try:
            self._execute(cursor, unit.writes)
        except Exception as error:
            if not self._is_clash(error):
                raise
            cursor.execute("ROLLBACK TO SAVEPOINT alone")
            return _refusal(error)
        cursor.execute("RELEASE SAVEPOINT alone")
        return None

    def _is_clash(self, error: Exception) -> bool:
        return isinstance(error, _MissedError) or self._backend.trouble(error) is Trouble.CLASH

    def _execute(self, cursor: Cursor, writes: Iterable[Write]) -> None:
        groups: defaultdict[Statement, list[Sequence[object]]] = defaultdict(list)
        for statement, values in writes:
            groups[statement].append(values)
        for statement in sorted(groups, key=_place):
            failpoint(f"{statement.name}.before")
            self._execute_group(cursor, statement, groups[statement])
            failpoint(f"{statement.name}.after")

    def _execute_group(self, cursor: Cursor, statement: Statement, rows: list[Sequence[object]]) -> None:
        if statement.merge is not Merge.NEVER:
            rows = _merged(statement, rows)
        elif statement.phase is Phase.KEEP:
            # Other processes may keep the same rows: in one order, nobody waits for anybody in a circle.
            rows.sort(key=_identity)
        compiled = self._compiled.get(statement)
        if compiled is None:
            compiled = self._compiled[statement] = compile_statement(statement, self._backend.dialect)
        if compiled.order is not None:
            rows = _ordered(compiled, rows)
        if compiled.many is not None:
            rows = _insert_many(cursor, compiled.many, rows)
        if len(rows) == 1:
            cursor.execute(compiled.sql, rows[0])
        elif rows:
            cursor.executemany(compiled.sql, rows)
        if statement.phase in _EXACT and cursor.rowcount != len(rows):
            raise _MissedError(statement)

    def _disk_full(self, error: Exception) -> None:
        """From now on only receipts are written, into the room that is kept for them, until there is space again."""
        message = f"the disk is full, nothing more can be journaled: {error}; free space, then resume"
        self._full = StorageError(message)
        self._look_again = time.monotonic() + _LOOK_AGAIN_S
        self._backend.make_room()

    def _receipts_only(self, batch: list[Unit], refused: StorageError) -> list[BaseException | None]:
        results: list[BaseException | None] = [refused] * len(batch)
        urgent = {index: _mended(unit) for index, unit in enumerate(batch) if unit.urgent}
        if not urgent:
            return results
        try:
            written = self._attempt(list(urgent.values()))
        except Exception:  # noqa: BLE001 - full again, or the connection is lost: the next ones get another
            self._drop()
        else:
            for index, result in zip(urgent, written, strict=True):
                results[index] = result
        return results

    def _still_full(self) -> StorageError | None:
        if self._full is not None and time.monotonic() > self._look_again:
            self._look_again = time.monotonic() + _LOOK_AGAIN_S
            if self._backend.keep_room():
                self._full = None
        return self._full

    def _open(self) -> Connection:
        if self._connection is None:
            self._connection = self._backend.connect()
        return self._connection

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):
                connection.close()

    def _reconnect(self, deadline: float) -> bool:
        """Connect again, waiting until `deadline`; True when the commit in question happened after all."""
        self._drop()
        pause = 0.05
        while True:
            try:
                return self._backend.committed(self._open().cursor(), self._sequence)
            except Exception:  # any failure here means: not back yet
                self._drop()
                if time.monotonic() > deadline:
                    raise
                time.sleep(pause)
                pause = min(pause * 2, 1.0)


def _insert_many(cursor: Cursor, sql: str, rows: list[Sequence[object]]) -> list[Sequence[object]]:
    """Insert `rows` as far as they fill statements for many at once; returns the rest."""
    whole = len(rows) - len(rows) % MANY
    for start in range(0, whole, MANY):
        cursor.execute(sql, tuple(chain.from_iterable(rows[start : start + MANY])))
    return rows[whole:] if whole else rows


def _place(statement: Statement) -> tuple[int, str]:
    return statement.phase, statement.name


def _identity(row: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(row[:2])


def _refusal(error: Exception) -> BaseException:
    return (
        error.statement.refusal()
        if isinstance(error, _MissedError)
        else StorageError(f"the database refused: {error}")
    )


def _mended(unit: Unit) -> Unit:
    """`unit` with its texts as every database holds them: what came from elsewhere may be none."""
    writes = [(statement, tuple(map(_storable, values))) for statement, values in unit.writes]
    return structs.replace(unit, writes=tuple(writes))


def _storable(value: object) -> object:
    if not isinstance(value, str):
        return value
    return value.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def _ordered(compiled: Compiled, rows: list[Sequence[object]]) -> list[Sequence[object]]:
    assert compiled.order is not None
    pick = cast("Callable[[Any], Any]", itemgetter(*compiled.order))
    single = len(compiled.order) == 1
    tail = compiled.constants[::-1]
    picked = [pick((*row, *tail)) for row in rows]
    return [(value,) for value in picked] if single else picked


def _merged(statement: Statement, rows: list[Sequence[Any]]) -> list[Sequence[object]]:
    key = statement.key
    if statement.merge is Merge.LAST:
        last: dict[Any, Sequence[Any]] = {row[:key]: row for row in rows}
        return [last[name] for name in sorted(last)]
    groups: defaultdict[Any, list[Sequence[Any]]] = defaultdict(list)
    for row in rows:
        groups[row[:key]].append(row)
    return [_added(groups[name], key) for name in sorted(groups)]


def _added(rows: list[Sequence[Any]], key: int) -> Sequence[Any]:
    """One row of the same key, with the totals of the rest."""
    if len(rows) == 1:
        return rows[0]
    totals = (
        b"".join(values) if isinstance(values[0], bytes) else sum(values)
        for values in list(zip(*rows, strict=True))[key:]
    )
    return (*rows[0][:key], *totals)
