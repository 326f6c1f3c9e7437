"""The limiter on a clock that is moved by hand: what waits, for how long, and in which order."""

import asyncio
import random
from collections import Counter
from itertools import pairwise

import pytest
from limited_provider import KEYS, Provider, fault, finish, limiter_with

from loom.calls.limits import WATCHED, BreakerPolicy, Limiter, LimitKeys, Limits, Retrying, RetryPolicy
from loom.core.clock import FakeClock
from loom.core.errors import EndpointDownError, Fault, ProviderError


@pytest.fixture
def clock():
    return FakeClock()


async def outcome(clock, limiter, provider, policy=None, **more):
    (result,) = await finish(
        clock, Retrying(limiter, KEYS, policy or RetryPolicy()).call(10, provider), **more
    )
    return result


async def test_a_free_call_is_made_at_once_without_giving_up_control(clock):
    call = Retrying(Limiter(clock), KEYS).call(10, Provider(clock, None))
    with pytest.raises(StopIteration) as done:
        call.send(None)
    assert done.value.value == "answer"


@pytest.mark.parametrize("asked", [0.25, 89.0, 600.0])
async def test_a_throttled_call_waits_at_least_what_was_asked_and_little_more(clock, asked):
    provider = Provider(clock, fault(Fault.THROTTLED, retry_after_s=asked), None)
    assert await outcome(clock, Limiter(clock), provider) == "answer"
    assert asked <= provider.waits[0] <= asked + 1.0


async def test_throttling_never_uses_up_the_tries(clock):
    provider = Provider(clock, *[fault(Fault.THROTTLED)] * 30, None)
    assert await outcome(clock, Limiter(clock), provider) == "answer"
    assert provider.tries == list(range(1, 32))


@pytest.mark.parametrize(("policy", "kind"), [(None, EndpointDownError), (WATCHED, ProviderError)])
async def test_a_wait_beyond_what_one_call_may_wait_is_told_at_once_with_its_end(clock, policy, kind):
    """It began on 2023-11-14 at 22:13:20 UTC."""
    provider = Provider(clock, fault(Fault.THROTTLED, retry_after_s=3600.0, status=429))
    raised = await outcome(clock, Limiter(clock), provider, policy, within_s=1)
    assert (type(raised), raised.fault, raised.status) == (kind, Fault.THROTTLED, 429)
    assert str(raised) == "http://h/v1 asks to wait until 23:14 UTC: it was throttled"


async def test_a_wait_into_the_next_day_tells_its_date(clock):
    provider = Provider(clock, fault(Fault.SERVER, retry_after_s=7200.0))
    raised = await outcome(clock, Limiter(clock), provider, within_s=1)
    assert "asks to wait until 2023-11-15 00:14 UTC" in str(raised)


async def test_an_endpoint_that_always_asks_for_no_wait_is_not_stormed_and_in_the_end_given_up(clock):
    provider = Provider(clock, fault(Fault.THROTTLED, retry_after_s=0.0))
    raised = await outcome(clock, Limiter(clock), provider, RetryPolicy(limit_wait_s=600.0))
    assert (type(raised), raised.fault) == (EndpointDownError, Fault.THROTTLED)
    assert len(provider.tries) < 600


async def test_one_calls_wait_does_not_hold_up_the_others(clock):
    limiter = limiter_with(clock, max_concurrent=1)
    throttled = Provider(clock, fault(Fault.THROTTLED, retry_after_s=60.0), None)
    others = Provider(clock, None, takes_s=1.0)
    calls = [Retrying(limiter, KEYS).call(1, provider) for provider in (throttled, others, others, others)]
    await finish(clock, *calls)
    assert max(others.at) < throttled.at[1]


@pytest.mark.parametrize(
    ("kind", "tries"),
    [
        (Fault.SERVER, 5),
        (Fault.NO_ANSWER, 3),
        (Fault.MALFORMED, 3),
        (Fault.PARAMETER, 1),
        (Fault.UNAUTHORIZED, 1),
        (Fault.REFUSED, 1),
    ],
)
async def test_each_fault_has_its_number_of_tries(clock, kind, tries):
    provider = Provider(clock, fault(kind))
    limiter = limiter_with(clock, breaker=BreakerPolicy(failures=100))
    raised = await outcome(clock, limiter, provider)
    assert raised.fault is kind
    assert len(provider.tries) == tries


async def test_backoff_doubles_and_has_jitter(clock):
    limiter = limiter_with(clock, breaker=BreakerPolicy(failures=100))
    provider = Provider(clock, fault(Fault.SERVER))
    await outcome(clock, limiter, provider)
    for wait, longest in zip(provider.waits, (0.5, 1.0, 2.0, 4.0), strict=True):
        assert longest / 2 <= wait <= longest


async def test_retries_are_the_same_for_the_same_seed(clock):
    async def waits():
        provider = Provider(clock, fault(Fault.MALFORMED))
        await finish(
            clock, Retrying(Limiter(clock), KEYS, RetryPolicy(jitter=random.Random(7))).call(1, provider)
        )
        return provider.waits

    assert await waits() == pytest.approx(await waits())


