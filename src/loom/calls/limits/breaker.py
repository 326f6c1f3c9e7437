"""Whether an endpoint is up: stops the flow after failures in a row, then sends one call at a time to look.

Knows no limits. Calls wait while it is down, up to a point: then a person should decide.
"""

import asyncio
from dataclasses import dataclass

from loom.calls.limits.alarm import Alarm
from loom.core.clock import Clock
from loom.core.errors import EndpointDownError, Fault, ProviderError

__all__ = ["Breaker", "BreakerPolicy"]

_DOWN = (Fault.SERVER, Fault.UNSENT, Fault.NO_ANSWER)


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """When to stop, when to look again, and when to give up."""

    failures: int = 5
    """In a row, with no other outcome between them."""

    first_look_s: float = 0.5
    """Doubles with each look that fails."""

    longest_look_s: float = 30.0
    give_up_s: float = 120.0


class Breaker:
    """Closed while the endpoint answers. Whatever it answers closes it, a refusal included."""

    def __init__(self, endpoint: str, policy: BreakerPolicy, clock: Clock) -> None:
        self.open = False
        self._endpoint = endpoint
        self._policy = policy
        self._clock = clock
        self._failures = 0
        self._down_since = 0.0
        self._look_after_s = 0.0
        self._look_at = 0.0
        self._looking = self._early = False
        self._waiting = 0
        self._last: ProviderError | None = None
        self._changed: asyncio.Future[None] | None = None
        self._alarm = Alarm(clock, self._announce)

    async def pass_through(self, *, fresh: bool, hurried: bool = False) -> bool:
        """Wait until a call may go; True when it is the one that looks whether the endpoint is back.

        With `fresh`, for a call's first try, patience begins anew if it had run out and nobody waits. A `hurried` call
        looks at once, or takes what the look under way finds.

        Raises:
            ProviderError: of the last failure's kind, when there has been nothing else for `give_up_s`.
        """
        now = self._clock.monotonic()
        if fresh and not self._waiting and not self._looking and self._is_spent(now):
            self._down_since = now
        while self.open:
            now = self._clock.monotonic()
            if not self._looking and (hurried or now >= self._look_at):
                self._looking, self._early = True, now < self._look_at
                return True
            if self._is_spent(now):
                raise self._given_up(now)
            await self._wait(now)
            if hurried and self.open and not self._looking:
                raise self._given_up(self._clock.monotonic())
        return False

    def answered(self) -> None:
        """The endpoint answered."""
        self._failures = 0
        if self.open:
            self.open = self._looking = False
            self._announce()

    def failed(self, error: ProviderError, *, looked: bool) -> None:
        """A call failed; `looked` when it was the one sent to look."""
        if error.fault not in _DOWN:
            self.answered()
            return
        self._failures += 1
        self._last = error
        if not self.open and self._failures >= self._policy.failures:
            self.open = True
            self._down_since = self._clock.monotonic()
            self._look_again(self._policy.first_look_s, error)
        elif looked and self._early:
            self.abandoned(looked=True)  # the next look stays when it was due
        elif self.open and looked:
            self._look_again(min(self._look_after_s * 2, self._policy.longest_look_s), error)

    def abandoned(self, *, looked: bool) -> None:
        """A call was cancelled before its outcome was known; another may look."""
        if looked and self.open:
            self._looking = False
            self._announce()

    def _look_again(self, after_s: float, error: ProviderError) -> None:
        self._looking = False
        self._look_after_s = after_s
        self._look_at = self._clock.monotonic() + max(after_s, error.retry_after_s or 0.0)
        self._announce()

    async def _wait(self, now: float) -> None:
        """Return when something changed, or it is time to look or to give up."""
        if self._changed is None:
            self._changed = asyncio.get_running_loop().create_future()
        until = self._down_since + self._policy.give_up_s
        self._alarm.set((until if self._looking else min(until, self._look_at)) - now)
        self._waiting += 1
        try:
            await asyncio.wait((self._changed,))
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._alarm.cancel()

    def _announce(self) -> None:
        if self._changed is not None:
            self._changed.set_result(None)
            self._changed = None

    def _is_spent(self, now: float) -> bool:
        return now - self._down_since >= self._policy.give_up_s

    def _given_up(self, now: float) -> EndpointDownError:
        last = self._last
        return EndpointDownError(
            f"{self._endpoint} has not answered for {now - self._down_since:.0f} s; "
            f"resume when it is back (last: {last})",
            last.fault if last else Fault.SERVER,
            status=last.status if last else None,
        )
