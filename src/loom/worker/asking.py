"""One endpoint asked outside any job: passing failures are tried again, nothing is stored. Knows no provider."""

from collections.abc import Callable
from typing import TypeVar

from loom.calls.backend import Backend, Received, Wire, WireKind
from loom.calls.limits import Limiter, LimitKeys, Retrying
from loom.core.clock import SystemClock
from loom.core.ids import new_id, text

__all__ = ["Asker"]

T = TypeVar("T")
_TIMEOUT_S = 120.0


class Asker:
    """Sends to one backend and model. Used in one event loop."""

    def __init__(self, backend: Backend, model: str) -> None:
        self.backend = backend
        self.model = model
        self._retrying = Retrying(Limiter(SystemClock()), LimitKeys(backend.origin, model))

    async def ask(self, body: bytes, read: Callable[[Received], T], kind: WireKind = WireKind.CHAT) -> T:
        """What `read` makes of the answer to `body`. Limits are waited out, other passing failures tried again.

        Raises:
            ProviderError: when the endpoint does not answer, refuses, or answers nonsense.
        """
        request_id = text(new_id())

        async def attempt(number: int) -> T:
            return read(await self.backend.send(Wire(body, f"{request_id}-{number}", _TIMEOUT_S, kind)))

        return await self._retrying.call(0, attempt)
