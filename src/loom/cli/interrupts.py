"""Ctrl-C and its like while a job is opened or worked through: it is told of, paused, or cut off."""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from loom.cli.endings import INTERRUPTED, NOTHING, Ending, handling
from loom.cli.show.console import error_console, put
from loom.core.errors import LoomError, NotFoundError
from loom.core.ids import RunId, short
from loom.engine.models import Steer

if TYPE_CHECKING:
    from loom.wiring.app import App

__all__ = ["cutting_off", "opening", "pausing"]

T = TypeVar("T")


async def opening(app: "App", run: RunId, ending: Ending, opened: Coroutine[Any, Any, T]) -> T:
    """What `opened` gives, which opens the job of `run`; `ending` says so from then on.

    A signal meanwhile takes it back, and the store is asked whether that was in time.
    """
    loop, task, asked = asyncio.get_running_loop(), asyncio.create_task(opened), False

    def interrupted(_number: int) -> None:
        nonlocal asked
        asked = True
        loop.call_soon_threadsafe(task.cancel)

    with handling(interrupted):
        try:
            made = await task
        except (asyncio.CancelledError, LoomError):
            if not asked:
                raise
        else:
            ending.words = _go_on(run)
            if not asked:
                return made
        ending.words = await _standing(app, run)
    put(f"Interrupted; {ending.words}", out=error_console())
    raise typer.Exit(INTERRUPTED)


async def _standing(app: "App", run: RunId) -> str:
    """What the store says of `run`, once all that was handed to it is there."""
    await app.database.writer.flush()
    try:
        return _go_on((await app.reports.find(run.hex())).id)
    except NotFoundError:
        return NOTHING


def _go_on(run: RunId) -> str:
    return f"go on with: loom eval --resume {short(run)}"


@contextmanager
def pausing(steer: Callable[[Steer], None]) -> Generator[None]:
    """Within: a signal pauses the job; a second one cancels the current task.

    A terminal that is closed never cuts off, however often it says so.
    """
    loop, task, asked = asyncio.get_running_loop(), asyncio.current_task(), False

    def pause(number: int) -> None:
        nonlocal asked
        by_hand = number != signal.SIGHUP
        if asked and by_hand and task is not None:
            task.cancel()
            return
        asked = asked or by_hand
        note = "Pausing: what is in flight may finish; Ctrl-C again cuts it off."
        put((note, "warn"), out=error_console())
        steer(Steer.PAUSE)

    def interrupted(number: int) -> None:
        loop.call_soon_threadsafe(pause, number)

    with handling(interrupted):
        yield


@contextmanager
def cutting_off() -> Generator[None]:
    """Within: a signal cancels the current task, once, so that all that was opened is closed again."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def cut_off() -> None:
        if not task.cancelling():
            task.cancel()

    def interrupted(_number: int) -> None:
        loop.call_soon_threadsafe(cut_off)

    with handling(interrupted):
        yield
