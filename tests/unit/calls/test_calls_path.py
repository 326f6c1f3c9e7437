"""The call path: what is asked twice is paid once, and what leaves does not depend on who watches."""

import asyncio
import sys
from functools import partial

import pytest

from loom.calls.models import FinishReason, ModelAnswer, Usage
from loom.calls.scripted import ScriptedBackend
from loom.calls.store import BudgetExhaustedError
from loom.calls.tables import attempt, cache, call
from loom.core.errors import Fault, ProviderError
from loom.storage.database import open_database

REFUSED = ProviderError("no such model", Fault.REFUSED)


def rejecting(*names):
    """A script of an endpoint that rejects these parameters, one after the other."""

    def answer(request):
        for name in names:
            if getattr(request, name) is not None:
                return ProviderError(f"unknown parameter {name}", Fault.PARAMETER, parameter=name)
        return "hi"

    return answer


async def test_what_was_answered_before_costs_nothing_and_is_written_down_as_served(caller, database, rows):
    backend = ScriptedBackend("hi")
    one = await caller(backend)
    first = await one.ask()
    await one.money()
    second = await one.ask()
    assert (first.cached, second.cached, second.latency_us) == (False, True, 0)
    assert second.answer == first.answer
    assert ((await one.money()).spent_nano, len(backend.requests)) == (1, 1)
    assert [row.served_by for row in rows(database, call)] == [first.attempt, first.attempt]
    assert [row.id for row in rows(database, call)] == [first.call, second.call]


async def test_an_answer_is_remembered_when_the_database_is_opened_again(caller, database, route_to):
    one = await caller(ScriptedBackend("hi"))
    await one.ask()
    await database.writer.flush()
    silent = ScriptedBackend([])
    again = open_database(database.url)
    other = type(one)(again, route_to(silent), one.account)
    assert (await other.ask()).answer.text == "hi"
    await again.aclose()


async def test_projects_and_origins_do_not_share_answers(caller):
    backend, elsewhere = ScriptedBackend("hi"), ScriptedBackend("ho", origin="scripted://other")
    one, two, three = await caller(backend), await caller(backend, project="p"), await caller(elsewhere)
    assert [(await each.ask()).cached for each in (one, two, three)] == [False, False, False]
    await one.money()
    assert [(await each.ask()).answer.text for each in (one, two, three)] == ["hi", "hi", "ho"]
    assert (len(backend.requests), len(elsewhere.requests)) == (2, 1)


async def test_each_repetition_is_asked_anew_and_remembered_by_itself(caller):
    backend = ScriptedBackend(["first", "second"])
    one = await caller(backend)
    texts = [(await one.ask(repetition=number)).answer.text for number in (0, 1)]
    await one.money()
    texts += [(await one.ask(repetition=number)).answer.text for number in (1, 0)]
    assert (texts, len(backend.requests)) == (["first", "second", "second", "first"], 2)


async def test_what_was_answered_a_moment_ago_is_not_paid_again(caller):
    backend = ScriptedBackend("hi")
    one = await caller(backend)
    await one.ask()
    assert (await one.ask()).cached
    assert len(backend.requests) == 1


@pytest.mark.parametrize("change", [{"temperature": 0.5}, {"seed": 1}, {"stop": ("x",)}, {"max_tokens": 11}])
async def test_another_request_is_another_key(caller, change):
    one = await caller(ScriptedBackend())
    assert one.want(**change).key != one.want().key
    assert one.want().key == one.want().key


async def test_the_same_wish_of_many_at_once_is_sent_once(caller, database, rows, until):
    gate = asyncio.Event()
    backend = ScriptedBackend("hi", gate=gate)
    one = await caller(backend)
    asking = [asyncio.create_task(one.ask()) for _ in range(20)]
    await until(lambda: backend.requests)
    gate.set()
    served = await asyncio.gather(*asking)
    assert ((await one.money()).spent_nano, len(backend.requests)) == (1, 1)
    assert sum(not each.cached for each in served) == 1
    assert len({each.call for each in served}) == len(rows(database, call)) == 20


async def test_who_waits_for_a_call_that_fails_makes_it_himself(caller, until):
    gate = asyncio.Event()
    backend = ScriptedBackend([REFUSED, "hi"], gate=gate)
    one = await caller(backend)
    asking = [asyncio.create_task(one.ask()) for _ in range(2)]
    await until(lambda: backend.requests)
    gate.set()
    first, second = await asyncio.gather(*asking, return_exceptions=True)
    assert (first, second.answer.text) == (REFUSED, "hi")


async def test_who_waits_for_a_call_that_is_cancelled_makes_it_himself(caller, until):
    gate = asyncio.Event()
    backend = ScriptedBackend("hi", gate=gate)
    one = await caller(backend)
    first, second = asyncio.create_task(one.ask()), asyncio.create_task(one.ask())
    await until(lambda: backend.requests)
    first.cancel()
    gate.set()
    assert ((await second).answer.text, first.cancelled()) == ("hi", True)


