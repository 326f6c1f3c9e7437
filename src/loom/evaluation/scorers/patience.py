"""The time a waiting scorer has: its clock stands still while a model call is under way. Knows no scorer."""

import asyncio
from collections.abc import Generator, Sequence
from contextlib import contextmanager

from loom.calls.models import ModelAnswer, ModelRequest
from loom.core.errors import ConflictError, EndpointDownError, Fault, LimitError, ProviderError, StorageError
from loom.evaluation.scorers.calling import Caller, RouteWish, Vector

__all__ = ["Patience"]

_HALTING = (LimitError, StorageError, ConflictError, EndpointDownError)


class Patience:
    """The `Caller` of one scorer at work. Calls wait as long as limits and retries make them; the rest is timed."""

    def __init__(self, caller: Caller, timeout_s: float) -> None:
        self._caller = caller
        self._timeout_s = timeout_s
        self._under_way = 0
        self._left_s: float | None = None
        self.limit: asyncio.Timeout | None = None
        self.halted: Exception | None = None
        """Why the job cannot go on, whatever the scorer makes of it: it is not for a scorer to swallow."""

    async def ask(
        self, request: ModelRequest, wish: RouteWish, *, sample: int = 0, timeout_s: float | None = None
    ) -> ModelAnswer:
        with self._calling():
            return await self._caller.ask(
                request, wish, sample=sample, timeout_s=timeout_s or self._timeout_s
            )

    async def embed(
        self, texts: Sequence[str], wish: RouteWish, *, timeout_s: float | None = None
    ) -> tuple[Vector, ...]:
        with self._calling():
            return await self._caller.embed(texts, wish, timeout_s=timeout_s or self._timeout_s)

    @contextmanager
    def _calling(self) -> Generator[None]:
        if not self._under_way:
            self._stop()
        self._under_way += 1
        try:
            yield
        except Exception as error:
            if _halts(error):
                self.halted = self.halted or error
            raise
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._go_on()

    def _stop(self) -> None:
        when = None if self.limit is None or self.limit.expired() else self.limit.when()
        self._left_s = None
        if self.limit is not None and when is not None:
            self._left_s = when - asyncio.get_running_loop().time()
            self.limit.reschedule(None)

    def _go_on(self) -> None:
        if self.limit is not None and self._left_s is not None:
            self.limit.reschedule(asyncio.get_running_loop().time() + self._left_s)


def _halts(error: Exception) -> bool:
    refused_key = isinstance(error, ProviderError) and error.fault is Fault.UNAUTHORIZED
    return refused_key or isinstance(error, _HALTING)