async def test_an_error_of_our_own_passes_through_and_frees_its_place(clock):
    limiter = limiter_with(clock, max_concurrent=1)
    first, second = await finish(
        clock,
        Retrying(limiter, KEYS).call(1, Provider(clock, ValueError("a bug"))),
        Retrying(limiter, KEYS).call(1, Provider(clock, None)),
    )
    assert isinstance(first, ValueError)
    assert second == "answer"


async def test_no_more_calls_run_than_are_allowed_and_they_run_in_order(clock):
    limiter = limiter_with(clock, max_concurrent=3)
    order = []
    provider = Provider(clock, None, takes_s=1.0)

    async def call(name):
        async def attempt(number):
            order.append(name)
            return await provider(number)

        await Retrying(limiter, KEYS).call(1, attempt)

    await finish(clock, *map(call, range(20)))
    assert provider.most == 3
    assert order == list(range(20))


async def test_a_tiers_limit_holds_across_models_and_a_models_across_tiers(clock):
    limiter = limiter_with(clock, max_concurrent=4, tier=Limits(max_concurrent=3))
    by_tier, by_model = {}, {}
    calls = []
    for tier in ("local", "standard"):
        for model in ("a", "b"):
            provider = by_tier.setdefault(tier, Provider(clock, None, takes_s=1.0))
            other = by_model.setdefault(model, Provider(clock, None, takes_s=1.0))

            async def both(number, provider=provider, other=other):
                await asyncio.gather(provider(number), other(number))

            calls += [Retrying(limiter, LimitKeys("e", model, tier)).call(1, both) for _ in range(8)]
    await finish(clock, *calls)
    assert [provider.most for provider in by_tier.values()] == [3, 3]
    assert max(provider.most for provider in by_model.values()) <= 4