@pytest.mark.parametrize("finish", [FinishReason.LENGTH, FinishReason.FILTERED])
async def test_an_incomplete_answer_is_not_remembered(caller, database, rows, finish):
    backend = ScriptedBackend(ModelAnswer("cut o", usage=Usage(1, 2), finish_reason=finish))
    one = await caller(backend)
    await one.ask()
    assert not (await one.ask()).cached
    assert ((await one.money()).spent_nano, rows(database, cache)) == (4, [])


async def test_without_the_cache_everything_is_paid_and_nothing_remembered(caller, database, rows):
    backend = ScriptedBackend("hi")
    one = await caller(backend, use_cache=False)
    await asyncio.gather(one.ask(), one.ask())
    assert not (await one.ask()).cached
    assert ((await one.money()).spent_nano, rows(database, cache)) == (3, [])


async def test_a_parameter_that_is_rejected_is_left_out_and_that_is_written_down(caller, database, rows):
    backend = ScriptedBackend(rejecting("temperature", "seed"))
    one = await caller(backend)
    served = await one.ask(temperature=0.5, seed=1)
    assert served.answer.dropped == ("temperature", "seed")
    assert (await one.money()).spent_nano == 1
    assert [row.dropped for row in rows(database, call)] == ["temperature,seed"]
    tries = [(row.number, row.state, row.fault) for row in rows(database, attempt)]
    rejected = Fault.PARAMETER.value
    assert tries == [(1, "failed", rejected), (2, "failed", rejected), (3, "answered", None)]


@pytest.mark.parametrize("asked", [3, 9000])
async def test_an_answer_whose_cap_was_rejected_is_reserved_for_as_one_without(caller, database, rows, asked):
    one = await caller(ScriptedBackend(rejecting("max_tokens")))
    price = one.path.route.price
    served = await one.ask(max_tokens=asked)
    assert served.answer.dropped == ("max_tokens",)
    await one.money()
    reserved = [row.reserved_nano for row in rows(database, attempt)]
    assert reserved == [price.worst(0, asked), max(price.worst(0, asked), price.worst(0, None))]


async def test_a_call_whose_cap_was_rejected_does_not_leave_without_room_for_a_long_answer(caller):
    backend = ScriptedBackend(rejecting("max_tokens"))
    one = await caller(backend, limit_nano=1000)
    with pytest.raises(BudgetExhaustedError):
        await one.ask()
    assert [request.max_tokens is None for request in backend.requests] == [False]


async def test_a_rejected_parameter_is_not_tried_again_with_the_next_request(caller):
    backend = ScriptedBackend(rejecting("seed"))
    one = await caller(backend)
    await one.ask("first", seed=1)
    await one.ask("second", seed=1)
    assert [request.seed for request in backend.requests] == [1, None, None]


async def test_a_parameter_that_is_rejected_although_it_was_left_out_is_an_error(caller):
    stubborn = ProviderError("unknown parameter seed", Fault.PARAMETER, parameter="seed")
    one = await caller(ScriptedBackend(stubborn))
    with pytest.raises(ProviderError, match="seed"):
        await one.ask(seed=1)


async def test_an_answer_that_streams_is_the_same_request_and_the_same_answer(caller):
    backend = ScriptedBackend("one two three")
    one = await caller(backend, use_cache=False)
    heard = []
    streamed, whole = await one.ask(on_delta=heard.append), await one.ask()
    assert backend.wires[0].body == backend.wires[1].body
    assert streamed.answer == whole.answer
    assert (len(heard), "".join(delta.text for delta in heard)) == (3, "one two three")


async def test_a_stored_answer_streams_in_one_piece(caller):
    one = await caller(ScriptedBackend("one two three"))
    await one.ask()
    await one.money()
    heard = []
    assert (await one.ask(on_delta=heard.append)).cached
    assert [delta.text for delta in heard] == ["one two three"]


async def test_no_more_calls_than_allowed_are_on_the_wire_and_those_that_wait_are_journaled(
    caller, database, rows, until
):
    gate = asyncio.Event()
    backend = ScriptedBackend("hi", gate=gate)
    one = await caller(backend, in_flight=2)
    asking = [asyncio.create_task(one.ask(str(number))) for number in range(5)]
    await until(lambda: len(backend.requests) == 2 and len(rows(database, attempt)) == 5)
    assert {row.state for row in rows(database, attempt)} == {"open"}
    gate.set()
    await asyncio.gather(*asking)
    assert len(backend.requests) == 5


async def test_many_keys_are_looked_up_at_once(caller, database):
    one = await caller(ScriptedBackend("hi"))
    known = one.want("known")
    await one.path.call(known)
    await database.writer.flush()
    keys = [one.want(str(number)).key for number in range(1200)]
    assert set(await one.path.look_up([*keys, known.key])) == {known.key}
    assert await one.path.look_up([]) == {}


async def test_however_many_wait_for_a_call_that_fails_each_hears_of_its_own(caller, request):
    request.addfinalizer(partial(sys.setrecursionlimit, sys.getrecursionlimit()))
    sys.setrecursionlimit(200)  # each that waits must not stand on those before it
    one = await caller(ScriptedBackend(REFUSED))
    heard = await asyncio.gather(*(one.ask() for _ in range(150)), return_exceptions=True)
    assert {type(error) for error in heard} == {ProviderError}
