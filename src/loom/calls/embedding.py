"""Embeddings over one route, journaled for one job: cached text by text, several texts to a call, one flight per text.

The receipt of a call is kept behind the names of its texts, so that the vector of a text is found in it again.
"""

import asyncio
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import NamedTuple, TypeAlias, cast

from loom.calls import store
from loom.calls.attempts import Answered, Attempts, OpenCall
from loom.calls.backend import MOST_TEXTS, Backend, OnDelta, Received, Wire, WireKind
from loom.calls.journal import Journal
from loom.calls.limits import Retrying
from loom.calls.models import ModelAnswer, Purpose, Usage
from loom.calls.path import Route
from loom.calls.store import StoredAnswer
from loom.core.ids import AttemptId, CallId, ExecutionId, new_id
from loom.core.money import Price
from loom.storage.database import Database
from loom.storage.statements import Write

__all__ = ["EmbeddingPath", "Vector"]

Vector: TypeAlias = tuple[float, ...]
Vectors: TypeAlias = dict[bytes, Vector]
"""By the key of the text."""

_TYPICAL_BYTES_PER_TOKEN = 4
_KEY_DIGITS = 64


class EmbeddingPath:
    """Embeddings by one model, journaled for one job."""

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
        self._journal = journal
        self._database = database
        self._use_cache = use_cache
        self._slots = asyncio.Semaphore(in_flight)
        self._retrying = Retrying(route.limiter, route.keys, route.policy, journal.halt)
        self._flights: dict[bytes, asyncio.Future[_Landed]] = {}

    async def embed(
        self,
        texts: Sequence[str],
        execution: ExecutionId | None,
        *,
        known: Iterable[StoredAnswer] = (),
        begin: Callable[[], None] = lambda: None,
        timeout_s: float = 120.0,
    ) -> tuple[Vector, ...]:
        """One vector per text.

        Args:
            texts: any number of them.
            execution: for whom.
            known: answers that this execution was given before it was interrupted; they are not asked for again.
            begin: called before anything is asked of the endpoint.
            timeout_s: for each try.

        Raises:
            ProviderError: when no try brought them.
            LimitError: when a budget refuses it.
        """
        keys = [self._key(text) for text in texts]
        wanted = dict(zip(keys, texts, strict=True))
        found = self._recalled(wanted, known)
        missing = {key: text for key, text in wanted.items() if key not in found}
        if missing:
            get = self._shared if self._use_cache else self._fresh
            found |= await get(_Wanted(missing, execution, begin, timeout_s))
        return tuple(found[key] for key in keys)

    def _recalled(self, wanted: Container[bytes], known: Iterable[StoredAnswer]) -> Vectors:
        found: Vectors = {}
        for one in known:
            keys, received = _opened(one.received)
            if one.call is not None and any(key in wanted for key in keys):
                found |= self._read(keys, received)
                self._journal.post(*self._interpreted(one.call.id, one.attempt, keys))
        return found

    def _key(self, text: str) -> bytes:
        spelled = self.route.backend.encode_embedding(self.route.model, (text,))
        return sha256(b"%b\n%b" % (self.route.backend.origin.encode(), spelled)).digest()

    async def _shared(self, wanted: "_Wanted") -> Vectors:
        """From flights of others, from the cache, or from the wire; what others fail to bring is asked for here."""
        found: Vectors = {}
        while (left := wanted.without(found)).texts:
            others = {key: self._flights[key] for key in left.texts if key in self._flights}
            if (own := left.without(others)).texts:
                found |= await self._flown(own)
            if others:
                found |= await self._joined(others, wanted.execution)
        return found

    async def _flown(self, own: "_Wanted") -> Vectors:
        """From the cache or from the wire, while others wait for it."""
        loop = asyncio.get_running_loop()
        self._flights |= {key: loop.create_future() for key in own.texts}
        try:
            found = await self._looked_up(own)
            return found | await self._fresh(own.without(found))
        except BaseException:
            self._give_up(own.texts)
            raise

    async def _joined(
        self, others: "Mapping[bytes, asyncio.Future[_Landed]]", execution: ExecutionId | None
    ) -> Vectors:
        """What somebody else has asked for and got."""
        await asyncio.wait(others.values())
        landed = {key: flight.result() for key, flight in others.items() if not flight.cancelled()}
        self._note_served({one.attempt: key for key, one in landed.items()}, execution)
        return {key: one.vector for key, one in landed.items()}

    async def _looked_up(self, wanted: "_Wanted") -> Vectors:
        """What the cache has."""
        project, keys = self._journal.project, list(wanted.texts)
        stored = await self._database.read(lambda connection: store.cached_answers(connection, project, keys))
        found: Vectors = {}
        serving = {one.attempt: (key, one.received) for key, one in stored.items()}
        for attempt, (_, received) in serving.items():
            vectors = self._read(*_opened(received))
            ours = {key: vector for key, vector in vectors.items() if key in wanted.texts}
            self._resolve(ours, attempt)
            found |= ours
        self._note_served({attempt: key for attempt, (key, _) in serving.items()}, wanted.execution)
        self._land(found)
        return found

    def _note_served(self, served: Mapping[AttemptId, bytes], execution: ExecutionId | None) -> None:
        """Write down, as a call of this execution, each attempt of somebody else's that served it."""
        model = self.route.model
        self._journal.post(
            *(
                store.served_call(CallId(new_id()), execution, Purpose.EMBED, key, model, attempt)
                for attempt, key in served.items()
            )
        )

    async def _fresh(self, wanted: "_Wanted") -> Vectors:
        """From the wire, in as few calls as the endpoint allows."""
        keys = list(wanted.texts)
        found: Vectors = {}
        for start in range(0, len(keys), MOST_TEXTS):
            wanted.begin()
            batch = tuple(keys[start : start + MOST_TEXTS])
            found |= await self._called(batch, wanted)
        return found

    async def _called(self, keys: tuple[bytes, ...], wanted: "_Wanted") -> Vectors:
        route = self.route
        body = route.backend.encode_embedding(route.model, tuple(wanted.texts[key] for key in keys))
        call = OpenCall(
            CallId(new_id()),
            wanted.execution,
            Purpose.EMBED,
            route.model,
            keys[0] if len(keys) == 1 else sha256(b"".join(keys)).digest(),
            body,
            0,
            wanted.timeout_s,
        )
        batch = _Batch(route.backend, keys)
        price = _without_output(route.price)
        attempts = Attempts(cast("Backend", batch), price, self._journal, self._slots)
        tokens = len(body) // _TYPICAL_BYTES_PER_TOKEN

        async def attempt(_number: int) -> Answered:
            return await attempts.attempt(call)

        answered = await self._retrying.call(tokens, attempt)
        if usage := answered.answer.usage:
            route.limiter.correct(route.keys, tokens, usage.input_tokens)
        found = dict(zip(keys, batch.vectors, strict=True))
        self._resolve(found, answered.attempt)
        # The flights last until the cache has them, so that whoever wants the same meanwhile finds one or the other.
        self._journal.post(*self._interpreted(call.id, answered.attempt, keys), done=lambda: self._land(keys))
        return found

    def _interpreted(self, call: CallId, attempt: AttemptId, keys: Iterable[bytes]) -> list[Write]:
        writes = [store.serve_call(call, attempt, None)]
        if self._use_cache:
            writes += [store.keep_answer(self._journal.project, key, attempt) for key in keys]
        return writes

    def _read(self, keys: Sequence[bytes], received: Received) -> Vectors:
        embedded = self.route.backend.read_embedding(received, len(keys))
        return dict(zip(keys, embedded.vectors, strict=True))

    def _resolve(self, found: Vectors, attempt: AttemptId) -> None:
        for key, vector in found.items():
            flight = self._flights.get(key)
            if flight is not None and not flight.done():
                flight.set_result(_Landed(vector, attempt))

    def _land(self, keys: Iterable[bytes]) -> None:
        for key in keys:
            self._flights.pop(key, None)

    def _give_up(self, keys: Iterable[bytes]) -> None:
        """Who waits for these asks for them again; those that have come stay until they are kept."""
        for key in keys:
            flight = self._flights.get(key)
            if flight is not None and not flight.done():
                flight.cancel()
                del self._flights[key]


