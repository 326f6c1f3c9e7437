"""Every try on the wire: journaled and reserved for before it leaves, its receipt kept as soon as it is back.

The innermost ring of the call path. T1 is committed before `send`; T2, the bytes and the settlement, is posted before
anything looks at the answer's meaning. See `docs/design/call-path.md`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import perf_counter_ns
from typing import NamedTuple

from loom.calls import store
from loom.calls.backend import Backend, OnDelta, Received, Wire
from loom.calls.models import ModelAnswer, Purpose
from loom.calls.prices import Price
from loom.calls.store import AttemptState, BudgetExhaustedError
from loom.core.clock import Clock
from loom.core.errors import Fault, LimitError, ProviderError
from loom.core.failpoint import failpoint
from loom.core.ids import AccountId, AttemptId, CallId, ExecutionId, new_id, text
from loom.storage.blobs import pack
from loom.storage.statements import Write
from loom.storage.writer import Writer

__all__ = ["Answered", "Attempts", "Journal", "OpenCall", "refuse_unpriced"]

_FREE = (Fault.UNSENT, Fault.THROTTLED, Fault.SERVER, Fault.PARAMETER, Fault.UNAUTHORIZED, Fault.REFUSED)
_LONGEST_MESSAGE = 500


@dataclass(frozen=True, slots=True)
class Journal:
    """Where the calls of one job are written down, and on whose account."""

    writer: Writer
    clock: Clock
    account: AccountId
    project: str = "default"
    epoch: int = 0
    fence: Callable[[], Write] | None = None
    """Gives what joins every commit: it renews the lease, or fails the commit when the job is no longer ours."""

    def commit(self, *writes: Write) -> Awaitable[None]:
        """Write durably before going on."""
        return self.writer.commit(*(self._fenced(writes)))

    def post(self, *writes: Write) -> None:
        """Write soon."""
        self.writer.post(*self._fenced(writes))

    def _fenced(self, writes: tuple[Write, ...]) -> tuple[Write, ...]:
        return writes if self.fence is None else (self.fence(), *writes)


@dataclass(slots=True)
class OpenCall:
    """A wanted answer while it is being sought."""

    id: CallId
    execution: ExecutionId | None
    purpose: Purpose
    model: str
    cache_key: bytes
    body: bytes
    max_tokens: int | None
    timeout_s: float
    tries: int = 0
    """On the wire so far."""


class Answered(NamedTuple):
    """A try that brought an answer."""

    attempt: AttemptId
    answer: ModelAnswer
    latency_us: int
    """From the first byte out to the last byte in."""


class Attempts:
    """Tries on one endpoint and model, within one account."""

    def __init__(self, backend: Backend, price: Price | None, journal: Journal) -> None:
        self._backend = backend
        self._price = price
        self._journal = journal
        self._in_flight = 0
        self._settled = asyncio.Event()

    async def attempt(self, call: OpenCall, on_delta: OnDelta | None = None) -> Answered:
        """One try.

        Raises:
            ProviderError: what went wrong with it; it is journaled.
            BudgetExhaustedError: when the account has no room and nothing in flight could make some.
        """
        attempt = AttemptId(new_id())
        reserved = self._price.worst(len(call.body), call.max_tokens) if self._price else 0
        call.tries += 1
        await self._open(call, attempt, reserved)
        self._in_flight += 1
        try:
            failpoint("send.before")
            sent = perf_counter_ns()
            received = await self._backend.send(Wire(call.body, text(attempt), call.timeout_s), on_delta)
            latency_us = (perf_counter_ns() - sent) // 1000
            failpoint("send.after")
        except ProviderError as error:
            self._close(attempt, reserved, error)
            raise
        except BaseException:
            self._close(
                attempt, reserved, ProviderError("interrupted while it was on its way", Fault.NO_ANSWER)
            )
            raise
        finally:
            self._in_flight -= 1
            self._settled.set()
        return Answered(attempt, self._receive(attempt, reserved, received), latency_us)

    async def _open(self, call: OpenCall, attempt: AttemptId, reserved: int) -> None:
        """T1. Waits while calls in flight may still give back some of the budget."""
        journal = self._journal
        opening = store.open_attempt(
            attempt,
            call.id,
            journal.account,
            call.tries,
            journal.epoch,
            AttemptState.OPEN,
            reserved,
            journal.clock.now_us(),
        )
        writes = [store.reserve(journal.account, reserved), opening]
        if call.tries == 1:
            writes.append(store.open_call(call.id, call.execution, call.purpose, call.cache_key, call.model))
        while True:
            self._settled.clear()
            try:
                return await journal.commit(*writes)
            except BudgetExhaustedError:
                if not self._in_flight:
                    raise
                await self._settled.wait()

    def _receive(self, attempt: AttemptId, reserved: int, received: Received) -> ModelAnswer:
        """T2, whatever the bytes turn out to mean."""
        error: ProviderError | None = None
        answer: ModelAnswer | None = None
        try:
            answer = self._backend.read(received)
        except ProviderError as unreadable:
            error = unreadable
        usage = answer.usage if answer else None
        if error is not None and error.fault in _FREE:
            cost: int | None = 0
        else:
            cost = self._price.cost(usage) if self._price and usage else reserved
        self._post(
            attempt,
            reserved,
            (
                AttemptState.ANSWERED,
                error.fault if error else None,
                str(error)[:_LONGEST_MESSAGE] if error else None,
                cost if self._price else None,
                usage.input_tokens if usage else None,
                usage.output_tokens if usage else None,
                answer.model if answer else None,
                pack(received.body),
                int(received.streamed),
            ),
            cost or 0,
        )
        if answer is None:
            assert error is not None
            raise error
        return answer

    def _close(self, attempt: AttemptId, reserved: int, error: ProviderError) -> None:
        """The end of a try that brought no bytes worth keeping."""
        free = error.fault in _FREE
        state = AttemptState.FAILED if free else AttemptState.UNKNOWN
        cost = 0 if free else reserved
        shown = cost if self._price else None
        values = (state, error.fault, str(error)[:_LONGEST_MESSAGE], shown, None, None, None, None, None)
        self._post(attempt, reserved, values, cost)

    def _post(self, attempt: AttemptId, reserved: int, values: tuple[object, ...], cost: int) -> None:
        journal = self._journal
        journal.post(
            store.settle(journal.account, reserved, cost),
            store.settle_attempt(attempt, AttemptState.OPEN, *values, journal.clock.now_us()),
        )


def refuse_unpriced(price: Price | None, model: str, *, budgeted: bool) -> None:
    """A budget in money cannot be kept for a model whose price is unknown.

    Raises:
        LimitError: when `budgeted` and there is no price.
    """
    if budgeted and price is None:
        remedy = "give its prices under `endpoints` in ~/.loom/config.yaml, or run without --budget-usd"
        raise LimitError(f"the price of '{model}' is unknown, so a budget in USD cannot be kept; {remedy}")
