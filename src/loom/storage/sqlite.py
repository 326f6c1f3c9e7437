"""SQLite as the database: WAL, FULL, one cross-process write lock, and checkpoints that are ours to time.

SQLite before 3.51.3 can corrupt a WAL that two processes checkpoint at once, and its own busy handler starves writers
under contention; so a lock file (`flock`) is held around every transaction and checkpoint, and automatic checkpoints
are off. See https://sqlite.org/wal.html.
"""

import errno
import fcntl
import os
import sqlite3
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Any, cast

import sqlalchemy
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.dialects import sqlite as sqlite_dialect
from sqlalchemy.pool import NullPool, QueuePool

from loom.core.errors import StorageError
from loom.storage.backends import Connection, Cursor, Trouble

__all__ = ["SqliteBackend"]

_LOCK_WAIT_S = 60.0
_BUSY_MS = 30_000
_CHECKPOINT_PAGES = 2_000
_ROOM_BYTES = 4 << 20
_PRIVATE = 0o600
_PRAGMAS = (f"PRAGMA busy_timeout={_BUSY_MS}", "PRAGMA synchronous=FULL", "PRAGMA cache_size=-2000")
_READERS_PRAGMAS = (f"PRAGMA busy_timeout={_BUSY_MS}", "PRAGMA query_only=ON", "PRAGMA cache_size=-500")
"""Of each reader the cache is small: the system keeps the file in memory anyway, and sorting takes as much again."""


_NOTHING: dict[None, None] = {}

# The driver looks for a conversion of each parameter that is no plain number or text, and makes an exception to learn
# that there is none: half of what a row costs. So enums, too, are written as plain text where there are many. These
# give back what they are given, without running a line of Python.
sqlite3.register_adapter(bytes, bytes.__bytes__)
sqlite3.register_adapter(type(None), _NOTHING.get)
sqlite3.register_adapter(bool, int)


class SqliteBackend:
    """One SQLite file. `room` is space kept on disk so that receipts can still be written when the disk is full."""

    begin_sql = "BEGIN IMMEDIATE"

    def __init__(self, path: Path) -> None:
        self.url = f"sqlite:///{path}"
        self.path = path
        self.dialect = sqlite_dialect.dialect(paramstyle="qmark")
        self._room = path.with_name(path.name + "-room")
        self._since_checkpoint = 0
        self._watch: sqlite3.Connection | None = None
        self._watch_lock = Lock()
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock_fd = os.open(path.with_name(path.name + "-lock"), os.O_RDWR | os.O_CREAT, _PRIVATE)
            with suppress(FileExistsError):  # SQLite gives -wal and -shm the mode that this one has
                os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE))
        except OSError as error:
            raise StorageError(_cannot_open(path, error)) from error

    def reader(self) -> Engine:
        engine = create_engine(
            f"sqlite:///{self.path}", poolclass=QueuePool, pool_use_lifo=True, max_overflow=-1
        )

        @event.listens_for(engine, "connect")
        def _configure(connection: Any, _record: object) -> None:  # pyright: ignore[reportUnusedFunction]
            for pragma in _READERS_PRAGMAS:
                connection.execute(pragma)

        return engine

    def hold(self, connection: sqlalchemy.Connection) -> None:
        connection.exec_driver_sql("BEGIN")  # the driver begins by itself only before it writes

    def moment(self, connection: sqlalchemy.Connection | None = None) -> int | None:  # noqa: ARG002
        """SQLite counts for each connection what others have written, so one is there to be asked: it never waits."""
        with self._watch_lock:
            try:
                if self._watch is None:
                    self._watch = sqlite3.connect(self.path, timeout=0, check_same_thread=False)
                return self._watch.execute("PRAGMA data_version").fetchall()[0][0]
            except sqlite3.Error:
                return None

    def owner(self) -> Engine:
        engine = create_engine(f"sqlite:///{self.path}", poolclass=NullPool)

        # By itself the driver commits what changes the schema at once: a migration that is killed would leave half.
        @event.listens_for(engine, "connect")
        def _by_hand(connection: Any, _record: object) -> None:  # pyright: ignore[reportUnusedFunction]
            connection.isolation_level = None

        @event.listens_for(engine, "begin")
        def _begin(connection: sqlalchemy.Connection) -> None:  # pyright: ignore[reportUnusedFunction]
            connection.exec_driver_sql("BEGIN")

        return engine

    def connect(self) -> Connection:
        try:
            connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            with self.write_lock():
                for pragma in (*_PRAGMAS, "PRAGMA journal_mode=WAL", "PRAGMA wal_autocheckpoint=0"):
                    connection.execute(pragma).close()
                self._keep_room()
        except (sqlite3.Error, OSError) as error:
            raise StorageError(_cannot_open(self.path, error)) from error
        return cast("Connection", connection)

    def _keep_room(self) -> None:
        if self._room.exists() and self._room.stat().st_size >= _ROOM_BYTES:
            return
        descriptor = os.open(self._room, os.O_WRONLY | os.O_CREAT, _PRIVATE)
        try:
            os.posix_fallocate(descriptor, 0, _ROOM_BYTES)
        finally:
            os.close(descriptor)

    @contextmanager
    def write_lock(self) -> Generator[None]:
        deadline = time.monotonic() + _LOCK_WAIT_S
        pause = 0.000_2
        while True:
            try:
                fcntl.flock(self._lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    message = (
                        f"another process has held the write lock of {self.path} for {_LOCK_WAIT_S:.0f} s"
                    )
                    raise StorageError(f"{message}; end it, or use another DATA_DIR") from None
                time.sleep(pause)
                pause = min(pause * 1.5, 0.01)
        try:
            yield
        finally:
            fcntl.flock(self._lock_fd, fcntl.LOCK_UN)

    def mark(self, cursor: Cursor, sequence: int) -> None:
        """Not needed: a local commit either returned or did not happen."""

    def committed(self, cursor: Cursor, sequence: int) -> bool:  # noqa: ARG002 - the protocol's signature
        return False

    def trouble(self, error: Exception) -> Trouble:
        if isinstance(error, sqlite3.IntegrityError):
            return Trouble.CLASH
        if isinstance(error, UnicodeEncodeError):
            return Trouble.TEXT
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return Trouble.FULL
        name = str(getattr(error, "sqlite_errorname", ""))
        full = name == "SQLITE_FULL" or (name.startswith("SQLITE_IOERR") and not self._free_blocks())
        return Trouble.FULL if full else Trouble.OTHER

    def _free_blocks(self) -> int:
        """What the file system has left; SQLite reports a full disk in several ways."""
        return os.statvfs(self.path.parent).f_bavail

    def after_commit(self, connection: Connection) -> None:
        self._since_checkpoint += 1
        if self._since_checkpoint < 64:
            return
        self._since_checkpoint = 0
        with suppress(OSError, sqlite3.Error):
            if self.path.with_name(self.path.name + "-wal").stat().st_size > _CHECKPOINT_PAGES * 4096:
                connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)")

    def make_room(self) -> None:
        self._room.unlink(missing_ok=True)

    def keep_room(self) -> bool:
        try:
            self._keep_room()
        except OSError:
            self.make_room()
            return False
        return True

    def close(self) -> None:
        with self._watch_lock:
            if self._watch is not None:
                self._watch.close()
                self._watch = None
        if self._lock_fd >= 0:
            os.close(self._lock_fd)
            self._lock_fd = -1


def _cannot_open(path: Path, error: Exception) -> str:
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    full = full or "full" in str(error)
    remedy = "free some space" if full else "set DATA_DIR to a folder you may write to"
    return f"cannot open the database {path}: {error}; {remedy}"
