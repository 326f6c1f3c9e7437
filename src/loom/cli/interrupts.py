"""Ctrl-C while a job is worked through: once to pause, twice to cut off what is in flight."""

import asyncio
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager

from loom.engine.models import Steer

__all__ = ["pausing"]


@contextmanager
def pausing(steer: Callable[[Steer], None]) -> Generator[None]:
    """Within: SIGINT and SIGTERM pause the job; a second one cancels the current task."""
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    asked = False

    def interrupted() -> None:
        nonlocal asked
        if asked and task is not None:
            task.cancel()
            return
        asked = True
        from loom.cli.show.console import error_console, put

        note = "Pausing: what is in flight may finish; Ctrl-C again cuts it off."
        put((note, "warn"), out=error_console())
        steer(Steer.PAUSE)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupted)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
