"""What every database promises the writer and those who read; one suite, run over each of them."""

import asyncio
from importlib import import_module
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select

import loom
from loom.calls.store import (
    AttemptState,
    BudgetExhaustedError,
    account_state,
    keep_account,
    mark_unknown,
    open_attempt,
    release_unknown,
    reserve,
    settle,
    settle_attempt,
)
from loom.calls.tables import attempt
from loom.core.errors import ConflictError, StorageError
from loom.core.ids import AccountId, new_id
from loom.storage.blobs import keep_blob, load_blob
from loom.storage.database import open_database
from loom.storage.metadata import metadata
from loom.storage.statements import MANY

ONLY_MIGRATED = {"ix_attempt_open"}
"""Made by migrations and not spelled in `tables.py`, for reasons given there."""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request):
    return request.getfixturevalue("database_url" if request.param == "sqlite" else "postgres_url")


@pytest.fixture
async def database(url):
    opened = open_database(url)
    yield opened
    await opened.aclose()


@pytest.fixture
async def account(database):
    """With a limit of 100."""
    name = AccountId(new_id())
    await database.writer.commit(keep_account(name, "test", None, 100, 0, 0))
    return name


def money(database, account):
    """Reserved, spent."""
    state = database.read_now(lambda connection: account_state(connection, account))
    return state.reserved_nano, state.spent_nano


def opening(account, name=None, epoch=1):
    return open_attempt(name or new_id(), new_id(), account, 1, epoch, AttemptState.OPEN, 10, 0)


def settling(name, state=AttemptState.ANSWERED):
    values = (None, None, 7, 3, 4, "m-1", b"\x00bytes", 0, 5)
    return settle_attempt(name, AttemptState.OPEN, state, *values)


async def together(database, *units):
    """What each unit raised when all are written at once; None where nothing was."""
    return await asyncio.gather(*(database.writer.commit(*unit) for unit in units), return_exceptions=True)


def load_all_tables():
    root = Path(loom.__file__).parent
    for file in root.rglob("tables.py"):
        import_module(".".join(("loom", *file.relative_to(root).with_suffix("").parts)))


async def test_a_fresh_database_is_what_the_tables_say(database):
    load_all_tables()
    engine = database.backend.owner()
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()
    assert {item.name for _, item in differences} == ONLY_MIGRATED


async def test_what_is_committed_is_there_when_the_database_is_opened_again(database, account, url):
    await database.writer.commit(reserve(account, 4))
    again = open_database(url)
    assert money(again, account) == (4, 0)
    await again.aclose()


async def test_a_unit_is_written_whole_or_not_at_all(database, account):
    with pytest.raises(BudgetExhaustedError):
        await database.writer.commit(opening(account), settle(account, 0, 1), reserve(account, 1000))
    assert money(database, account) == (0, 0)
    assert database.read_now(lambda connection: connection.execute(select(attempt)).all()) == []


async def test_a_unit_over_the_limit_is_kept_out_and_the_others_are_written(database, account):
    units = [(reserve(account, amount),) for amount in (30, 200, 30)]
    first, second, third = await together(database, *units)
    assert (first, type(second), third) == (None, BudgetExhaustedError, None)
    assert money(database, account) == (60, 0)


async def test_a_row_that_is_there_already_is_kept_out_and_the_others_are_written(database, account):
    name = new_id()
    first, second, third = await together(
        database, (opening(account, name),), (opening(account, name),), (reserve(account, 1),)
    )
    assert (first, type(second), third) == (None, StorageError, None)
    assert money(database, account) == (1, 0)


async def test_an_account_charged_by_many_units_of_one_commit_is_charged_for_all_of_them(database, account):
    results = await together(database, *[(reserve(account, 3), settle(account, 1, 1))] * 20)
    assert results == [None] * 20
    assert money(database, account) == (40, 20)


async def test_a_change_of_what_has_changed_already_is_refused(database, account):
    name = new_id()
    await database.writer.commit(opening(account, name))
    await database.writer.commit(settling(name))
    with pytest.raises(ConflictError):
        await database.writer.commit(settling(name, AttemptState.FAILED))
    row = database.read_now(lambda connection: connection.execute(select(attempt)).one())
    assert (row.state, row.answer, row.cost_nano, row.snapshot) == ("answered", b"\x00bytes", 7, "m-1")


