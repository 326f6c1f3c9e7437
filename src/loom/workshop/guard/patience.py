"""HTTP connections that lose patience: with heads and bodies that drip in, and with readers that stop reading.

What drips in is held back until it is a whole request: two thousand such connections keep nobody else waiting.

uvicorn has a deadline for idle connections only: one that sends a byte now and then stays open for ever.
"""

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from loom.workshop.guard.whole_requests import WholeRequest

__all__ = ["PatientProtocol"]

_HEAD_S = 10.0
"""For the whole head of a request, from the first moment that one may come."""

_LOOK_S = 5.0
_LEAST_BYTES = 4096
"""What a body must grow by between two looks."""

_STUCK_S = 60.0
"""While the other side takes so little that there is no room to write."""

_GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"


class PatientProtocol(H11Protocol):
    """One connection, looked at every few seconds."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a head."""
        super().connection_made(transport)
        self._since = self.loop.time()
        self._received = 0
        self._request = WholeRequest()
        self._told_to_go_on = False
        self._full_since: float | None = None
        self._look_again()

    def connection_lost(self, exc: Exception | None) -> None:
        """Look no more."""
        self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Pass on what comes, as long as it is a head or a short body once it is whole."""
        self._received += len(data)
        come = self._request.add(data) if self.conn.their_state is h11.IDLE else data
        if come is not None:
            self._told_to_go_on = False
            super().data_received(come)
            return
        self._unset_keepalive_if_required()
        if self._request.waits and not self._told_to_go_on:
            self._told_to_go_on = True
            self.transport.write(_GO_ON)

    def pause_writing(self) -> None:
        """The other side does not keep up."""
        self._full_since = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        """It has taken most of what was waiting."""
        self._full_since = None
        super().resume_writing()

    def on_response_complete(self) -> None:
        """From now on another head may come."""
        self._since = self.loop.time()
        super().on_response_complete()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """A WebSocket has pings of its own."""
        self._timer.cancel()
        super().handle_websocket_upgrade(event)

    def _look_again(self) -> None:
        self._timer = self.loop.call_later(_LOOK_S, self._look)

    def _look(self) -> None:
        if self._waiting_in_vain() or self._dripping() or self._stuck():
            self.transport.abort()
        else:
            self._look_again()

    def _waiting_in_vain(self) -> bool:
        """No head, though a part of one has come or nothing ever did; uvicorn itself ends idle ones."""
        idle = self.conn.their_state is h11.IDLE and not self._request.has_head
        return idle and self.timeout_keep_alive_task is None and self.loop.time() - self._since > _HEAD_S

    def _dripping(self) -> bool:
        received, self._received = self._received, 0
        in_body = self.conn.their_state is h11.SEND_BODY or self._request.has_head
        return in_body and not self.flow.read_paused and received < _LEAST_BYTES

    def _stuck(self) -> bool:
        return self._full_since is not None and self.loop.time() - self._full_since > _STUCK_S
