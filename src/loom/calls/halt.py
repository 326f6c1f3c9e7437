"""Whether calls may still leave: once halted, nothing does, and who waits to send is let go. Knows no job, no call."""

import asyncio
from types import TracebackType
from typing import Any

from loom.core.errors import LimitError

__all__ = ["Halt", "HaltedError"]


class HaltedError(LimitError):
    """Nothing more is sent, as was asked; what was to be sent is still to do."""


class Halt:
    """One job's. `with halt:` is a wait before something leaves, which ends in `HaltedError` when it is halted."""

    __slots__ = ("_waiting", "asked")

    def __init__(self) -> None:
        self.asked = False
        self._waiting: set[asyncio.Task[Any]] = set()

    def ask(self) -> None:
        """From now on send nothing. What is on the wire goes on."""
        if not self.asked:
            self.asked = True
            for task in self._waiting:
                task.cancel()

    def check(self) -> None:
        """Raise `HaltedError` when nothing may leave."""
        if self.asked:
            raise HaltedError("the job was halted before it was sent")

    def __enter__(self) -> None:
        self.check()
        self._waiting.add(_this_task())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        task = _this_task()
        self._waiting.discard(task)
        # Asked now but not on entering: `ask` has cancelled this task. Had somebody else as well, it stays cancelled.
        if self.asked and not task.uncancel() and isinstance(error, asyncio.CancelledError):
            self.check()


def _this_task() -> "asyncio.Task[Any]":
    task = asyncio.current_task()
    assert task is not None
    return task
