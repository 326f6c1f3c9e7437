"""A job that is halted: who waits to send is let go, what is on the wire comes in, and nothing more leaves."""

import asyncio

import pytest
from limited_provider import KEYS, Provider, fault, finish, limiter_with

from loom.calls.halt import Halt, HaltedError
from loom.calls.limits import BreakerPolicy, Limiter, Retrying
from loom.core.clock import FakeClock
from loom.core.errors import Fault


@pytest.fixture
def clock():
    return FakeClock()


async def halted(clock, limiter, provider, *, after_s=1.0):
    """The outcome of a call halted after `after_s`, without time moving on."""
    halt = Halt()
    call = asyncio.ensure_future(Retrying(limiter, KEYS, halt=halt).call(1, provider))
    await clock.advance(after_s)
    halt.ask()
    (result,) = await asyncio.wait_for(asyncio.gather(call, return_exceptions=True), 5)
    return result


async def test_who_waits_for_a_turn_is_let_go_and_leaves_no_trace(clock):
    limiter = limiter_with(clock, max_concurrent=1)
    other = asyncio.ensure_future(Retrying(limiter, KEYS).call(1, Provider(clock, None, takes_s=60.0)))
    assert isinstance(await halted(clock, limiter, Provider(clock, None)), HaltedError)
    (view,) = limiter.view()
    assert (view.in_flight, view.waiting, other.done()) == (1, 0, False)
    await finish(clock, other)


async def test_who_waits_as_long_as_the_endpoint_asked_is_let_go(clock):
    provider = Provider(clock, fault(Fault.THROTTLED, retry_after_s=600.0), None)
    assert isinstance(await halted(clock, Limiter(clock), provider), HaltedError)
    assert provider.tries == [1]


async def test_who_waits_for_an_endpoint_that_is_down_is_let_go(clock):
    limiter = limiter_with(clock, breaker=BreakerPolicy(failures=1))
    provider = Provider(clock, fault(Fault.UNSENT))
    assert isinstance(await halted(clock, limiter, provider), HaltedError)


async def test_what_is_being_tried_goes_on_and_is_not_tried_again(clock):
    halt, provider = Halt(), Provider(clock, fault(Fault.SERVER), takes_s=10.0)
    call = asyncio.ensure_future(Retrying(Limiter(clock), KEYS, halt=halt).call(1, provider))
    await clock.advance(1)
    halt.ask()
    (result,) = await finish(clock, call)
    assert (type(result), provider.tries, clock.monotonic() >= provider.at[0] + 10) == (
        HaltedError,
        [1],
        True,
    )


async def test_who_is_cancelled_as_well_stays_cancelled(clock):
    halt, provider = Halt(), Provider(clock, fault(Fault.THROTTLED, retry_after_s=600.0))
    call = asyncio.ensure_future(Retrying(Limiter(clock), KEYS, halt=halt).call(1, provider))
    await clock.advance(1)
    halt.ask()
    call.cancel()
    await asyncio.wait((call,), timeout=5)
    assert call.cancelled()