async def test_a_text_from_elsewhere_that_is_none_is_written_as_near_as_can_be(database, account):
    name, other = new_id(), new_id()
    await database.writer.commit(opening(account, name), opening(account, other))
    odd = settle_attempt(
        name, AttemptState.OPEN, AttemptState.ANSWERED, None, "half \ud800", 7, 3, 4, "m\0", b"\x00b", 0, 5
    )
    assert await together(database, (odd,), (settling(other),)) == [None, None]
    rows = database.read_now(lambda connection: connection.execute(select(attempt)).all())
    assert [row.message for row in rows] == ["half ?", None]
    assert [(row.state, row.snapshot) for row in rows] == [("answered", "m\ufffd"), ("answered", "m-1")]


async def test_of_two_changes_in_one_commit_the_first_is_made(database, account):
    name = new_id()
    await database.writer.commit(opening(account, name))
    first, second = await together(database, (settling(name),), (settling(name, AttemptState.FAILED),))
    assert (first, type(second)) == (None, ConflictError)


async def test_many_rows_of_one_statement_are_all_written_and_all_checked(database, account):
    names = [new_id() for _ in range(2 * MANY + 3)]
    await database.writer.commit(*(opening(account, name) for name in names))
    with pytest.raises(ConflictError):
        await database.writer.commit(*map(settling, [*names, new_id()]))
    await database.writer.commit(*map(settling, names))
    states = database.read_now(lambda connection: connection.execute(select(attempt.c.state)).scalars().all())
    assert states == ["answered"] * len(names)


async def test_a_row_that_clashes_among_many_is_kept_out_alone(database, account):
    names = [new_id() for _ in range(2 * MANY)]
    names[MANY + 5] = names[3]
    results = await together(database, *((opening(account, name),) for name in names))
    assert [place for place, result in enumerate(results) if result is not None] == [MANY + 5]
    rows = database.read_now(
        lambda connection: connection.execute(select(attempt).order_by(attempt.c.row)).all()
    )
    assert [row.id for row in rows] == names[: MANY + 5] + names[MANY + 6 :]


async def test_many_contents_of_which_some_are_kept_already_are_kept_once_each(database):
    kept = [keep_blob(bytes([number]) * 100) for number in range(2 * MANY + 1)]
    await database.writer.commit(*(keep for _, keep in kept[::3]))
    await database.writer.commit(*(keep for _, keep in kept))
    found = [database.read_now(lambda connection, name=name: load_blob(connection, name)) for name, _ in kept]
    assert found == [bytes([number]) * 100 for number in range(len(kept))]


async def test_content_that_two_writers_keep_at_once_is_kept_once(database):
    name, keep = keep_blob(b"\xff" * 5000)
    assert await together(database, (keep,), (keep,)) == [None, None]
    await database.writer.commit(keep)
    assert database.read_now(lambda connection: load_blob(connection, name)) == b"\xff" * 5000


async def test_what_an_earlier_holder_left_open_is_charged_and_what_the_present_one_opened_is_not(
    database, account
):
    old, new = new_id(), new_id()
    await database.writer.commit(reserve(account, 10), opening(account, old, epoch=1))
    await database.writer.commit(release_unknown(account, 2), mark_unknown(account, 2, 99))
    await database.writer.commit(reserve(account, 10), opening(account, new, epoch=2))
    await database.writer.commit(mark_unknown(account, 2, 99))
    rows = database.read_now(lambda connection: connection.execute(select(attempt)).all())
    assert [(row.id, row.state, row.cost_nano) for row in rows] == [(old, "unknown", 10), (new, "open", None)]
    assert money(database, account) == (10, 10)


async def test_two_handles_on_one_database_do_not_lose_each_others_writes(database, account, url):
    other = open_database(url)
    writes = (handle.writer.commit(settle(account, 0, 1)) for handle in (database, other) for _ in range(20))
    await asyncio.gather(*writes)
    await other.aclose()
    assert money(database, account) == (0, 40)


async def test_two_handles_cannot_overspend_one_account(database, account, url):
    other = open_database(url)
    units = [handle.writer.commit(reserve(account, 3)) for handle in (database, other) * 30]
    results = await asyncio.gather(*units, return_exceptions=True)
    await other.aclose()
    assert money(database, account) == (99, 0)
    assert sum(isinstance(result, BudgetExhaustedError) for result in results) == 60 - 33


@pytest.mark.postgres
async def test_a_commit_that_the_server_is_still_carrying_out_is_waited_for(postgres_url):
    backend = open_database(postgres_url).backend
    lost, found = backend.connect(), backend.connect()
    cursor = lost.cursor()
    cursor.execute("BEGIN")
    backend.mark(cursor, 1)
    asked = asyncio.create_task(asyncio.to_thread(backend.committed, found.cursor(), 1))
    await asyncio.wait((asked,), timeout=0.3)
    cursor.execute("COMMIT")
    assert await asked
    lost.close()
    found.close()
