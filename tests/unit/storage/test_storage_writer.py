"""The writer: who shares a commit, who is kept out of it, and what becomes of those who wait."""

import asyncio
import fcntl

import pytest

from loom.calls.store import BudgetExhaustedError, keep_account, reserve, settle
from loom.core.errors import ConflictError, StorageError
from loom.core.ids import AccountId, new_id
from loom.storage.backends import Trouble
from loom.storage.blobs import keep_blob, rely_on_blob
from loom.storage.database import open_database
from loom.storage.sqlite import SqliteBackend


def nobody():
    """An account that is not there."""
    return AccountId(new_id())


def ignore(error):
    """What was not written is missing in the accounts."""


def once(error):
    """A hook that raises `error` the first time only."""
    left = [error]

    def hook():
        if left:
            raise left.pop()

    return hook


async def refused(*awaitables):
    """What each raised; None where nothing was."""
    return await asyncio.gather(*awaitables, return_exceptions=True)


async def test_writers_of_one_moment_share_one_commit(store):
    account = await store.account()
    await asyncio.gather(*(store.writer.commit(reserve(account, 1)) for _ in range(50)))
    assert store.backend.commits == 1
    assert store.money(account).reserved_nano == 50


async def test_what_comes_while_a_commit_is_under_way_waits_for_the_next_one_together(store, until):
    account = await store.account()
    other = SqliteBackend(store.backend.path)
    with other.write_lock():
        first = store.writer.commit(reserve(account, 1))
        await asyncio.sleep(0)
        await until(store.writer._queue.empty)
        later = [store.writer.commit(reserve(account, 1)) for _ in range(20)]
        await asyncio.sleep(0)
    await asyncio.gather(first, *later)
    other.close()
    assert store.backend.commits == 2


async def test_a_unit_is_written_whole_or_not_at_all(store):
    account = await store.account()
    with pytest.raises(ConflictError, match="changed it first"):
        await store.writer.commit(settle(account, 0, 7), settle(nobody(), 0, 7))
    assert store.money(account).spent_nano == 0


async def test_a_clash_keeps_out_only_the_unit_that_clashes(store):
    account = await store.account(limit_nano=10)
    units = [reserve(account, amount) for amount in (3, 100, 3, 100, 3)]
    results = await refused(*(store.writer.commit(unit) for unit in units))
    assert [type(result) for result in results] == [
        type(None),
        BudgetExhaustedError,
        type(None),
        BudgetExhaustedError,
        type(None),
    ]
    assert (store.money(account).reserved_nano, store.backend.commits) == (9, 1)


async def test_a_unit_refused_by_the_database_itself_is_told_what_the_database_said(store):
    account = await store.account()
    no_scope = keep_account(nobody(), None, None, None, None, 0)
    good, bad = await refused(store.writer.commit(reserve(account, 1)), store.writer.commit(no_scope))
    assert good is None
    assert isinstance(bad, StorageError)
    assert "scope" in str(bad)
    assert store.money(account).reserved_nano == 1


async def test_what_is_given_back_in_a_commit_makes_room_in_the_same_commit(store):
    account = await store.account(limit_nano=10)
    await store.writer.commit(reserve(account, 10))
    store.backend.commits = 0
    store.writer.post(settle(account, 10, 1), failed=ignore)
    await store.writer.commit(reserve(account, 9))
    assert (store.money(account).reserved_nano, store.money(account).spent_nano) == (9, 1)
    assert store.backend.commits == 1


async def test_posts_are_written_before_a_commit_that_comes_after_them(store):
    account = nobody()
    store.writer.post(keep_account(account, "posted", None, 5, 0, 0), failed=ignore)
    await store.writer.commit(reserve(account, 5))
    assert store.money(account).reserved_nano == 5


async def test_a_post_that_fails_is_told_to_whoever_posted_it_and_to_nobody_else(store):
    account, mine, others = await store.account(), [], []
    store.writer.post(settle(nobody(), 0, 1), failed=mine.append)
    store.writer.post(settle(account, 0, 1), failed=others.append)
    await store.writer.flush()
    assert ([type(error) for error in mine], others) == ([ConflictError], [])
    assert store.money(account).spent_nano == 1


async def test_a_waiter_that_is_cancelled_disturbs_nobody_and_its_write_is_still_made(store):
    account = await store.account()
    waiting = store.writer.commit(reserve(account, 1))
    waiting.cancel()
    await store.writer.commit(reserve(account, 1))
    assert store.money(account).reserved_nano == 2


async def test_closing_writes_what_waits_and_may_be_done_twice(store):
    account = await store.account()
    store.writer.post(reserve(account, 3), failed=ignore)
    await store.writer.aclose()
    await store.writer.aclose()
    assert store.money(account).reserved_nano == 3


