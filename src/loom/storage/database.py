"""The database as the rest of the house sees it: one to open, many to read from, one writer."""

import asyncio
import time
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from loom.core.errors import Problem, StorageError, UsageError
from loom.storage.backends import RECONNECT_S, DatabaseBackend, Trouble
from loom.storage.duckdb_files import refuse_duckdb
from loom.storage.kept import Kept
from loom.storage.migrate import migrate
from loom.storage.writer import Writer

__all__ = ["Database", "open_database"]

T = TypeVar("T")
_READERS = 2
_MOST_KEPT = 300
_RECONNECT_PAUSE_S = 0.2


class Database:
    """An open, up-to-date database."""

    def __init__(self, backend: DatabaseBackend) -> None:
        self.backend = backend
        self.writer = Writer(backend)
        self._engine: Engine = backend.reader()
        self._kept = Kept(backend.moment, _MOST_KEPT)
        self._threads = ThreadPoolExecutor(_READERS, thread_name_prefix="loom-reader")

    @property
    def url(self) -> str:
        """Without secrets, for messages."""
        return self.backend.url

    def read_now(self, query: Callable[[Connection], T]) -> T:
        """Run `query` on a connection of its own, in this thread; again when the connection is lost.

        Raises:
            StorageError: when the database cannot be read.
        """
        deadline = time.monotonic() + RECONNECT_S
        while True:
            try:
                with self._engine.connect() as connection:
                    return query(connection)
            except DBAPIError as error:
                lost = isinstance(error.orig, Exception) and self.backend.trouble(error.orig) is Trouble.LOST
                if not lost or time.monotonic() > deadline:
                    raise StorageError(f"the database {self.url} cannot be read: {error.orig}") from error
                time.sleep(_RECONNECT_PAUSE_S)

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run `query` off the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.read_now, query)

    async def read_kept(self, key: Hashable, query: Callable[[Connection], T]) -> T:
        """As `read`, but `query` is not run again until something was written to the database, by any process.

        `key` names the query and all that it depends on. Its answer is shared by all who ask, and never changed.
        """
        known = self._kept.known(key)
        if known is not None:
            return known.value
        return await self.read(lambda connection: self._kept.of(connection, key, partial(query, connection)))

    async def snapshot(self, query: Callable[[Connection], T]) -> T:
        """As `read`, but everything that `query` reads is of one moment, whatever is committed meanwhile."""

        def within(connection: Connection) -> T:
            self.backend.hold(connection)
            return query(connection)

        return await self.read(within)

    async def aclose(self) -> None:
        """Write what is waiting and release everything. Idempotent."""
        await self.writer.aclose()
        await asyncio.to_thread(self._threads.shutdown)  # a read may be waiting for a database that is gone
        self._engine.dispose()
        self.backend.close()


def open_database(url: str) -> Database:
    """Open the database at `url`, creating and migrating it as needed.

    `url` is `postgresql://...`, or `sqlite:///path`.

    Raises:
        StorageError: when it cannot be opened.
        ConflictError: when a newer Loom made it.
        UsageError: when `url` names another kind of database, or the file of one.
    """
    backend = _backend(url)
    migrate(backend)
    return Database(backend)


def _backend(url: str) -> DatabaseBackend:
    scheme, _, place = url.partition(":")
    if scheme in ("postgresql", "postgres"):
        from loom.storage.postgres import PostgresBackend

        return PostgresBackend(f"postgresql:{place}")
    if not url.removeprefix("sqlite:///") or not url.startswith("sqlite:///"):
        remedy = "write sqlite:///FILE or postgresql://USER@HOST/NAME"
        raise UsageError(
            Problem("is no database that Loom knows", field="DATABASE_URL", value=scheme, remedy=remedy)
        )
    from loom.storage.sqlite import SqliteBackend

    path = Path(url.removeprefix("sqlite:///")).expanduser()
    refuse_duckdb(path)
    return SqliteBackend(path)
