"""The bus over a NATS server: plain messages, at most once. Needs the extra `nats`; import it only where one is used.

The client makes lost connections and their subscriptions again for about a minute; then it is closed, its
subscriptions end, and `connect` makes a new one.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol, TypeAlias
from urllib.parse import urlsplit
from weakref import WeakSet

import nats
import nats.errors

from loom.bus.base import DEFAULT_NATS_URL, MessageBus, Subscription
from loom.bus.wire import from_wire, to_wire
from loom.core.errors import BusError
from loom.core.jsonvalue import Json

if TYPE_CHECKING:
    from nats.aio.msg import Msg
    from nats.aio.subscription import Subscription as NativeSubscription

__all__ = ["NATSBus", "NATSSubscription", "without_secrets"]

_ATTEMPTS = 60
_BETWEEN_S = 1
_PING_S = 20
"""A server that is gone without a word is noticed after three of these."""

_ANSWER_S = 5.0
_NOBODY = "503"
_FAILURES = (nats.errors.Error, OSError, asyncio.TimeoutError)
_log = logging.getLogger("loom.bus")


class _Client(Protocol):
    """What is used of the client, whose own types say less."""

    is_closed: bool
    is_connected: bool

    async def publish(self, subject: str, payload: bytes, reply: str = "") -> None: ...
    async def subscribe(self, subject: str, queue: str = "") -> "NativeSubscription": ...
    async def request(self, subject: str, payload: bytes, timeout: float) -> "Msg": ...  # noqa: ASYNC109 - its name
    async def flush(self) -> None: ...
    async def drain(self) -> None: ...
    async def close(self) -> None: ...
    def new_inbox(self) -> str: ...


_Connect: TypeAlias = Callable[..., Awaitable[_Client]]


def without_secrets(url: str) -> str:
    """`url` as it may be shown: no user, no password, no token."""
    return ",".join(_bare(one) for one in url.split(","))


def _bare(url: str) -> str:
    try:
        parts = urlsplit(url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()
    except ValueError:
        return "nats://…"


class NATSSubscription(Subscription):
    """The messages of one subject. A connection that is closed for good ends the iteration."""

    def __init__(self, nats_sub: "NativeSubscription") -> None:
        self._sub = nats_sub
        self._ended = asyncio.Event()

    async def unsubscribe(self) -> None:
        if self._ended.is_set():
            return
        self._ended.set()
        with suppress(*_FAILURES):  # the connection is gone, and the subscription with it
            await self._sub.unsubscribe()

    async def __anext__(self) -> Json:
        while (message := await self._next()) is not None:
            data = from_wire(message.subject, message.data)
            if data is not None:
                return data
        raise StopAsyncIteration

    async def _next(self) -> "Msg | None":
        """None when there will be no more."""
        try:
            if self._sub.pending_msgs:
                return await self._sub.next_msg(timeout=None)
            return None if self._ended.is_set() else await self._wait()
        except _FAILURES:
            return None

    async def _wait(self) -> "Msg | None":
        """The client does not wake who waits for a message when they unsubscribe; hence the race."""
        reading = asyncio.ensure_future(self._sub.next_msg(timeout=None))
        ending = asyncio.ensure_future(self._ended.wait())
        try:
            await asyncio.wait((reading, ending), return_when=asyncio.FIRST_COMPLETED)
            return reading.result() if reading.done() else None
        finally:
            reading.cancel()
            ending.cancel()


class NATSBus(MessageBus):
    """A connection to a NATS server, or to one of several when `url` has commas."""

    def __init__(self, url: str = DEFAULT_NATS_URL) -> None:
        self.url = url
        self._nc: _Client | None = None
        self._connecting = asyncio.Lock()
        self._trouble: str | None = "is not connected"
        self._subscriptions: WeakSet[NATSSubscription] = WeakSet()

    @property
    def trouble(self) -> str | None:
        return self._trouble and f"{without_secrets(self.url)} {self._trouble}"

    async def connect(self) -> None:
        async with self._connecting:
            if self._nc is None or self._nc.is_closed:
                await self._connect()

    async def _connect(self) -> None:
        try:
            connect: _Connect = vars(nats)["connect"]  # which does not say what its options are
            self._nc = await connect(
                self.url.split(",") if "," in self.url else self.url,
                max_reconnect_attempts=_ATTEMPTS,
                reconnect_time_wait=_BETWEEN_S,
                ping_interval=_PING_S,
                error_cb=self._failed,
                disconnected_cb=self._lost,
                reconnected_cb=self._found,
            )
        except (*_FAILURES, ValueError) as error:
            self._trouble = f"cannot be reached: {_words(error)}"
            raise BusError(self._message()) from error
        self._trouble = None

    async def close(self) -> None:
        client, self._nc = self._nc, None
        self._trouble = "is not connected"
        if client is None:
            return
        # Draining alone would wait until they are read, and wake nobody who waits.
        for one in list(self._subscriptions):
            await one.unsubscribe()
        try:
            await client.drain()
        except _FAILURES:  # nothing to drain where there is no connection
            await client.close()

    async def publish(self, subject: str, data: Json) -> None:
        body = to_wire(subject, data)
        try:
            await self._client().publish(subject, body)
        except _FAILURES as error:
            raise _unsent(subject, error) from error

    async def deliver(self, subject: str, data: Json) -> None:
        """The server answers into an inbox when nobody listens; a message to that inbox comes after the answer."""
        client, body = self._client(), to_wire(subject, data)
        if not client.is_connected:  # the client would keep it, and send it when nobody expects it any more
            raise BusError(self._message())
        inbox = client.new_inbox()
        try:
            answers = await client.subscribe(inbox)
            await client.publish(subject, body, reply=inbox)
        except _FAILURES as error:
            raise _unsent(subject, error) from error
        try:
            await client.publish(inbox, b"")
            first = await answers.next_msg(timeout=_ANSWER_S)
        except _FAILURES as error:
            what = f"it is not known whether a message to {subject} was sent: {_words(error)}"
            raise BusError(what, doubtful=True) from error
        finally:
            with suppress(*_FAILURES):
                await answers.unsubscribe()
        if (first.headers or {}).get("Status") == _NOBODY:
            raise BusError(f"nobody listens to {subject}; start what does, then try again")

    async def subscribe(self, subject: str, queue_group: str | None = None) -> Subscription:
        client = self._client()
        try:
            if queue_group is None:
                made = await client.subscribe(subject)
            else:
                made = await client.subscribe(subject, queue=queue_group)
            if client.is_connected:
                await client.flush()  # its ping overtakes what waits to be sent, which has gone by its answer
                await client.flush()
        except _FAILURES as error:
            raise BusError(f"cannot listen to {subject}: {_words(error)}") from error
        subscription = NATSSubscription(made)
        self._subscriptions.add(subscription)
        return subscription

    async def request(self, subject: str, data: Json, timeout: float = 30.0) -> Json:  # noqa: ASYNC109 - as in 0.9
        """What the first to answer `data` says.

        Raises:
            BusError: when nobody listens, nobody answers within `timeout` seconds, or the answer is no JSON object.
        """
        try:
            answer = await self._client().request(subject, to_wire(subject, data), timeout=timeout)
        except _FAILURES as error:
            raise BusError(f"no answer from {subject}: {_words(error)}") from error
        said = from_wire(subject, answer.data)
        if said is None:
            raise BusError(f"the answer from {subject} is no JSON object")
        return said

    def _client(self) -> _Client:
        if self._nc is None:
            raise BusError(self._message())
        return self._nc

    def _message(self) -> str:
        return f"the bus at {self.trouble or without_secrets(self.url)}; check the address and that NATS runs there"

    async def _failed(self, error: Exception) -> None:
        words = _words(error)
        if self._nc is None or not self._nc.is_connected:
            self._trouble = f"cannot be reached: {words}"
        _log.log(logging.DEBUG if self._trouble else logging.WARNING, "NATS: %s", words)

    async def _lost(self) -> None:
        if self._trouble is None:
            self._trouble = "has lost the connection"
            _log.warning("the bus at %s has lost the connection", without_secrets(self.url))

    async def _found(self) -> None:
        self._trouble = None
        _log.info("connected to the bus at %s again", without_secrets(self.url))


def _unsent(subject: str, error: BaseException) -> BusError:
    return BusError(f"a message to {subject} was not sent: {_words(error)}")


def _words(error: BaseException) -> str:
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    said = str(error).removeprefix("nats: ")
    return said or type(error).__name__
