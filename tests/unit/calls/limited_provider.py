"""A provider that plays outcomes on a clock moved by hand, and a limiter for it."""

import asyncio
from itertools import pairwise

from loom.calls.limits import Limiter, LimitKeys, Limits
from loom.core.errors import ProviderError

KEYS = LimitKeys("http://h/v1", "m")


def limiter_with(clock, *, tier=None, breaker=None, **limits):
    model = Limits(**{"start_concurrent": 100, **limits})
    return Limiter(
        clock, model_limits=lambda *_: model, tier_limits=lambda _: tier or Limits(), breaker=breaker
    )


def fault(kind, **more):
    return ProviderError(f"it was {kind}", kind, **more)


class Provider:
    """Plays its outcomes in turn, the last one on and on; None is an answer. Notes when each try began."""

    def __init__(self, clock, *outcomes, takes_s=0.0):
        self.clock = clock
        self.outcomes = list(outcomes)
        self.takes_s = takes_s
        self.tries = []
        self.at = []
        self.running = 0
        self.most = 0

    async def __call__(self, number):
        self.tries.append(number)
        self.at.append(self.clock.monotonic())
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            if self.takes_s:
                await self.clock.sleep(self.takes_s)
        finally:
            self.running -= 1
        if outcome is not None:
            raise outcome
        return "answer"

    @property
    def waits(self):
        return [later - earlier for earlier, later in pairwise(self.at)]


async def finish(clock, *calls, within_s=3600.0):
    """The outcomes of `calls`, run side by side while time moves."""
    tasks = [asyncio.ensure_future(call) for call in calls]
    try:
        await clock.advance(within_s)
        assert all(task.done() for task in tasks), "something still waits"
        return await asyncio.gather(*tasks, return_exceptions=True)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
