"""The call path: cache, then limits with retries, then attempt and reservation, then the wire.

Every model call of Loom goes through `CallPath`, whatever it is for.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from msgspec import structs

from loom.calls import store
from loom.calls.attempts import Answered, Attempts, OpenCall
from loom.calls.backend import Backend, Delta, DeltaKind, OnDelta
from loom.calls.journal import Journal
from loom.calls.limits import Limiter, LimitKeys, Retrying, RetryPolicy
from loom.calls.models import FinishReason, ModelAnswer, ModelRequest, Purpose
from loom.calls.seen import SeenKeys
from loom.calls.store import StoredAnswer
from loom.calls.tries import StreamedTries
from loom.core.errors import Fault, ProviderError
from loom.core.ids import AttemptId, CallId, ExecutionId, new_id
from loom.core.money import Price
from loom.core.value import Value
from loom.storage.database import Database
from loom.storage.statements import Write

__all__ = ["CallPath", "Route", "Served", "Wanted"]

_TYPICAL_BYTES_PER_TOKEN = 4
"""For the limits only, which learn the true number from each answer."""

_DROPPABLE: dict[str, Any] = {
    "temperature": None,
    "top_p": None,
    "max_tokens": None,
    "seed": None,
    "tool_choice": None,
    "response_format": None,
    "stop": (),
}
"""What a request may do without when the endpoint does not know it, and how it looks without."""

_CACHEABLE = (FinishReason.STOP, FinishReason.TOOL_CALLS)


@dataclass(frozen=True, slots=True)
class Route:
    """Where calls go: one endpoint and one model, with what limits them."""

    backend: Backend
    model: str
    price: Price | None
    keys: LimitKeys
    limiter: Limiter
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    simulated: bool = False
    """Answers come from the embedded family; every result of it is labelled so."""

    @property
    def down(self) -> bool:
        """Whether its endpoint is held to be down: calls wait until it answers again."""
        return any(one.down for one in self.limiter.view() if one.endpoint == self.keys.endpoint)


class Wanted(Value):
    """A model answer that someone wants."""

    request: ModelRequest
    body: bytes
    key: bytes
    """The cache key: the canonical request, the endpoint's origin, the repetition."""

    execution: ExecutionId | None
    purpose: Purpose = Purpose.GENERATE
    timeout_s: float = 120.0


class Served(Value):
    """A wanted answer, and how it was come by."""

    answer: ModelAnswer
    call: CallId
    attempt: AttemptId
    cached: bool
    latency_us: int = 0
    """On the wire; 0 when it comes from the cache."""

    cost_nano: int | None = 0
    """As charged to this job for it; None without a price."""

    writes: tuple[Write, ...] = ()
    """Of `serve_stored` alone: what says so, to be posted before anything that comes after it."""


