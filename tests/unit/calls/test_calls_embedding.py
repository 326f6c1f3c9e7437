"""Embeddings on the call path: each text is paid once, several in a call, and a crash loses none."""

import asyncio
import sys
from functools import partial

import pytest

from loom.calls.backend import Received, WireKind
from loom.calls.embedding import EmbeddingPath
from loom.calls.journal import Journal
from loom.calls.scripted import ScriptedBackend
from loom.calls.store import account_state, answered_calls, keep_account
from loom.calls.tables import attempt, cache, call
from loom.core.clock import SystemClock
from loom.core.errors import Fault, LimitError, ProviderError
from loom.core.ids import AccountId, ExecutionId, new_id
from loom.core.money import Price

PRICE = Price(input=1_000_000_000, output=1_000_000_000)
"""1000 nano-dollars per token; the output would be as dear, were there any."""


class Unsteady(ScriptedBackend):
    """Fails its first embeddings as told."""

    def __init__(self, *faults):
        super().__init__()
        self.faults = list(faults)

    async def send(self, wire, on_delta=None):
        assert wire.kind is WireKind.EMBEDDING
        fault = self.faults.pop(0) if self.faults else None
        if fault is Fault.MALFORMED:
            self.wires.append(wire)
            return Received(b"{}")
        if fault is not None:
            self.wires.append(wire)
            raise ProviderError("no", fault, retry_after_s=0.0)
        await asyncio.sleep(0)
        return await super().send(wire, on_delta)

    def read_embedding(self, received, count):
        if received.body == b"{}":
            raise ProviderError("no vectors", Fault.MALFORMED)
        return super().read_embedding(received, count)


@pytest.fixture
def path(database, route_to):
    """Makes a path on a backend, on an account of its own."""

    async def make(backend, *, limit_nano=None, price=PRICE, **options):
        account = AccountId(new_id())
        await database.writer.commit(keep_account(account, "test", None, limit_nano, 0, 0))
        journal = Journal(database.writer, SystemClock(), account)
        return EmbeddingPath(route_to(backend, price), journal, database, **options)

    return make


async def test_several_texts_go_in_one_call_and_are_kept_one_by_one(path, database, rows):
    backend = ScriptedBackend()
    one = await path(backend)
    first = await one.embed(["a", "b", "a"], None)
    await database.writer.flush()
    assert (len(backend.wires), first[0], len(rows(database, cache))) == (1, first[2], 2)
    again = await one.embed(["b"], None)
    mixed = await one.embed(["c", "a"], None)
    assert (again[0], mixed[1], len(backend.wires)) == (first[1], first[0], 2)
    assert {row.purpose for row in rows(database, call)} == {"embed"}


async def test_another_path_finds_them_in_the_cache_and_pays_nothing(path, database):
    backend = ScriptedBackend()
    vectors = await (await path(backend)).embed(["a", "b"], None)
    await database.writer.flush()
    other = await path(backend, limit_nano=0)
    assert await other.embed(["b", "a"], None) == (vectors[1], vectors[0])
    assert len(backend.wires) == 1


async def test_a_batch_never_exceeds_what_endpoints_take(path):
    backend = ScriptedBackend()
    vectors = await (await path(backend)).embed([str(number) for number in range(70)], None)
    assert (len(vectors), len(set(vectors)), len(backend.wires)) == (70, 70, 3)


async def test_texts_wanted_at_once_share_a_flight(path):
    backend = Unsteady()
    one = await path(backend)
    found = await asyncio.gather(*(one.embed(["same", str(number)], None) for number in range(5)))
    assert len({vectors[0] for vectors in found}) == 1
    texts = [wire.body.count(b"same") for wire in backend.wires]
    assert (sum(texts), len(texts)) == (1, 5)


async def test_who_waits_for_a_flight_that_fails_asks_itself(path):
    backend = Unsteady(Fault.REFUSED)
    one = await path(backend)
    first, second = await asyncio.gather(
        one.embed(["a"], None), one.embed(["a"], None), return_exceptions=True
    )
    assert isinstance(first, ProviderError)
    assert isinstance(second, tuple)


async def test_however_many_wait_for_flights_that_fail_each_hears_of_its_own(path, request):
    request.addfinalizer(partial(sys.setrecursionlimit, sys.getrecursionlimit()))
    sys.setrecursionlimit(200)  # each that waits must not stand on those before it
    one = await path(Unsteady(*[Fault.REFUSED] * 150))
    heard = await asyncio.gather(*(one.embed(["a"], None) for _ in range(150)), return_exceptions=True)
    assert {type(error) for error in heard} == {ProviderError}


@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.SERVER, Fault.MALFORMED])
async def test_what_may_pass_is_tried_again(path, fault, database, rows):
    backend = Unsteady(fault)
    assert len(await (await path(backend)).embed(["a"], None)) == 1
    await database.writer.flush()
    assert [row.state for row in rows(database, attempt)][-1] == "answered"
    assert len(rows(database, attempt)) == 2


async def test_they_cost_their_input_and_a_budget_refuses_them(path, database):
    one = await path(ScriptedBackend(), limit_nano=40_000)
    await one.embed(["two words"], None)
    await database.writer.flush()
    account = one._journal.account
    spent = database.read_now(lambda connection: account_state(connection, account))
    assert (spent.spent_nano, spent.reserved_nano) == (2000, 0)
    with pytest.raises(LimitError):
        await one.embed(["very long " * 100], None)


async def test_an_answer_received_before_a_crash_is_not_asked_for_again(path, database, rows, monkeypatch):
    backend = ScriptedBackend()
    one = await path(backend)
    execution = ExecutionId(new_id())
    monkeypatch.setattr(one, "_interpreted", lambda *_: [])  # it dies between receipt and interpretation
    vectors = await one.embed(["a", "b"], execution)
    await database.writer.flush()
    assert rows(database, cache) == []
    known = database.read_now(lambda connection: answered_calls(connection, (execution,)))[execution]
    resumed = await path(backend)
    begun = []
    found = await resumed.embed(
        ["b", "a", "c"], execution, known=known.values(), begin=lambda: begun.append(1)
    )
    await database.writer.flush()
    assert (found[:2], len(backend.wires), begun) == ((vectors[1], vectors[0]), 2, [1])
    assert len(rows(database, cache)) == 3
    served = {row.served_by is not None for row in rows(database, call)}
    assert served == {True}


async def test_without_the_cache_every_text_is_asked_for(path):
    backend = ScriptedBackend()
    one = await path(backend, use_cache=False)
    await one.embed(["a"], None)
    await one.embed(["a"], None)
    assert len(backend.wires) == 2
