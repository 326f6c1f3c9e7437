"""Ctrl-C and its like where nothing is in flight: the process ends at once and says what was begun. Loads nothing.

Python's own way, an exception wherever the program happens to be, breaks off imports halfway: what comes of it then is
some other error, or not a word.
"""

import os
import signal
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import Self

__all__ = ["INTERRUPTED", "NOTHING", "SIGNALS", "Ending", "handling", "usual"]

INTERRUPTED = 130
"""The exit status."""

NOTHING = "nothing was begun"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What ends a command: a person, whoever runs it, a terminal that is closed."""


class Ending:
    """Within: a signal ends the process at once with `words`, which change as things are begun. After it: as usual."""

    def __init__(self, words: str = NOTHING) -> None:
        self.words = words
        self._within = handling(self._end)

    def __enter__(self) -> Self:
        self._within.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._within.__exit__(None, None, None)
        usual()  # what surrounds it, if anything, spoke of what was to come

    def _end(self, _number: int) -> None:
        with suppress(OSError, ValueError, RuntimeError):
            sys.stdout.flush()
        with suppress(OSError):
            line = "\n" if os.isatty(2) else ""  # there the terminal has just written ^C
            os.write(2, f"{line}Interrupted; {self.words}\n".encode(errors="backslashreplace"))
        os._exit(INTERRUPTED)


@contextmanager
def handling(interrupted: Callable[[int], None]) -> Generator[None]:
    """Within: `SIGNALS` call `interrupted` with their number, and do nothing else.

    One that is to be ignored stays so: what a script leaves in the background, what nohup starts.
    """

    def handler(number: int, _frame: object) -> None:
        if number == signal.SIGHUP:
            _turn_from_closed_terminals()
        interrupted(number)

    before = {number: signal.signal(number, handler) for number in _heeded()}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def usual() -> None:
    """Let signals do from now on what Python has them do."""
    for number in _heeded():
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


def _heeded() -> list[signal.Signals]:
    return [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]


def _turn_from_closed_terminals() -> None:
    """What is still to be said goes nowhere, instead of failing."""
    import errno
    import termios

    for stream in (1, 2):
        try:
            termios.tcgetattr(stream)
        except termios.error as error:
            if error.args[0] == errno.EIO:
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