class CallPath:
    """Calls over one route, journaled for one job."""

    def __init__(
        self,
        route: Route,
        journal: Journal,
        database: Database,
        *,
        use_cache: bool = True,
        in_flight: int = 1024,
    ) -> None:
        """At most `in_flight` calls are on the wire at a time."""
        self.route = route
        self.journal = journal
        self._database = database
        self._use_cache = use_cache
        self._retrying = Retrying(route.limiter, route.keys, route.policy, journal.halt)
        self._attempts = Attempts(route.backend, route.price, journal, asyncio.Semaphore(in_flight))
        self._origin = route.backend.origin.encode()
        self._flights: dict[bytes, asyncio.Future[Served]] = {}
        self._answered = SeenKeys()
        """Keys answered since this path was made: what was looked up before that may be out of date."""
        self._rejected: tuple[str, ...] = ()

    def want(
        self,
        request: ModelRequest,
        execution: ExecutionId | None,
        *,
        repetition: int = 0,
        purpose: Purpose = Purpose.GENERATE,
        timeout_s: float = 120.0,
    ) -> Wanted:
        """Spell `request` and name it. Nothing leaves."""
        body = self.route.backend.encode(request)
        key = sha256(b"%d\n%b\n%b" % (repetition, self._origin, body)).digest()
        return Wanted(request, body, key, execution, purpose, timeout_s)

    async def look_up(self, keys: Sequence[bytes]) -> dict[bytes, StoredAnswer]:
        """The answers the cache has for `keys`, in few queries."""
        if not self._use_cache or not keys:
            return {}
        project = self.journal.project
        return await self._database.read(lambda connection: store.cached_answers(connection, project, keys))

    def serve_stored(self, wanted: Wanted, stored: StoredAnswer) -> Served:
        """Serve `wanted` from an answer already paid for; the caller posts `writes`."""
        answer = self.route.backend.read(stored.received)
        if (own := stored.call) is not None:
            writes = tuple(self._interpreted(wanted, own.id, stored.attempt, answer, own.dropped))
            return Served(
                answer,
                own.id,
                stored.attempt,
                cached=False,
                latency_us=own.latency_us,
                cost_nano=own.cost_nano,
                writes=writes,
            )
        return self._from_cache(wanted, answer, stored.attempt)

    def _written(self, served: Served) -> Served:
        self.journal.post(*served.writes)
        return structs.replace(served, writes=())

    def _from_cache(self, wanted: Wanted, answer: ModelAnswer, attempt: AttemptId) -> Served:
        """A call that an attempt made for another call has answered."""
        call = CallId(new_id())
        write = store.served_call(
            call, wanted.execution, str(wanted.purpose), wanted.key, self.route.model, attempt
        )
        return Served(answer, call, attempt, cached=True, writes=(write,))

    async def call(
        self, wanted: Wanted, on_delta: OnDelta | None = None, *, looked_up: bool = False
    ) -> Served:
        """The answer to `wanted`: from the cache, from a call in flight for the same key, or from the wire.

        Args:
            wanted: what `want` returned.
            on_delta: receives the answer as it streams, anew for each try; a stored answer arrives whole.
            looked_up: the caller has asked the cache already.

        Raises:
            ProviderError: when no try brought an answer.
            LimitError: when a budget refuses it.
        """
        if not self._use_cache:
            return await self._fresh(wanted, on_delta)
        while (other := self._flights.get(wanted.key)) is not None:
            await asyncio.wait((other,))
            if not other.cancelled():
                return self._joined(other.result(), wanted, on_delta)
            looked_up = False  # theirs failed: made here, or by whoever was faster
        flight = self._flights[wanted.key] = asyncio.get_running_loop().create_future()
        try:
            known = (
                None if looked_up and wanted.key not in self._answered else await self.look_up((wanted.key,))
            )
            stored = known.get(wanted.key) if known else None
            if stored is not None:
                served = self._written(self.serve_stored(wanted, stored))
                _emit(served.answer, on_delta)
                self._land(wanted.key)
            else:
                served = await self._fresh(wanted, on_delta)
            flight.set_result(served)
        except BaseException:
            flight.cancel()
            self._land(wanted.key)
            raise
        return served

    def _kept(self, key: bytes) -> None:
        """The cache has been written, so the next one who wants it finds it there."""
        self._answered.add(key)
        self._land(key)

    def _keeps(self, answer: ModelAnswer) -> bool:
        return self._use_cache and answer.finish_reason in _CACHEABLE

    def _land(self, key: bytes) -> None:
        self._flights.pop(key, None)

    def _joined(self, first: Served, wanted: Wanted, on_delta: OnDelta | None) -> Served:
        """What the same call, made by someone else, has brought."""
        _emit(first.answer, on_delta)
        return self._written(self._from_cache(wanted, first.answer, first.attempt))

    async def _fresh(self, wanted: Wanted, on_delta: OnDelta | None) -> Served:
        call = OpenCall(
            CallId(new_id()),
            wanted.execution,
            wanted.purpose,
            self.route.model,
            wanted.key,
            wanted.body,
            wanted.request.max_tokens,
            wanted.timeout_s,
        )
        streamed = StreamedTries(on_delta) if on_delta else None
        while True:
            dropped = self._rejected
            if dropped:
                self._leave_out(call, wanted.request, dropped)
            try:
                attempt, answer, latency_us, cost_nano = await self._limited(call, streamed)
            except ProviderError as error:
                name = error.parameter
                if (
                    error.fault is not Fault.PARAMETER
                    or name is None
                    or name in dropped
                    or name not in _DROPPABLE
                ):
                    raise
                if name not in self._rejected:
                    self._rejected = (*self._rejected, name)
            else:
                break
        interpreted = self._interpreted(wanted, call.id, attempt, answer, ",".join(dropped) or None)
        if self._keeps(answer):
            # The flight lasts until the cache has it, so that whoever wants the same meanwhile finds one or the other.
            self.journal.post(*interpreted, done=lambda: self._kept(wanted.key))
        else:
            self.journal.post(*interpreted)
            self._land(wanted.key)
        if dropped:
            answer = structs.replace(answer, dropped=dropped)
        return Served(answer, call.id, attempt, cached=False, latency_us=latency_us, cost_nano=cost_nano)

    def _leave_out(self, call: OpenCall, request: ModelRequest, names: tuple[str, ...]) -> None:
        call.body = self.route.backend.encode(_without(request, names))
        call.capped = "max_tokens" not in names

    async def _limited(self, call: OpenCall, streamed: StreamedTries | None) -> Answered:
        route = self.route
        tokens = len(call.body) // _TYPICAL_BYTES_PER_TOKEN + (call.max_tokens or 0)

        async def attempt(_number: int) -> Answered:
            if streamed is None:
                return await self._attempts.attempt(call)
            with streamed.trying():
                return await self._attempts.attempt(call, streamed.add)

        answered = await self._retrying.call(tokens, attempt)
        if usage := answered.answer.usage:
            route.limiter.correct(route.keys, tokens, usage.input_tokens + usage.output_tokens)
        return answered

    def _interpreted(
        self, wanted: Wanted, call: CallId, attempt: AttemptId, answer: ModelAnswer, dropped: str | None
    ) -> list[Write]:
        """T3 of a call: what served it, and the cache row when the answer is complete."""
        writes = [store.serve_call(call, attempt, dropped)]
        if self._keeps(answer):
            writes.append(store.keep_answer(self.journal.project, wanted.key, attempt))
        return writes


def _emit(answer: ModelAnswer, on_delta: OnDelta | None) -> None:
    if on_delta is not None and answer.text:
        on_delta(Delta(DeltaKind.TEXT, answer.text))


def _without(request: ModelRequest, names: tuple[str, ...]) -> ModelRequest:
    """`request` without the parameters that its endpoint rejects."""
    return structs.replace(request, **{name: _DROPPABLE[name] for name in names})
