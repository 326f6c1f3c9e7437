"""Where the work of one job is written down: on whose account, behind which fence, and what could not be written."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from loom.calls.halt import Halt
from loom.core.clock import Clock
from loom.core.ids import AccountId
from loom.storage.statements import Write
from loom.storage.writer import Writer

__all__ = ["Holders", "Journal"]


class Holders:
    """The calls of a job that hold a part of its budget, or are just asking for one."""

    def __init__(self) -> None:
        self._number = 0
        self._releases = 0
        self._next: asyncio.Future[None] | None = None
        """Done with the next release; there when somebody waits for it."""

    def enter(self) -> int:
        """One more; returns how often one has let go so far."""
        self._number += 1
        return self._releases

    def leave(self) -> None:
        """What it held is settled, or will be with the next commit."""
        self._number -= 1
        self._release()

    async def outlast(self, seen: int) -> bool:
        """Leave, having got nothing, and wait until somebody lets go; False when nobody holds anything.

        `seen` is what `enter` returned: whoever has let go since may have made room already.
        """
        self._number -= 1
        if self._releases != seen:
            return True
        if not self._number:
            self._release()  # others may be waiting for what this call did not get
            return False
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
        await asyncio.wait((self._next,))
        return True

    def _release(self) -> None:
        self._releases += 1
        if self._next is not None:
            self._next.set_result(None)
            self._next = None


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

    holders: Holders = field(default_factory=Holders, init=False)
    halt: Halt = field(default_factory=Halt, init=False)
    unpriced: int = field(default=0, init=False)
    """Attempts written down here that may have been paid, and nobody knows how much."""

    _failure: BaseException | None = field(default=None, init=False)

    def commit(self, *writes: Write) -> asyncio.Future[None]:
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
