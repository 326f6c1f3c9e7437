"""What a database engine must do for the writer: connect, lock, begin, commit, and name its failures."""

from collections.abc import Hashable, Sequence
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import Protocol

import sqlalchemy
from sqlalchemy import Engine
from sqlalchemy.engine import Dialect

__all__ = ["RECONNECT_S", "Connection", "Cursor", "DatabaseBackend", "Trouble"]

RECONNECT_S = 60.0
"""How long a lost connection is sought again before what needed it fails."""


class Trouble(StrEnum):
    """What a driver's error means for the writer."""

    FULL = "full"
    """No space: nothing can be written until there is."""

    LOST = "lost"
    """The connection is gone; whether the last commit happened is unknown."""

    CLASH = "clash"
    """This write collides with another: replay each alone to find which."""

    AGAIN = "again"
    """Two transactions stood in each other's way and this one was undone: the same may succeed now."""

    TEXT = "text"
    """A text that this database has no way to hold: with half a character in it, or on PostgreSQL a NUL."""

    OTHER = "other"


class Cursor(Protocol):
    """The part of a DB-API cursor that the writer uses."""

    @property
    def rowcount(self) -> int: ...

    def execute(self, sql: str, parameters: Sequence[object] = ..., /) -> object: ...

    def executemany(self, sql: str, rows: Sequence[Sequence[object]], /) -> object: ...

    def fetchone(self) -> Sequence[object] | None: ...


class Connection(Protocol):
    """The part of a DB-API connection that the writer uses; in autocommit mode, so that BEGIN is ours."""

    def cursor(self) -> Cursor: ...

    def close(self) -> None: ...


class DatabaseBackend(Protocol):
    """One kind of database. `write_lock` is held around a whole transaction and around checkpoints."""

    url: str
    """Without secrets, for messages."""

    @property
    def dialect(self) -> Dialect:
        """With positional parameters."""
        ...

    begin_sql: str

    def reader(self) -> Engine:
        """An engine for reading, whose connections survive a restart of the server."""
        ...

    def hold(self, connection: sqlalchemy.Connection) -> None:
        """Before the first query on a reader's `connection`: let all of them see one state of the database."""
        ...

    def moment(self, connection: sqlalchemy.Connection | None = None) -> Hashable | None:
        """What changes whenever anyone commits a write; see `kept.Moment`."""
        ...

    def owner(self) -> Engine:
        """An engine that may change the schema; for migrations."""
        ...

    def connect(self) -> Connection:
        """The writer's own connection."""
        ...

    def write_lock(self) -> AbstractContextManager[None]:
        """Exclusive among all processes that write to this database, where the engine itself needs that."""
        ...

    def mark(self, cursor: Cursor, sequence: int) -> None:
        """Inside a transaction: leave the mark by which `committed` can tell that this commit happened."""
        ...

    def committed(self, cursor: Cursor, sequence: int) -> bool:
        """After a lost connection: whether the commit marked `sequence` happened."""
        ...

    def trouble(self, error: Exception) -> Trouble:
        """What `error`, raised by the driver, means."""
        ...

    def after_commit(self, connection: Connection) -> None:
        """Housekeeping under the write lock, such as a checkpoint."""
        ...

    def make_room(self) -> None:
        """On a full disk: free the space kept for receipts."""
        ...

    def keep_room(self) -> bool:
        """Keep space for receipts again; False while there is none."""
        ...

    def close(self) -> None:
        """Release locks and files. Idempotent."""
        ...
