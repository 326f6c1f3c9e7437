"""The HTTP side of one endpoint, whichever API it speaks: opened when first used, whole answers and streams.

Knows no provider; nothing of retries, limits, money or storage.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from loom.calls.assembly import Assembly
from loom.calls.backend import OnDelta, Received, Wire
from loom.calls.credential import Credential
from loom.calls.http import HttpClient
from loom.core.clock import Clock, SystemClock
from loom.core.errors import Fault, ProviderError

if TYPE_CHECKING:
    from loom.calls.transport import Transport

__all__ = ["Channel"]

_SHORT_TIMEOUT_S = 60.0
_LONGEST_TAIL = 80


class Channel:
    """Where one endpoint's requests go. Without an `http` of its owner's it opens one, and `aclose` closes it."""

    def __init__(
        self,
        origin: str,
        credential: Credential,
        headers: Mapping[str, str],
        *,
        http: HttpClient | None = None,
        idle_s: float = 120.0,
        clock: Clock | None = None,
    ) -> None:
        """`headers` prove the credential; `idle_s` is how long a stream may be silent."""
        self.origin = origin
        self._credential = credential
        self._headers = {**credential.beside, **headers}
        self._http = http or HttpClient()
        self._owns_http = http is None
        self._idle_s = idle_s
        self._clock = clock or SystemClock()
        self._opened: Transport | None = None

    async def get(self, path: str) -> bytes:
        """The body at `path`.

        Raises:
            ProviderError: as `Backend.send`.
        """
        return await self._transport().exchange(path, Wire(b"", "models", _SHORT_TIMEOUT_S))

    async def post(self, path: str, wire: Wire) -> bytes:
        """The whole answer to `wire`.

        Raises:
            ProviderError: as `Backend.send`.
        """
        return await self._transport().exchange(path, wire)

    async def stream(
        self,
        path: str,
        wire: Wire,
        assembly: Assembly,
        on_delta: OnDelta,
        is_stream: Callable[[bytes], bool],
    ) -> Received:
        """The streamed answer to `wire`; `is_stream` tells it from one that came whole after all.

        Raises:
            ProviderError: as `Backend.send`; `NO_ANSWER` for a stream that ended before its end.
        """
        pieces: list[bytes] = []

        def take(piece: bytes) -> bool:
            pieces.append(piece)
            for delta in assembly.feed(piece):
                on_delta(delta)
            return assembly.done

        try:
            await self._transport().exchange(path, wire, take)
        except ProviderError as error:
            if error.fault is not Fault.NO_ANSWER or not assembly.complete:
                raise _with_tail(error, assembly.text) from error
        body = b"".join(pieces)
        if not is_stream(body):
            return Received(body)
        for delta in assembly.close():
            on_delta(delta)
        if not assembly.complete:
            cut = ProviderError(f"{self.origin}{path} ended its stream without finishing", Fault.NO_ANSWER)
            raise _with_tail(cut, assembly.text)
        return Received(body, streamed=True)

    def placed(self, error: ProviderError) -> ProviderError:
        """`error`, telling where it happened, and no key."""
        said = f"{self.origin}: {self._credential.redact(str(error))}"
        return ProviderError(said, error.fault, retry_after_s=error.retry_after_s)

    async def aclose(self) -> None:
        """Release connections. Idempotent."""
        if self._owns_http:
            await self._http.aclose()

    def _transport(self) -> "Transport":
        if self._opened is None:
            from loom.calls.transport import Transport

            self._opened = Transport(
                self._http,
                self.origin,
                self._credential,
                self._headers,
                idle_s=self._idle_s,
                clock=self._clock,
            )
        return self._opened


def _with_tail(error: ProviderError, text: str) -> ProviderError:
    """`error`, telling how far the answer had come."""
    if not text:
        return error
    message = f"{error}; it had written {len(text)} characters, ending in {text[-_LONGEST_TAIL:]!r}"
    return ProviderError(message, error.fault, status=error.status, retry_after_s=error.retry_after_s)
