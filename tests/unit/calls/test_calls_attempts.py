"""Every try is journaled before it leaves and settled when it ends, and no account is ever overspent."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from loom.calls.attempts import refuse_unpriced
from loom.calls.backend import Received
from loom.calls.models import ModelAnswer, Usage
from loom.calls.scripted import ScriptedBackend
from loom.calls.store import AccountState, BudgetExhaustedError
from loom.calls.tables import attempt, call
from loom.core.errors import Fault, LimitError, ProviderError
from loom.core.ids import text
from loom.core.money import Price
from loom.storage.blobs import unpack
from loom.storage.sqlite import SqliteBackend

RESERVED = 10
"""What each call of these tests takes from its account until its price is known."""


def words(count):
    return " ".join(["word"] * count)


def fault(kind):
    return ProviderError(f"it was {kind}", kind)


@asynccontextmanager
async def writing_held_up(database, until):
    """What is committed inside the block has reached the database at its end, and is not written yet."""
    other = SqliteBackend(database.backend.path)
    with other.write_lock():
        yield
        await asyncio.sleep(0)
        await until(lambda: database.writer._queue.empty() and not database.writer._waiting)
    other.close()


async def outcomes(*awaitables):
    return await asyncio.gather(*awaitables, return_exceptions=True)


async def test_a_try_and_its_reservation_are_in_the_database_before_it_leaves(caller, database, rows):
    seen = []

    class Looking(ScriptedBackend):
        async def send(self, wire, on_delta=None):
            seen.extend((row, wire.request_id) for row in rows(database, attempt))
            return await super().send(wire, on_delta)

    one = await caller(Looking("hi there"))
    await one.ask()
    [(row, request_id)] = seen
    assert (row.state, row.reserved_nano, row.number, text(row.id)) == ("open", RESERVED, 1, request_id)
    assert row.account == one.account


async def test_an_answer_is_kept_byte_for_byte_and_charged_at_its_price(caller, database, rows):
    one = await caller(ScriptedBackend(words(3)))
    served = await one.ask("hello you")
    assert await one.money() == AccountState(limit_nano=None, reserved_nano=0, spent_nano=3)
    [row] = rows(database, attempt)
    assert (row.state, row.fault, row.cost_nano, row.input_tokens, row.output_tokens) == (
        "answered",
        None,
        3,
        2,
        3,
    )
    assert one.path.route.backend.read(Received(unpack(row.answer))) == served.answer
    assert rows(database, call)[0].served_by == row.id


async def test_bytes_that_are_no_answer_are_kept_and_charged_all_the_same(caller, database, rows):
    one = await caller(ScriptedBackend(fault(Fault.MALFORMED)), tries=1)
    with pytest.raises(ProviderError, match="malformed"):
        await one.ask()
    assert (await one.money()).spent_nano == RESERVED
    [row] = rows(database, attempt)
    assert (row.state, row.fault, row.cost_nano) == ("answered", Fault.MALFORMED, RESERVED)
    assert b"malformed" in unpack(row.answer)


async def test_bytes_on_which_reading_itself_fails_are_kept_too(caller, database, rows):
    class Broken(ScriptedBackend):
        def read(self, received):
            raise KeyError("choices")

    one = await caller(Broken("hi"))
    with pytest.raises(KeyError):
        await one.ask()
    await one.money()
    [row] = rows(database, attempt)
    assert (row.state, row.answer is not None) == ("answered", True)


@pytest.mark.parametrize("kind", [Fault.UNSENT, Fault.REFUSED, Fault.UNAUTHORIZED, Fault.SERVER])
async def test_a_try_that_was_not_served_costs_nothing(caller, database, rows, kind):
    one = await caller(ScriptedBackend(fault(kind)), tries=1)
    with pytest.raises(ProviderError):
        await one.ask()
    assert ((await one.money()).spent_nano, (await one.money()).reserved_nano) == (0, 0)
    [row] = rows(database, attempt)
    assert (row.state, row.fault, row.cost_nano, row.answer) == ("failed", kind, 0, None)


async def test_a_try_without_an_answer_is_unknown_and_stays_charged(caller, database, rows):
    one = await caller(ScriptedBackend(fault(Fault.NO_ANSWER)), tries=1)
    with pytest.raises(ProviderError):
        await one.ask()
    assert (await one.money()).spent_nano == RESERVED
    assert [(row.state, row.cost_nano) for row in rows(database, attempt)] == [("unknown", RESERVED)]


async def test_a_call_cancelled_on_its_way_is_unknown_and_stays_charged(caller, database, rows, until):
    backend = ScriptedBackend(gate=asyncio.Event())
    one = await caller(backend)
    asking = asyncio.create_task(one.ask())
    await until(lambda: backend.requests)
    asking.cancel()
    [result] = await outcomes(asking)
    assert isinstance(result, asyncio.CancelledError)
    assert (await one.money()).spent_nano == RESERVED
    assert [row.state for row in rows(database, attempt)] == ["unknown"]


async def test_a_call_cancelled_before_it_left_costs_nothing_and_leaves_nothing_open(
    caller, database, rows, until
):
    backend = ScriptedBackend()
    one = await caller(backend, use_cache=False)
    async with writing_held_up(database, until):
        asking = asyncio.create_task(one.ask())
    asking.cancel()
    await outcomes(asking)
    money = await one.money()
    assert (backend.requests, money.reserved_nano, money.spent_nano) == ([], 0, 0)
    assert "open" not in [row.state for row in rows(database, attempt)]


async def test_a_call_cancelled_while_it_waits_for_others_on_the_wire_costs_nothing(
    caller, database, rows, until
):
    backend = ScriptedBackend(gate=asyncio.Event())
    one = await caller(backend, in_flight=1)
    first = asyncio.create_task(one.ask("first"))
    await until(lambda: len(backend.requests) == 1)
    second = asyncio.create_task(one.ask("second"))
    await until(lambda: len(rows(database, attempt)) == 2)
    second.cancel()
    await outcomes(second)
    assert ((await one.money()).reserved_nano, (await one.money()).spent_nano) == (RESERVED, 0)
    first.cancel()
    await outcomes(first)


async def test_each_try_of_a_call_is_a_row_of_its_own(caller, database, rows, monkeypatch):
    monkeypatch.setattr("loom.core.clock.SystemClock.sleep", lambda self, seconds: asyncio.sleep(0))
    one = await caller(ScriptedBackend([fault(Fault.SERVER), fault(Fault.NO_ANSWER), words(2)]))
    await one.ask()
    assert (await one.money()).spent_nano == RESERVED + 2
    tries = [(row.number, row.state, row.cost_nano) for row in rows(database, attempt)]
    assert tries == [(1, "failed", 0), (2, "unknown", RESERVED), (3, "answered", 2)]
    assert len(rows(database, call)) == 1


async def test_an_answer_without_usage_is_charged_at_what_was_reserved(caller):
    one = await caller(ScriptedBackend(ModelAnswer("hi")))
    await one.ask()
    assert (await one.money()).spent_nano == RESERVED


@pytest.mark.parametrize("usage", [Usage(10**20, 1), Usage(2**63 - 1, 0), Usage(1, 2**40)])
async def test_counts_of_tokens_that_no_answer_has_are_none_and_its_answer_is_kept(
    caller, database, rows, usage
):
    one = await caller(ScriptedBackend(ModelAnswer("hi", usage=usage)))
    answer = (await one.ask()).answer
    assert await one.money() == AccountState(None, 0, RESERVED)
    [row] = rows(database, attempt)
    assert (answer.text, answer.usage, row.state, row.input_tokens) == ("hi", None, "answered", None)


async def test_the_cost_of_a_model_without_a_price_is_unknown_and_not_zero(caller, database, rows):
    one = await caller(ScriptedBackend(words(3)), price=None)
    await one.ask()
    await one.money()
    [row] = rows(database, attempt)
    assert (row.cost_nano, row.output_tokens) == (None, 3)


def test_a_model_without_a_price_is_refused_under_a_budget_with_what_to_do():
    refuse_unpriced(None, "m", budgeted=False)
    refuse_unpriced(Price(1, 1), "m", budgeted=True)
    with pytest.raises(LimitError, match=r"price of 'm' is unknown.*give its prices.*or run without"):
        refuse_unpriced(None, "m", budgeted=True)


class TestABudget:
    async def test_a_call_for_which_there_is_no_room_does_not_leave(self, caller, database, rows):
        backend = ScriptedBackend("hi")
        one = await caller(backend, limit_nano=RESERVED - 1)
        with pytest.raises(BudgetExhaustedError, match="no room for another call"):
            await one.ask()
        assert (backend.requests, rows(database, attempt), rows(database, call)) == ([], [], [])

    async def test_a_call_waits_while_one_in_flight_may_give_some_back(self, caller, until):
        gate = asyncio.Event()
        backend = ScriptedBackend("hi", gate=gate)
        one = await caller(backend, limit_nano=RESERVED + 1)
        asking = [asyncio.create_task(one.ask(str(number))) for number in range(2)]
        await until(lambda: backend.requests)
        await one.money()
        assert len(backend.requests) == 1
        gate.set()
        await asyncio.gather(*asking)
        assert (await one.money()).spent_nano == 2

    async def test_a_call_is_not_refused_when_the_last_one_in_flight_gives_back_meanwhile(
        self, caller, database, until
    ):
        gate = asyncio.Event()
        backend = ScriptedBackend("hi", gate=gate)
        one = await caller(backend, limit_nano=RESERVED + 1, use_cache=False)
        first = asyncio.create_task(one.ask("first"))
        await until(lambda: backend.requests)
        async with writing_held_up(database, until):
            second = asyncio.create_task(one.ask("second"))
        gate.set()
        assert [served.answer.text for served in await asyncio.gather(first, second)] == ["hi", "hi"]

    async def test_64_at_once_never_spend_more_than_the_limit_and_use_it_as_far_as_they_can(self, caller):
        one = await caller(
            ScriptedBackend(lambda request: words(len(request.messages[0].text))), limit_nano=100
        )
        results = await outcomes(*(one.ask("x" * (number % 9 + 1) + str(number)) for number in range(64)))
        assert {type(result).__name__ for result in results} == {"Served", "BudgetExhaustedError"}
        money = await one.money()
        assert 100 - RESERVED < money.spent_nano <= 100
        assert money.reserved_nano == 0

    async def test_64_at_once_are_all_served_when_there_is_room_for_one_after_the_other(self, caller):
        one = await caller(ScriptedBackend("hi"), limit_nano=63 + RESERVED)
        await asyncio.gather(*(one.ask(str(number)) for number in range(64)))
        assert (await one.money()).spent_nano == 64

    async def test_an_answer_dearer_than_reserved_is_charged_in_full(self, caller):
        one = await caller(ScriptedBackend(ModelAnswer("long", usage=Usage(1, 50))), limit_nano=20)
        await one.ask()
        assert (await one.money()).spent_nano == 50
        with pytest.raises(BudgetExhaustedError):
            await one.ask("again")
