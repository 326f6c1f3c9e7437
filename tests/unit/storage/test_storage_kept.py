"""Answers that are kept until something is written: by this process, or by another at the same database."""

import pytest
from sqlalchemy import Connection

from loom.calls.store import account_state, keep_account, settle
from loom.core.ids import AccountId
from loom.storage.database import Database, open_database
from loom.storage.kept import Kept


class Asked:
    """What an account has spent, and how often that was looked up."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.times = 0

    async def spent(self, account: bytes = b"one") -> int:
        def query(connection: Connection) -> int:
            self.times += 1
            return account_state(connection, AccountId(account)).spent_nano

        return await self._database.read_kept(("spent", account), query)


@pytest.fixture
async def asked(database: Database) -> Asked:
    for name in (b"one", b"two"):
        await database.writer.commit(keep_account(name, "test", None, None, 0, 0))
    await database.writer.commit(settle(b"two", 0, 7))
    return Asked(database)


async def test_a_query_runs_once_for_each_key_while_nothing_is_written(asked: Asked) -> None:
    found = [(await asked.spent(b"one"), await asked.spent(b"two")) for _ in range(8)]
    assert set(found) == {(0, 7)}
    assert asked.times == 2


async def test_what_is_written_is_read_at_once(asked: Asked, database: Database) -> None:
    for spent in range(10):
        assert await asked.spent() == spent
        await database.writer.commit(settle(b"one", 0, 1))


async def test_what_another_process_writes_is_read_at_once(asked: Asked, database_url: str) -> None:
    other = open_database(database_url)
    assert await asked.spent() == 0
    await other.writer.commit(settle(b"one", 0, 3))
    assert await asked.spent() == 3
    await other.aclose()


async def test_the_answer_longest_unused_is_forgotten_first(database: Database) -> None:
    kept, asked = Kept(lambda connection=None: "always", most=2), list[str]()

    def read(connection: Connection) -> None:
        for key in ("a", "b", "a", "c", "a", "b"):
            kept.of(connection, key, lambda key=key: asked.append(key))

    await database.read(read)
    assert asked == ["a", "b", "c", "b"]


async def test_nothing_is_kept_where_nobody_can_tell_of_writes(database: Database) -> None:
    kept = Kept(lambda connection=None: None, most=2)
    answers = iter(range(9))
    read = [await database.read(lambda one: kept.of(one, "a", lambda: next(answers))) for _ in range(3)]
    assert read == [0, 1, 2]
    assert kept.known("a") is None
