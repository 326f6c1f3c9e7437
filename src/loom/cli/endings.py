"""Ctrl-C where nothing is in flight: the process ends at once and says what was begun. Loads nothing.

Python's own way, an exception wherever the program happens to be, breaks off imports halfway: what comes of it then is
some other error, or not a word.
"""

import os
import signal
import sys
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Self

__all__ = ["INTERRUPTED", "NOTHING", "SIGNALS", "Ending", "handling", "usual"]

INTERRUPTED = 130
"""The exit status."""

NOTHING = "nothing was begun"
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Ending:
    """Within: a signal ends the process at once with `words`, which change as things are begun."""

    def __init__(self, words: str = NOTHING) -> None:
        self.words = words
        self._within: AbstractContextManager[None] = handling(self._end)

    def __enter__(self) -> Self:
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as of what a script leaves in the background
            self._within = nullcontext()
        self._within.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._within.__exit__(None, None, None)

    def _end(self) -> None:
        with suppress(OSError, ValueError, RuntimeError):
            sys.stdout.flush()
        with suppress(OSError):
            line = "\n" if os.isatty(2) else ""  # there the terminal has just written ^C
            os.write(2, f"{line}Interrupted; {self.words}\n".encode(errors="backslashreplace"))
        os._exit(INTERRUPTED)


@contextmanager
def handling(interrupted: Callable[[], None]) -> Generator[None]:
    """Within: SIGINT and SIGTERM call `interrupted`, and nothing else."""

    def handler(_number: int, _frame: object) -> None:
        interrupted()

    before = {number: signal.signal(number, handler) for number in SIGNALS}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def usual() -> None:
    """Let signals do from now on what Python has them do."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