class _Landed(NamedTuple):
    """A vector, and what brought it."""

    vector: Vector
    attempt: AttemptId


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Texts by key, for whom, and what to do before they are asked for."""

    texts: Mapping[bytes, str]
    execution: ExecutionId | None
    begin: Callable[[], None]
    timeout_s: float

    def without(self, found: Container[bytes]) -> "_Wanted":
        """What is still wanted."""
        return replace(self, texts={key: text for key, text in self.texts.items() if key not in found})


class _Batch:
    """A backend as `Attempts` uses one, for one request: its receipts begin with the names of the texts."""

    def __init__(self, backend: Backend, keys: tuple[bytes, ...]) -> None:
        self._backend = backend
        self._keys = keys
        self.vectors: tuple[Vector, ...] = ()
        """What was read last."""

    async def send(self, wire: Wire, on_delta: OnDelta | None = None) -> Received:
        del on_delta  # vectors do not stream
        sent = Wire(wire.body, wire.request_id, wire.timeout_s, WireKind.EMBEDDING)
        received = await self._backend.send(sent)
        names = b"".join(key.hex().encode() for key in self._keys)
        return Received(names + b"\n" + received.body)

    def read(self, received: Received) -> ModelAnswer:
        keys, inner = _opened(received)
        embedded = self._backend.read_embedding(inner, len(keys))
        usage = None if embedded.input_tokens is None else Usage(embedded.input_tokens, 0)
        self.vectors = embedded.vectors
        return ModelAnswer(None, usage=usage, model=embedded.model)


def _opened(received: Received) -> tuple[tuple[bytes, ...], Received]:
    """The names of the texts, and the answer as it came in; no names when it is no answer to an embedding."""
    names, newline, body = received.body.partition(b"\n")
    if not newline or len(names) % _KEY_DIGITS:
        return (), received
    try:
        digits = bytes.fromhex(names.decode())
    except ValueError:
        return (), received
    size = _KEY_DIGITS // 2
    return tuple(digits[place : place + size] for place in range(0, len(digits), size)), Received(body)


def _without_output(price: Price | None) -> Price | None:
    """An embedding has no output that could cost anything, so none is reserved for."""
    return None if price is None else Price(price.input, 0, price.cached)