async def test_requests_per_minute_hold_in_every_minute(clock):
    limiter = limiter_with(clock, requests_per_minute=10)
    provider = Provider(clock, None)
    await finish(clock, *[Retrying(limiter, KEYS).call(1, provider) for _ in range(35)])
    assert Counter(int((at - provider.at[0]) // 60) for at in provider.at) == {0: 10, 1: 10, 2: 10, 3: 5}


async def test_tokens_per_minute_hold_and_a_correction_frees_what_was_not_used(clock):
    limiter = limiter_with(clock, tokens_per_minute=1000)
    provider = Provider(clock, None)
    await finish(clock, *[Retrying(limiter, KEYS).call(900, provider) for _ in range(2)], within_s=61)
    assert provider.waits[0] == pytest.approx(60, abs=0.1)
    limiter.correct(KEYS, estimated=900, used=50)
    await finish(clock, Retrying(limiter, KEYS).call(900, provider), within_s=1)
    assert len(provider.at) == 3


async def test_a_throttled_try_gives_its_tokens_back(clock):
    limiter = limiter_with(clock, tokens_per_minute=1000)
    provider = Provider(clock, fault(Fault.THROTTLED, retry_after_s=1.0), None)
    (result,) = await finish(clock, Retrying(limiter, KEYS).call(900, provider), within_s=10)
    assert result == "answer"


async def test_a_call_larger_than_the_window_passes_alone(clock):
    limiter = limiter_with(clock, tokens_per_minute=100)
    provider = Provider(clock, None)
    await finish(clock, *[Retrying(limiter, KEYS).call(5000, provider) for _ in range(2)], within_s=61)
    assert provider.waits[0] == pytest.approx(60, abs=0.1)


@pytest.mark.parametrize("place", [0, 1, 2])
async def test_a_cancelled_waiter_leaves_no_trace(clock, place):
    before = asyncio.all_tasks()
    limiter = limiter_with(clock, max_concurrent=1, requests_per_minute=60)
    provider = Provider(clock, None, takes_s=10.0)
    tasks = [asyncio.ensure_future(Retrying(limiter, KEYS).call(1, provider)) for _ in range(3)]
    await clock.advance(1)
    tasks[place].cancel()
    await clock.advance(60)
    assert [task.cancelled() for task in tasks] == [number == place for number in range(3)]
    assert all(task.done() for task in tasks)
    (view,) = limiter.view()
    assert (view.in_flight, view.waiting) == (0, 0)
    assert asyncio.all_tasks() == before


async def test_the_breaker_opens_and_sends_one_call_at_a_time_with_growing_pauses(clock):
    limiter = limiter_with(clock)
    provider = Provider(clock, fault(Fault.UNSENT))
    tasks = [asyncio.ensure_future(Retrying(limiter, KEYS).call(1, provider)) for _ in range(20)]
    await clock.advance(0.2)
    assert limiter.view()[0].down
    first_round = len(provider.at)
    await clock.advance(60)
    looks = provider.at[first_round:]
    pauses = [later - earlier for earlier, later in pairwise(looks)]
    assert pauses == pytest.approx([1.0, 2.0, 4.0, 8.0, 16.0], abs=0.01)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_an_outage_shorter_than_the_patience_loses_nothing(clock):
    limiter = limiter_with(clock)
    back_at = clock.monotonic() + 90
    done = []

    async def attempt(_number):
        await clock.sleep(0.1)
        if clock.monotonic() < back_at:
            raise fault(Fault.SERVER)
        done.append(1)

    results = await finish(
        clock, *[Retrying(limiter, KEYS).call(1, attempt) for _ in range(64)], within_s=200
    )
    assert results == [None] * 64
    assert len(done) == 64


async def test_an_endpoint_that_stays_down_is_given_up_so_that_a_person_can_decide(clock):
    limiter = limiter_with(clock)
    results = await finish(
        clock,
        *[Retrying(limiter, KEYS).call(1, Provider(clock, fault(Fault.UNSENT))) for _ in range(8)],
        within_s=125,
    )
    assert {type(result) for result in results} == {EndpointDownError}
    assert "has not answered for 120 s" in str(results[0])
    assert "resume when it is back" in str(results[0])


async def test_after_giving_up_a_resumed_job_has_its_patience_anew(clock):
    limiter = limiter_with(clock)
    await finish(
        clock, *[Retrying(limiter, KEYS).call(1, Provider(clock, fault(Fault.UNSENT))) for _ in range(8)]
    )
    provider = Provider(clock, fault(Fault.UNSENT), None)
    results = await finish(clock, *[Retrying(limiter, KEYS).call(1, provider) for _ in range(8)])
    assert results == ["answer"] * 8


async def test_a_call_that_someone_waits_for_is_told_within_seconds_that_there_is_no_connection(clock):
    provider = Provider(clock, fault(Fault.UNSENT))
    raised = await outcome(clock, Limiter(clock), provider, WATCHED, within_s=2)
    assert (type(raised), raised.fault, provider.tries) == (EndpointDownError, Fault.UNSENT, [1, 2, 3])
    assert "was tried 3 times: it was unsent" in str(raised)


async def test_a_call_that_someone_waits_for_does_not_wait_for_the_next_look(clock):
    limiter = limiter_with(clock, breaker=BreakerPolicy(failures=1, first_look_s=30.0))
    patient = asyncio.ensure_future(
        Retrying(limiter, KEYS).call(1, Provider(clock, fault(Fault.UNSENT), None))
    )
    await clock.advance(1)
    assert await outcome(clock, limiter, Provider(clock, None), WATCHED, within_s=1) == "answer"
    assert await patient == "answer"


async def test_a_call_that_someone_waits_for_takes_what_the_look_under_way_finds(clock):
    limiter = limiter_with(clock, breaker=BreakerPolicy(failures=1))
    down = Provider(clock, fault(Fault.UNSENT), takes_s=15.0)
    looking = asyncio.ensure_future(Retrying(limiter, KEYS).call(1, down))
    await clock.advance(20)
    raised = await outcome(clock, limiter, provider := Provider(clock, None), WATCHED, within_s=16)
    assert (type(raised), provider.tries) == (EndpointDownError, [])
    looking.cancel()


async def test_a_look_before_its_time_does_not_put_off_the_next(clock):
    limiter = limiter_with(clock, breaker=BreakerPolicy(failures=1, first_look_s=30.0))
    patient = asyncio.ensure_future(
        Retrying(limiter, KEYS).call(1, Provider(clock, fault(Fault.UNSENT), None))
    )
    await clock.advance(1)
    raised = await outcome(clock, limiter, Provider(clock, *[fault(Fault.UNSENT)] * 3), WATCHED, within_s=10)
    assert isinstance(raised, EndpointDownError)
    assert not patient.done()
    await clock.advance(30)
    assert await patient == "answer"


async def test_a_cancelled_look_lets_another_look(clock):
    limiter = limiter_with(clock, breaker=BreakerPolicy(failures=1))
    await finish(
        clock, Retrying(limiter, KEYS, RetryPolicy(max_tries=1)).call(1, Provider(clock, fault(Fault.SERVER)))
    )
    looking = asyncio.ensure_future(Retrying(limiter, KEYS).call(1, Provider(clock, None, takes_s=50.0)))
    waiting = asyncio.ensure_future(Retrying(limiter, KEYS).call(1, Provider(clock, None)))
    await clock.advance(1)
    assert not waiting.done()
    looking.cancel()
    await clock.advance(1)
    assert waiting.result() == "answer"


@pytest.mark.parametrize("kind", [Fault.THROTTLED, Fault.REFUSED, Fault.MALFORMED])
async def test_any_answer_of_the_endpoint_shows_that_it_is_up(clock, kind):
    limiter = limiter_with(clock, breaker=BreakerPolicy(failures=2))
    for outcomes in ([fault(Fault.SERVER)], [fault(kind)], [fault(Fault.SERVER)]):
        await finish(
            clock, Retrying(limiter, KEYS, RetryPolicy(max_tries=1)).call(1, Provider(clock, *outcomes, None))
        )
    assert not limiter.view()[0].down
