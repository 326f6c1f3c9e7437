"""Where the work of one job is written down: on whose account, behind which fence, and what could not be written."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from loom.core.clock import Clock
from loom.core.ids import AccountId
from loom.storage.statements import Write
from loom.storage.writer import Writer

if TYPE_CHECKING:
    import asyncio

__all__ = ["Journal"]


@dataclass(slots=True)
class Journal:
    """The writer as one job uses it."""

    writer: Writer
    clock: Clock
    account: AccountId
    project: str = "default"
    epoch: int = 0
    fence: Callable[[], Write] | None = None
    """Gives what joins every commit: it fails the commit when the job is no longer ours."""

    _failure: BaseException | None = field(default=None, init=False)

    def commit(self, *writes: Write) -> "asyncio.Future[None]":
        """Write durably; done when it is. Not waiting for it does not take it back."""
        return self.writer.commit(*self._fenced(writes))

    def post(self, *writes: Write, done: Callable[[], None] | None = None) -> None:
        """Write soon; `check` tells when that failed, and `done` is called when it is over."""
        self.writer.post(*self._fenced(writes), failed=self._fail, done=done)

    def offer(self, *writes: Write) -> None:
        """Write soon if it can be; nobody minds when not."""
        self.writer.post(*self._fenced(writes), failed=_ignore)

    def check(self) -> None:
        """Raise the first failure of a post, if any."""
        if self._failure is not None:
            raise self._failure

    async def flush(self) -> None:
        """Return when everything posted so far is durable; raise what failed."""
        await self.writer.flush()
        self.check()

    def _fail(self, error: BaseException) -> None:
        self._failure = self._failure or error

    def _fenced(self, writes: tuple[Write, ...]) -> tuple[Write, ...]:
        return writes if self.fence is None else (self.fence(), *writes)


def _ignore(_error: BaseException) -> None:
    """Nobody minds."""
