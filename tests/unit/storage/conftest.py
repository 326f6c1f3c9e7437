"""A SQLite database that counts what is done to it, and breaks when told to."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from loom.calls.store import AccountState, account_state, keep_account
from loom.core.ids import AccountId, new_id
from loom.storage.backends import Connection, Cursor, Trouble
from loom.storage.database import Database
from loom.storage.sqlite import SqliteBackend


class Watched(SqliteBackend):
    """`inside` is called in each transaction, just ahead of its commit; `after`, just behind it. Both may raise."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.commits = 0
        self.inside: Callable[[], None] = lambda: None
        self.after: Callable[[], None] = lambda: None
        self.troubles: dict[str, Trouble] = {}
        """What an error of these words means."""

    def mark(self, cursor: Cursor, sequence: int) -> None:
        self.inside()

    def after_commit(self, connection: Connection) -> None:
        self.commits += 1
        self.after()

    def committed(self, cursor: Cursor, sequence: int) -> bool:
        return self.commits > 0

    def trouble(self, error: Exception) -> Trouble:
        return self.troubles.get(str(error)) or super().trouble(error)


class Store:
    """The watched database, and accounts in it."""

    def __init__(self, backend: Watched) -> None:
        self.backend = backend
        self.database = Database(backend)
        self.writer = self.database.writer

    async def account(self, limit_nano: int | None = None) -> AccountId:
        """A new one. Commits are counted from here."""
        account = AccountId(new_id())
        await self.writer.commit(keep_account(account, "test", None, limit_nano, 0, 0))
        self.backend.commits = 0
        return account

    def money(self, account: AccountId) -> AccountState:
        return self.database.read_now(lambda connection: account_state(connection, account))


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    made = Store(Watched(Path(database_url.removeprefix("sqlite:///"))))
    yield made
    await made.database.aclose()
