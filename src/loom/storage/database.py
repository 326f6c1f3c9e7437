"""The database as the rest of the house sees it: one to open, many to read from, one writer."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine

from loom.storage.backends import DatabaseBackend
from loom.storage.migrate import migrate
from loom.storage.writer import Writer

__all__ = ["Database", "open_database"]

T = TypeVar("T")
_READERS = 2


class Database:
    """An open, up-to-date database."""

    def __init__(self, backend: DatabaseBackend) -> None:
        self.backend = backend
        self.writer = Writer(backend)
        self._engine: Engine = backend.reader()
        self._threads = ThreadPoolExecutor(_READERS, thread_name_prefix="loom-reader")

    @property
    def url(self) -> str:
        """Without secrets, for messages."""
        return self.backend.url

    def read_now(self, query: Callable[[Connection], T]) -> T:
        """Run `query` on a connection of its own, in this thread."""
        with self._engine.connect() as connection:
            return query(connection)

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run `query` off the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.read_now, query)

    async def aclose(self) -> None:
        """Write what is waiting and release everything. Idempotent."""
        await self.writer.aclose()
        self._threads.shutdown(wait=True)
        self._engine.dispose()
        self.backend.close()


def open_database(url: str) -> Database:
    """Open the database at `url`, creating and migrating it as needed.

    `url` is `postgresql://...`, or `sqlite:///path`.

    Raises:
        StorageError: when it cannot be opened.
        ConflictError: when a newer Loom made it.
    """
    backend = _backend(url)
    migrate(backend)
    return Database(backend)


def _backend(url: str) -> DatabaseBackend:
    if url.startswith(("postgresql:", "postgres:")):
        from loom.storage.postgres import PostgresBackend

        return PostgresBackend(
            url.replace("postgres:", "postgresql:", 1) if url.startswith("postgres:") else url
        )
    from loom.storage.sqlite import SqliteBackend

    return SqliteBackend(Path(url.removeprefix("sqlite:///")).expanduser())
