"""Opening a database: its schema, other processes at the same file, and content kept by its hash."""

import asyncio
import multiprocessing
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from hypothesis import given
from hypothesis import strategies as st

from loom.calls.store import account_state, keep_account, settle
from loom.core.errors import ConflictError, NotFoundError, StorageError
from loom.core.hashing import hash_bytes
from loom.storage.blobs import keep_blob, load_blob, pack, unpack
from loom.storage.database import open_database
from loom.storage.migrate import HEAD, NEW_SQLITE, migrate, upgrade
from loom.storage.new_sqlite import new_sqlite
from loom.storage.sqlite import SqliteBackend

MIGRATIONS = Path(open_database.__code__.co_filename).with_name("migrations")
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload([__name__])


def write_some(url, meet, rounds):
    """In another process: open the database when the others do, and charge its one account."""

    async def main():
        meet.wait(30)
        database = open_database(url)
        writer = database.writer
        await writer.commit(keep_account(b"shared", "test", None, None, 0, 0))
        for _ in range(rounds):
            await writer.commit(settle(b"shared", 0, 1))
        await database.aclose()

    asyncio.run(main())


def run_together(url, processes, rounds):
    meet = PROCESSES.Barrier(processes)
    started = [PROCESSES.Process(target=write_some, args=(url, meet, rounds)) for _ in range(processes)]
    for process in started:
        process.start()
    for process in started:
        process.join(60)
    assert [process.exitcode for process in started] == [0] * processes


def spent(url):
    backend = SqliteBackend(Path(url.removeprefix("sqlite:///")))
    with backend.reader().connect() as connection:
        found = account_state(connection, b"shared").spent_nano
    backend.close()
    return found


def test_processes_that_open_a_new_database_at_once_all_find_it_ready_and_lose_no_write(tmp_path):
    url = f"sqlite:///{tmp_path / 'new' / 'loom.db'}"
    run_together(url, processes=4, rounds=10)
    assert spent(url) == 40


KILLED = """
import os, sys
from pathlib import Path
from sqlalchemy import Engine, event
from loom.storage.migrate import migrate
from loom.storage.sqlite import SqliteBackend

path, last = sys.argv[1:]

@event.listens_for(Engine, "after_cursor_execute")
def kill(connection, cursor, statement, *rest):
    if statement.split()[:3] == ["CREATE", "TABLE", last]:
        os.kill(os.getpid(), 9)

migrate(SqliteBackend(Path(path)))
"""


def schema(path):
    with sqlite3.connect(path) as connection:
        return list(connection.iterdump())


@pytest.fixture
def outdated(tmp_path):
    """A database as the first Loom made it."""
    backend = SqliteBackend(tmp_path / "outdated.db")
    upgrade(backend.owner(), "0001")
    backend.close()
    return backend.path


def same_but_for_ids(path):
    return re.sub(r"X'[0-9A-F]{32}'", "randomblob(16)", "\n".join(schema(path)))


def test_a_new_file_is_made_as_the_migrations_would_make_it(outdated, tmp_path):
    assert NEW_SQLITE.read_text() == new_sqlite(), "run: python -m loom.storage.new_sqlite"
    new = tmp_path / "new.db"
    for path in (outdated, new):
        open_database(f"sqlite:///{path}").backend.close()
    assert same_but_for_ids(outdated) == same_but_for_ids(new)
    assert schema(outdated) != schema(new), "each has a letter box of its own"


def test_a_new_file_is_made_without_the_libraries_that_migrate(tmp_path):
    opens = "import sys; from loom.storage.database import open_database; open_database(sys.argv[1])"
    asks = "; print([name for name in ('alembic', 'mako', 'pygments') if name in sys.modules])"
    command = [sys.executable, "-c", opens + asks, f"sqlite:///{tmp_path}/loom.db"]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == "[]\n"


@pytest.mark.parametrize("last", ["blob", "job", "endpoint"])
def test_a_database_whose_making_was_killed_is_made_by_the_next_start(tmp_path, last):
    path = tmp_path / "killed.db"
    assert killed_at(path, last)
    migrate(SqliteBackend(path))
    assert revision(path) == HEAD


@pytest.mark.parametrize("last", ["version", "endpoint"])
def test_an_upgrade_that_was_killed_is_done_by_the_next_start(outdated, last):
    before = schema(outdated)
    assert killed_at(outdated, last)
    assert schema(outdated) == before
    migrate(SqliteBackend(outdated))
    assert revision(outdated) == HEAD


def killed_at(path, table):
    return subprocess.run([sys.executable, "-c", KILLED, path, table], check=False).returncode == -9


def revision(path):
    with sqlite3.connect(path) as connection:
        return connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]


def test_the_newest_revision_is_that_of_the_newest_script():
    assert ScriptDirectory(MIGRATIONS).get_heads() == [HEAD]


def test_a_database_of_a_newer_loom_is_refused_with_what_to_do(database_url):
    backend = SqliteBackend(Path(database_url.removeprefix("sqlite:///")))
    with backend.owner().begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    backend.close()
    with pytest.raises(
        ConflictError, match=r"a newer Loom made .*9999.*upgrade loom-ai, or use another DATA_DIR"
    ):
        open_database(database_url)


def test_a_folder_that_cannot_be_made_is_named_with_what_to_do(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"file/loom\.db: .*; set DATA_DIR to a folder you may write to"):
        open_database(f"sqlite:///{tmp_path}/file/loom.db")


def test_a_file_that_is_no_database_is_named(tmp_path):
    (tmp_path / "loom.db").write_bytes(b"not a database, but long enough to be looked at" * 10)
    with pytest.raises(StorageError, match=r"loom\.db: file is not a database"):
        open_database(f"sqlite:///{tmp_path}/loom.db")


def test_a_home_folder_may_be_written_with_a_tilde(tmp_path, monkeypatch, empty_database):
    monkeypatch.setenv("HOME", str(tmp_path))
    shutil.copy(empty_database, tmp_path / "loom.db")
    database = open_database("sqlite:///~/loom.db")
    database.backend.close()
    assert database.url == f"sqlite:///{tmp_path}/loom.db"


async def test_readers_cannot_write(database):
    with pytest.raises(Exception, match="readonly"):
        database.read_now(lambda connection: connection.exec_driver_sql("DELETE FROM job"))


async def test_the_database_keeps_its_promises_to_the_disk(database):
    connection = database.backend.connect()
    names = ("journal_mode", "synchronous", "wal_autocheckpoint")
    values = [connection.cursor().execute(f"PRAGMA {name}").fetchone()[0] for name in names]
    connection.close()
    assert values == ["wal", 2, 0]


async def test_content_is_kept_once_and_found_by_its_hash(database):
    name, keep = keep_blob(b"a suite" * 1000)
    await database.writer.commit(keep, keep)
    await database.writer.commit(keep)
    assert name == hash_bytes(b"a suite" * 1000)
    assert database.read_now(lambda connection: load_blob(connection, name)) == b"a suite" * 1000


async def test_content_that_is_not_here_is_named(database):
    with pytest.raises(NotFoundError, match="00ff is not in this database"):
        database.read_now(lambda connection: load_blob(connection, b"\x00\xff"))


@given(st.binary(max_size=3000))
def test_what_is_packed_comes_out_as_it_went_in(data):
    assert unpack(pack(data)) == data