async def test_a_write_that_comes_while_it_closes_or_later_is_refused(store):
    account = await store.account()
    other = SqliteBackend(store.backend.path)
    with other.write_lock():
        store.writer.post(reserve(account, 1), failed=ignore)
        closing = asyncio.create_task(store.writer.aclose())
        await asyncio.sleep(0)
        with pytest.raises(StorageError, match="the database is closed"):
            await store.writer.commit(reserve(account, 1))
    other.close()
    await closing
    with pytest.raises(StorageError, match="the database is closed"):
        store.writer.post(reserve(account, 1), failed=ignore)
    assert store.money(account).reserved_nano == 1


async def test_the_lock_between_processes_is_held_through_every_transaction_the_first_included(store):
    other, free = SqliteBackend(store.backend.path), []
    store.backend.inside = lambda: free.append(_is_free(other))
    account = await store.account()
    await store.writer.commit(reserve(account, 1))
    other.close()
    assert free == [False, False]


def _is_free(backend):
    try:
        fcntl.flock(backend._lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    fcntl.flock(backend._lock_fd, fcntl.LOCK_UN)
    return True


async def test_a_connection_lost_before_the_commit_is_opened_again_and_the_commit_repeated(store):
    account = await store.account()
    store.backend.troubles["gone"] = Trouble.LOST
    store.backend.inside = once(OSError("gone"))
    await store.writer.commit(reserve(account, 1))
    assert store.money(account).reserved_nano == 1


async def test_a_connection_lost_behind_the_commit_does_not_repeat_it(store):
    account = await store.account()
    store.backend.troubles["gone"] = Trouble.LOST
    store.backend.after = once(OSError("gone"))
    await store.writer.commit(reserve(account, 1))
    assert store.money(account).reserved_nano == 1


async def test_who_was_refused_hears_it_although_the_connection_was_lost_behind_the_commit(store):
    account = await store.account(limit_nano=10)
    store.backend.troubles["gone"] = Trouble.LOST
    store.backend.after = once(OSError("gone"))
    good, bad = await refused(
        store.writer.commit(reserve(account, 1)), store.writer.commit(reserve(account, 100))
    )
    assert (good, type(bad)) == (None, BudgetExhaustedError)


async def test_an_error_nobody_knows_reaches_all_who_wait_and_the_writer_goes_on(store):
    account = await store.account()
    store.backend.inside = once(RuntimeError("odd"))
    with pytest.raises(StorageError, match="the database failed: odd"):
        await store.writer.commit(reserve(account, 1))
    await store.writer.commit(reserve(account, 1))
    assert store.money(account).reserved_nano == 1


class TestAFullDisk:
    """New work is refused; receipts of what is paid for go into the room that is kept for them."""

    @pytest.fixture(autouse=True)
    def full(self, store):
        store.backend.troubles["full"] = Trouble.FULL

    async def test_new_work_is_refused_with_what_to_do(self, store):
        account = await store.account()
        store.backend.inside = once(OSError("full"))
        with pytest.raises(StorageError, match=r"the disk is full.*free space, then resume"):
            await store.writer.commit(reserve(account, 1))

    async def test_receipts_are_written_into_the_room_kept_for_them(self, store):
        account = await store.account()
        room = store.backend.path.with_name("loom.db-room")
        assert room.stat().st_size >= 1 << 20
        store.backend.inside = once(OSError("full"))
        store.writer.post(settle(account, 0, 4), failed=ignore)
        with pytest.raises(StorageError):
            await store.writer.commit(reserve(account, 1))
        await store.writer.flush()
        money = store.money(account)
        assert (money.spent_nano, money.reserved_nano, room.exists()) == (4, 0, False)

    async def test_a_receipt_that_is_refused_there_is_not_taken_for_written(self, store):
        await store.account()
        store.backend.inside = once(OSError("full"))
        told = []
        store.writer.post(settle(nobody(), 0, 4), failed=told.append)
        await store.writer.flush()
        assert [type(error) for error in told] == [ConflictError]

    async def test_a_text_that_no_database_holds_keeps_no_receipt_out(self, store):
        paid, other = await store.account(), AccountId(new_id())
        store.backend.inside = once(OSError("full"))
        store.writer.post(settle(paid, 0, 1), failed=ignore)
        await store.writer.flush()
        store.writer.post(keep_account(other, "half of a character: \ud83d", None, None, 0, 0), failed=ignore)
        store.writer.post(settle(paid, 0, 4), failed=ignore)
        await store.writer.flush()
        assert (store.money(paid).spent_nano, store.money(other).spent_nano) == (5, 0)

    async def test_the_room_is_kept_again_when_the_database_is_opened_anew(self, store, database_url):
        account = await store.account()
        store.backend.make_room()
        again = open_database(database_url)
        await again.writer.commit(reserve(account, 1))
        await again.aclose()
        assert store.backend.path.with_name("loom.db-room").stat().st_size >= 1 << 20


async def test_content_that_was_pruned_meanwhile_is_not_relied_on(database):
    name, keep = keep_blob(b"a suite")
    await database.writer.commit(keep)
    await database.writer.commit(rely_on_blob(name))
    with pytest.raises(ConflictError, match="pruned"):
        await database.writer.commit(rely_on_blob(b"\0" * 32))
