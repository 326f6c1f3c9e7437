"""Trying again inside the limits: which failures, how often, how long after. Knows no provider, no ledger."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random, SystemRandom
from typing import TypeVar

from loom.calls.halt import Halt
from loom.calls.limits.limiter import MAY_BE_PAID, Limiter, LimitKeys, Permit
from loom.core.errors import EndpointDownError, Fault, ProviderError

__all__ = ["WATCHED", "RetryPolicy", "Retrying"]

T = TypeVar("T")

_RETRIED = (Fault.SERVER, Fault.UNSENT, *MAY_BE_PAID)
_RETRY_AFTER_SPREAD = 0.1
_LONGEST_SPREAD_S = 1.0
_MOST_DOUBLINGS = 30


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how long one call is tried."""

    max_tries: int = 5
    """Tries that failed in any way but for a limit."""

    max_paid_tries: int = 3
    """Of these, tries that may have been paid: no answer, or nonsense."""

    limit_wait_s: float = 1800.0
    """Waits that an endpoint may ask of one call, in all; one that asks for more is held to be down."""

    first_backoff_s: float = 0.5
    """Doubles with each failure."""

    longest_backoff_s: float = 30.0
    unreachable_tries: int | None = None
    """Tries that found no connection; None: until the endpoint's breaker gives up, minutes later."""

    jitter: Random = field(default_factory=SystemRandom, compare=False)

    @property
    def hurried(self) -> bool:
        """Whether a person waits for the call."""
        return self.unreachable_tries is not None


_PATIENT = RetryPolicy()
WATCHED = RetryPolicy(unreachable_tries=3)
"""For one call that a person waits for: an endpoint that cannot be reached is told within seconds."""


@dataclass(frozen=True, slots=True)
class Retrying:
    """How the calls of one endpoint and model are tried. Who waits holds no permit, so others go on."""

    limiter: Limiter
    keys: LimitKeys
    policy: RetryPolicy = _PATIENT
    halt: Halt = field(default_factory=Halt)
    """Ends the waits of all of them."""

    async def call(self, tokens: int, attempt: Callable[[int], Awaitable[T]]) -> T:
        """What `attempt` returns. It is given the number of the try, from 1, and runs with a permit for `tokens`.

        Refusals for a limit are waited out and not counted; other failures are retried within `policy`.

        Raises:
            ProviderError: the last one, when it cannot be retried, or no longer.
            EndpointDownError: when the endpoint could not be reached for as long as `policy` or its breaker allows,
                or asks to wait for longer and nobody waits for this call.
            HaltedError: when `halt` was asked, before a try left or between two.
        """
        patience: _Patience | None = None
        number = 0
        while True:
            number += 1
            permit = self.limiter.try_acquire(self.keys, tokens) or await self._permit(tokens, number)
            try:
                result = await attempt(number)
            except ProviderError as error:
                permit.failed(error)
                patience = patience or _Patience(self.policy)
                delay_s = self._delay_s(patience, error, number, down=permit.down)
            except BaseException:
                permit.abandoned()
                raise
            else:
                permit.succeeded()
                return result
            with self.halt:
                await self.limiter.clock.sleep(delay_s)

    async def _permit(self, tokens: int, number: int) -> Permit:
        with self.halt:
            return await self.limiter.acquire(
                self.keys, tokens, fresh=number == 1, hurried=self.policy.hurried
            )

    def _delay_s(self, patience: "_Patience", error: ProviderError, number: int, *, down: bool) -> float:
        """Seconds until the next try; raises when there is none."""
        endpoint = self.keys.endpoint
        if patience.is_out_of_reach(error):
            raise EndpointDownError(f"{endpoint} was tried {number} times: {error}", error.fault) from error
        delay_s = patience.next_delay_s(error, down=down)
        if delay_s is None:
            raise error
        if patience.is_overtaxed:
            what = f"{endpoint} asks to wait until {_at(self.limiter.clock.now_us(), delay_s)}: {error}"
            kind = ProviderError if self.policy.hurried else EndpointDownError
            raise kind(what, error.fault, status=error.status) from error
        return delay_s


def _at(now_us: int, delay_s: float) -> str:
    """The minute in which a wait that begins now is over."""
    now = datetime.fromtimestamp(now_us / 1e6, UTC)
    end = now + timedelta(seconds=delay_s, minutes=1)
    return end.strftime("%H:%M UTC" if end.date() == now.date() else "%Y-%m-%d %H:%M UTC")


class _Patience:
    """What one call has already been through."""

    def __init__(self, policy: RetryPolicy) -> None:
        self._policy = policy
        self._refusals = 0
        self._failures = 0
        self._paid = 0
        self._unreachable = 0
        self._waited_s = 0.0

    def is_out_of_reach(self, error: ProviderError) -> bool:
        """Whether `error` is the last of the tries that may find no connection."""
        self._unreachable += error.fault is Fault.UNSENT
        return self._unreachable == self._policy.unreachable_tries

    @property
    def is_overtaxed(self) -> bool:
        """Whether the endpoint asks for more than a call may wait, the next delay included."""
        return self._waited_s > self._policy.limit_wait_s

    def next_delay_s(self, error: ProviderError, *, down: bool) -> float | None:
        """Seconds until the next try; None when there is none."""
        if not self._may_retry(error.fault, down=down):
            return None
        delay_s = self._delay_s(error.retry_after_s)
        if error.fault is Fault.THROTTLED or error.retry_after_s:
            self._waited_s += delay_s
        return delay_s

    def _may_retry(self, fault: Fault, *, down: bool) -> bool:
        if fault is Fault.THROTTLED:
            self._refusals += 1
            return True
        if fault not in _RETRIED:
            return False
        if fault is Fault.UNSENT and down:
            return True  # it says nothing of this call, which now waits for the endpoint with all others
        self._failures += 1
        self._paid += fault in MAY_BE_PAID
        return self._failures < self._policy.max_tries and self._paid < self._policy.max_paid_tries

    def _delay_s(self, asked_s: float | None) -> float:
        """What was asked and a little more, so that not all return at once; else exponential with jitter.

        An endpoint that asks for too little again and again is asked less and less often.
        """
        doublings = min(max(self._refusals + self._failures - 1, 0), _MOST_DOUBLINGS)
        backoff_s = min(self._policy.first_backoff_s * 2.0**doublings, self._policy.longest_backoff_s)
        backoff_s *= self._policy.jitter.uniform(0.5, 1.0)
        if asked_s is None:
            return backoff_s
        spread_s = self._policy.jitter.uniform(0.0, min(asked_s * _RETRY_AFTER_SPREAD, _LONGEST_SPREAD_S))
        return max(asked_s + spread_s, backoff_s / 8)
