"""Every try on the wire: journaled and reserved for before it leaves, its receipt kept as soon as it is back.

The innermost ring of the call path. T1 is committed before `send`; T2, the bytes and the settlement, is posted before
anything looks at the answer's meaning. See `docs/design/call-path.md`.
"""

import asyncio
from dataclasses import dataclass
from time import perf_counter_ns
from typing import NamedTuple

from msgspec import structs

from loom.calls import store
from loom.calls.backend import Backend, OnDelta, Received, Wire
from loom.calls.journal import Journal
from loom.calls.models import ModelAnswer, Purpose
from loom.calls.store import AttemptState, BudgetExhaustedError
from loom.core.errors import Fault, LimitError, ProviderError
from loom.core.failpoint import failpoint
from loom.core.ids import AttemptId, CallId, ExecutionId, new_id, text
from loom.core.money import Price
from loom.storage.blobs import pack
from loom.storage.statements import Write

__all__ = ["Answered", "Attempts", "OpenCall", "refuse_unpriced"]

_FREE = (Fault.UNSENT, Fault.THROTTLED, Fault.SERVER, Fault.PARAMETER, Fault.UNAUTHORIZED, Fault.REFUSED)
_LONGEST_MESSAGE = 500
_SLOW_US = 100_000
_MOST_TOKENS = 1_000_000_000
"""What is reported beyond is not true of one answer; a database's integers hold no sums of it."""


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

    capped: bool = True
    """Whether `max_tokens` is in `body`: not when the endpoint rejects the parameter."""

    def worst(self, price: Price) -> int:
        """What it may cost. Without its cap the answer may be longer, and is not taken to be shorter."""
        size = len(self.body)
        allowed = price.worst(size, self.max_tokens)
        return allowed if self.capped else max(allowed, price.worst(size, None))


class Answered(NamedTuple):
    """A try that brought an answer."""

    attempt: AttemptId
    answer: ModelAnswer
    latency_us: int
    """From the first byte out to the last byte in."""

    cost_nano: int | None
    """As charged; None without a price."""


