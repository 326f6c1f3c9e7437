"""Runs code of the user's within bounds: it may raise, hang or exit, and is only told of. Knows not what it is for."""

import asyncio
import contextvars
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from traceback import extract_tb
from typing import Any, TypeVar

__all__ = ["ForeignError", "in_thread", "within"]

T = TypeVar("T")

_NOT_THEIRS = (__file__, str(Path(asyncio.__file__).parents[1]))


class ForeignError(Exception):
    """Code of the user's did not come to an end that it should have come to; its own error is the cause."""

    def __init__(self, message: str, *, timed_out: bool = False) -> None:
        super().__init__(message)
        self.timed_out = timed_out

    @property
    def place(self) -> str:
        """File and line of the user's that raised it, as ` (tools.py:12)`; empty when that cannot be said."""
        trace = extract_tb(self.__cause__.__traceback__) if self.__cause__ else ()
        lines = [line for line in trace if not line.filename.startswith(_NOT_THEIRS)]
        return f" ({Path(lines[-1].filename).name}:{lines[-1].lineno})" if lines else ""


async def within(timeout_s: float, work: Awaitable[T]) -> T:
    """What `work` comes to.

    Raises:
        ForeignError: for whatever it raises, an exit included, and when `timeout_s` are over.
    """
    deadline = asyncio.timeout(timeout_s)
    try:
        async with deadline:
            return await work
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise ForeignError("was cancelled from within") from error
    except (Exception, SystemExit) as error:
        if deadline.expired():
            raise ForeignError(f"did not finish within {timeout_s:g} s", timed_out=True) from None
        raise ForeignError(f"{type(error).__name__}: {error}") from error


async def in_thread(function: Callable[..., T], *arguments: Any) -> T:
    """What `function` returns or raises, run in a thread of its own.

    A thread of a pool that never ends would keep the process from ending; this one does not.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()
    context = contextvars.copy_context()

    def work() -> None:
        try:
            settle = partial(future.set_result, context.run(function, *arguments))
        except StopIteration:
            settle = partial(future.set_exception, RuntimeError("StopIteration"))  # no future carries that
        except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits
            settle = partial(future.set_exception, error)
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(lambda: None if future.done() else settle())

    threading.Thread(target=work, name="loom-foreign", daemon=True).start()
    return await future
