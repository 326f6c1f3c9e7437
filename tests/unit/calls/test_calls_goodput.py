"""What gets through an endpoint that refuses too much: nine tenths of what it allows, and everything in the end."""

import asyncio
import math
import random

import pytest

from loom.calls.limits import Limiter, LimitKeys, Retrying, RetryPolicy
from loom.core.clock import FakeClock
from loom.core.errors import Fault, ProviderError

KEYS = LimitKeys("http://h/v1", "m")
CALLERS = 64
REFUSAL_S = 0.005


class Endpoint:
    """Serves at most `at_once` calls, and `rate` a second: as a filling bucket, or per window of `window_s`."""

    def __init__(
        self, clock, *, rate=math.inf, burst=math.inf, window_s=0.0, at_once=math.inf, takes_s, wait_s
    ):
        self.clock, self.rate, self.burst, self.window_s = clock, rate, burst, window_s
        self.at_once, self.takes_s, self.wait_s = at_once, takes_s, wait_s
        self.begun = self.filled_at = clock.monotonic()
        self.left, self.running, self.served = burst, 0, 0
        self.noise = random.Random(5)

    def allows(self, seconds):
        if self.at_once < math.inf:
            return min(self.at_once, CALLERS) * seconds / self.takes_s
        return self.rate * seconds

    def refill(self):
        now = self.clock.monotonic()
        if self.window_s:
            passed = int((now - self.begun) / self.window_s)
            if passed > int((self.filled_at - self.begun) / self.window_s):
                self.left = self.burst
        elif self.rate < math.inf:
            self.left = min(self.burst, self.left + (now - self.filled_at) * self.rate)
        self.filled_at = now

    async def answer(self, _number):
        self.refill()
        if self.left < 1 or self.running >= self.at_once:
            await self.clock.sleep(REFUSAL_S)
            raise ProviderError("slow down", Fault.THROTTLED, retry_after_s=self.asked_s())
        self.left -= 1
        self.running += 1
        await self.clock.sleep(self.takes_s * self.noise.uniform(0.5, 1.5))
        self.running -= 1
        self.served += 1

    def asked_s(self):
        if not self.window_s:
            return self.wait_s
        passed = (self.clock.monotonic() - self.begun) % self.window_s
        return math.ceil(self.window_s - passed)


ENDPOINTS = {
    "50 a second, burst of a second": {"rate": 50, "burst": 50, "takes_s": 0.1, "wait_s": 1.0},
    "50 a second, burst of a tenth": {"rate": 50, "burst": 5, "takes_s": 0.1, "wait_s": 1.0},
    "10 a second, asking for 89 s": {"rate": 10, "burst": 10, "takes_s": 1.0, "wait_s": 89.0},
    "10 a second, asking for nothing": {"rate": 10, "burst": 10, "takes_s": 1.0, "wait_s": None},
    "60 a minute, by the minute": {"rate": 1, "burst": 60, "window_s": 60.0, "takes_s": 0.5, "wait_s": None},
    "100 in ten seconds": {"rate": 10, "burst": 100, "window_s": 10.0, "takes_s": 0.2, "wait_s": None},
    "4 at once": {"at_once": 4, "takes_s": 0.2, "wait_s": 1.0},
    "32 at once": {"at_once": 32, "takes_s": 0.5, "wait_s": 1.0},
    "more than is wanted": {"takes_s": 0.5, "wait_s": 1.0, "at_once": 1000},
}


@pytest.mark.parametrize("name", ENDPOINTS)
async def test_goodput_is_nine_tenths_of_what_the_endpoint_allows(name):
    clock = FakeClock()
    endpoint = Endpoint(clock, **ENDPOINTS[name])
    limiter = Limiter(clock)

    async def caller(number):
        rng = random.Random(number)
        while True:
            await Retrying(limiter, KEYS, RetryPolicy(jitter=rng)).call(1, endpoint.answer)

    callers = [asyncio.ensure_future(caller(number)) for number in range(CALLERS)]
    await clock.advance(60)
    for task in callers:
        task.cancel()
    await asyncio.gather(*callers, return_exceptions=True)
    assert endpoint.served >= 0.9 * endpoint.allows(60)


async def test_nothing_is_lost_to_a_limit():
    clock = FakeClock()
    endpoint = Endpoint(clock, rate=20, burst=5, takes_s=0.2, wait_s=89.0)
    limiter = Limiter(clock)
    calls = [
        asyncio.ensure_future(
            Retrying(limiter, KEYS, RetryPolicy(jitter=random.Random(number))).call(1, endpoint.answer)
        )
        for number in range(300)
    ]
    await clock.advance(1200)
    assert await asyncio.gather(*calls) == [None] * 300
    assert endpoint.served == 300