class Attempts:
    """Tries on one endpoint and model, within one account."""

    def __init__(
        self, backend: Backend, price: Price | None, journal: Journal, slots: asyncio.Semaphore
    ) -> None:
        """`slots` bounds what is on the wire; calls beyond it wait there, journaled, so the next leaves at once."""
        self._backend = backend
        self._price = price
        self._journal = journal
        self._slots = slots

    async def attempt(self, call: OpenCall, on_delta: OnDelta | None = None) -> Answered:
        """One try.

        Raises:
            ProviderError: what went wrong with it; it is journaled.
            BudgetExhaustedError: when the account has no room and nothing in flight could make some.
            HaltedError: when the job was halted before it left.
        """
        halt = self._journal.halt
        halt.check()
        attempt = AttemptId(new_id())
        reserved = call.worst(self._price) if self._price else 0
        call.tries += 1
        await self._open(call, attempt, reserved)
        sent = 0
        try:
            async with self._slots:
                halt.check()
                failpoint("send.before")
                sent = perf_counter_ns()
                received = await self._backend.send(Wire(call.body, text(attempt), call.timeout_s), on_delta)
                latency_us = (perf_counter_ns() - sent) // 1000
                failpoint("send.after")
        except ProviderError as error:
            self._close(attempt, reserved, error)
            raise
        except BaseException:
            cut_off = ProviderError("interrupted while it was on its way", Fault.NO_ANSWER)
            unsent = ProviderError("interrupted before it left", Fault.UNSENT)
            self._close(attempt, reserved, cut_off if sent else unsent)
            raise
        finally:
            self._journal.holders.leave()
        answer, cost_nano = self._receive(attempt, reserved, received)
        if latency_us > _SLOW_US:
            # Answers of slow calls come in together: whoever waits for a slot sends before this one is interpreted.
            await asyncio.sleep(0)
        return Answered(attempt, answer, latency_us, cost_nano)

    async def _open(self, call: OpenCall, attempt: AttemptId, reserved: int) -> None:
        """T1. Waits while calls that hold a part of the budget may still give some of it back."""
        journal = self._journal
        opening = store.open_attempt(
            attempt,
            call.id,
            journal.account,
            call.tries,
            journal.epoch,
            AttemptState.OPEN,
            reserved if self._price else None,
            journal.clock.now_us(),
        )
        writes = [store.reserve(journal.account, reserved), opening]
        if call.tries == 1:
            writes.append(
                store.open_call(call.id, call.execution, str(call.purpose), call.cache_key, call.model)
            )
        while True:
            seen = journal.holders.enter()
            try:
                return await journal.commit(*writes)
            except BudgetExhaustedError:
                if not await journal.holders.outlast(seen):
                    raise
            except BaseException:
                journal.holders.leave()
                # The commit may still happen: take it back behind it. Where it did not, there is nothing to take.
                error = ProviderError("cancelled before it left", Fault.UNSENT)
                journal.offer(*self._closing(attempt, reserved, error))
                raise

    def _receive(
        self, attempt: AttemptId, reserved: int, received: Received
    ) -> tuple[ModelAnswer, int | None]:
        """T2, whatever the bytes turn out to mean; the answer, and what it cost."""
        try:
            answer = _believed(self._backend.read(received))
        except ProviderError as error:
            self._keep(attempt, reserved, received, error)
            raise
        except Exception as bug:
            self._keep(
                attempt, reserved, received, ProviderError(f"cannot be read: {bug!r}", Fault.MALFORMED)
            )
            raise
        return answer, self._keep(attempt, reserved, received, answer)

    def _keep(
        self, attempt: AttemptId, reserved: int, received: Received, read: ModelAnswer | ProviderError
    ) -> int | None:
        error = read if isinstance(read, ProviderError) else None
        usage = None if isinstance(read, ProviderError) else read.usage
        cost = reserved
        free = error is not None and error.fault in _FREE
        if free:
            cost = 0
        elif self._price and usage:
            cost = self._price.cost(usage.input_tokens, usage.output_tokens, usage.cached_tokens)
        shown = cost if self._price or free else None
        self._journal.unpriced += shown is None
        values = (
            AttemptState.ANSWERED,
            error.fault if error else None,
            str(error)[:_LONGEST_MESSAGE] if error else None,
            shown,
            usage.input_tokens if usage else None,
            usage.output_tokens if usage else None,
            None if isinstance(read, ProviderError) else read.model,
            pack(received.body),
            int(received.streamed),
        )
        self._journal.post(*self._settlement(attempt, reserved, cost, values))
        return shown

    def _close(self, attempt: AttemptId, reserved: int, error: ProviderError) -> None:
        """The end of a try that brought no bytes worth keeping."""
        self._journal.post(*self._closing(attempt, reserved, error))

    def _closing(self, attempt: AttemptId, reserved: int, error: ProviderError) -> tuple[Write, ...]:
        free = error.fault in _FREE
        cost = 0 if free else reserved
        state = AttemptState.FAILED if free else AttemptState.UNKNOWN
        shown = cost if self._price or free else None
        self._journal.unpriced += shown is None
        values = (state, error.fault, str(error)[:_LONGEST_MESSAGE], shown, None, None, None, None, None)
        return self._settlement(attempt, reserved, cost, values)

    def _settlement(
        self, attempt: AttemptId, reserved: int, cost: int, values: tuple[object, ...]
    ) -> tuple[Write, ...]:
        journal = self._journal
        return (
            store.settle(journal.account, reserved, cost),
            store.settle_attempt(attempt, AttemptState.OPEN, *values, journal.clock.now_us()),
        )


def _believed(answer: ModelAnswer) -> ModelAnswer:
    """`answer` without counts of tokens that cannot be true: what it cost is not known then."""
    usage = answer.usage
    if usage is None or usage.input_tokens + usage.output_tokens <= _MOST_TOKENS:
        return answer
    return structs.replace(answer, usage=None)


def refuse_unpriced(price: Price | None, model: str, *, budgeted: bool) -> None:
    """A budget in money cannot be kept for a model whose price is unknown.

    Raises:
        LimitError: when `budgeted` and there is no price.
    """
    if budgeted and price is None:
        remedy = "give its prices under `endpoints` in ~/.loom/config.yaml, or run without --budget-usd"
        raise LimitError(f"the price of '{model}' is unknown, so a budget in USD cannot be kept; {remedy}")
