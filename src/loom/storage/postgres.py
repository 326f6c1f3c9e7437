"""PostgreSQL as the database, over psycopg 3; a server that restarts is an ordinary event.

A commit whose connection broke may or may not have happened. Each writer therefore leaves a mark in its own row with
every commit; after reconnecting, the mark tells.
"""

import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, cast

import sqlalchemy
from sqlalchemy import URL, Engine, create_engine
from sqlalchemy.dialects.postgresql import psycopg as psycopg_dialect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from loom.core.errors import Problem, StorageError, UsageError
from loom.core.ids import new_id
from loom.storage.backends import Connection, Cursor, Trouble

__all__ = ["PostgresBackend"]

_CONNECT_S = 5
_KEEP_MARKS_US = 24 * 3600 * 1_000_000


class PostgresBackend:
    """One PostgreSQL database, named by a libpq URL."""

    begin_sql = "BEGIN"

    def __init__(self, url: str) -> None:
        self._driver = _driver()
        self._url = _parsed(url).set(drivername="postgresql+psycopg")
        self._conninfo = self._url.set(drivername="postgresql").render_as_string(hide_password=False)
        self.url = self._url.set(drivername="postgresql").render_as_string(hide_password=True)
        self.dialect = psycopg_dialect.dialect(paramstyle="format")
        self._writer = new_id()

    def reader(self) -> Engine:
        return create_engine(
            self._url, pool_pre_ping=True, pool_size=4, connect_args={"connect_timeout": _CONNECT_S}
        )

    def hold(self, connection: sqlalchemy.Connection) -> None:
        connection.execution_options(isolation_level="REPEATABLE READ")

    def moment(self, connection: sqlalchemy.Connection | None = None) -> str | None:
        """Two snapshots that are alike see the same transactions."""
        if connection is None:
            return None
        return connection.exec_driver_sql("SELECT pg_current_snapshot()::text").scalar_one()

    def owner(self) -> Engine:
        return create_engine(self._url, poolclass=NullPool, connect_args={"connect_timeout": _CONNECT_S})

    def connect(self) -> Connection:
        try:
            connection = self._driver.connect(
                self._conninfo, autocommit=True, connect_timeout=_CONNECT_S, prepare_threshold=1
            )
        except self._driver.Error as error:
            raise StorageError(
                f"cannot reach PostgreSQL at {self.url}: {error}; check DATABASE_URL"
            ) from error
        now_us = time.time_ns() // 1000
        connection.execute("DELETE FROM writer_mark WHERE at_us < %s", (now_us - _KEEP_MARKS_US,))
        first = "INSERT INTO writer_mark (writer, sequence, at_us) VALUES (%s, 0, %s) ON CONFLICT DO NOTHING"
        connection.execute(first, (self._writer, now_us))  # so that `committed` has a row to wait for
        return cast("Connection", connection)

    @contextmanager
    def write_lock(self) -> Generator[None]:
        """PostgreSQL locks rows itself."""
        yield

    def mark(self, cursor: Cursor, sequence: int) -> None:
        upsert = (
            "INSERT INTO writer_mark (writer, sequence, at_us) VALUES (%s, %s, %s)"
            " ON CONFLICT (writer) DO UPDATE SET sequence = excluded.sequence, at_us = excluded.at_us"
        )
        cursor.execute(upsert, (self._writer, sequence, time.time_ns() // 1000))

    def committed(self, cursor: Cursor, sequence: int) -> bool:
        # The server may still be carrying out the commit of the connection that was lost: the lock waits for its end.
        cursor.execute("SELECT sequence FROM writer_mark WHERE writer = %s FOR UPDATE", (self._writer,))
        row = cursor.fetchone()
        return row is not None and row[0] == sequence

    def trouble(self, error: Exception) -> Trouble:
        driver: Any = self._driver
        if isinstance(error, driver.errors.DiskFull):
            return Trouble.FULL
        if isinstance(error, driver.errors.DeadlockDetected | driver.errors.SerializationFailure):
            return Trouble.AGAIN
        if isinstance(error, driver.IntegrityError):
            return Trouble.CLASH
        if isinstance(error, UnicodeEncodeError) or (
            isinstance(error, driver.DataError) and "NUL" in str(error)
        ):
            return Trouble.TEXT
        lost = isinstance(error, driver.OperationalError | driver.InterfaceError)
        return Trouble.LOST if lost else Trouble.OTHER

    def after_commit(self, connection: Connection) -> None:
        """The server checkpoints by itself."""

    def make_room(self) -> None:
        """The server's disk is not ours to keep room on."""

    def keep_room(self) -> bool:
        """Nobody can tell but by trying."""
        return True

    def close(self) -> None:
        """Connections are closed by their owners."""


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        remedy = "write postgresql://USER@HOST:PORT/NAME"
        raise UsageError(Problem("is no address of a database", "DATABASE_URL", remedy=remedy)) from None


def _driver() -> Any:
    try:
        import psycopg
    except ImportError:
        problem = Problem("names PostgreSQL", field="DATABASE_URL", remedy="pip install 'loom-ai[postgres]'")
        raise UsageError(problem) from None
    return psycopg
