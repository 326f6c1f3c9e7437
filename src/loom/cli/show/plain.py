"""Words as they are written out: nothing in them is obeyed by a terminal. Knows no colours and no layout."""

import os
import re
import signal
import sys
from collections.abc import Iterable
from typing import NoReturn

__all__ = ["deafen", "emit", "plain", "unheard"]

_UNSAFE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)
"""Control characters but tab and newline; those that turn the direction of writing; halves of characters, which
cannot be written at all."""


def plain(words: str) -> str:
    r"""`words` with what a terminal would obey spelled out, as in `\u001b`: also right inside JSON."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", words.replace("\r\n", "\n"))


def emit(pieces: Iterable[str]) -> None:
    """Write to standard output, for programs."""
    try:
        sys.stdout.writelines(map(plain, pieces))
        sys.stdout.flush()
    except BrokenPipeError:
        unheard()


def deafen() -> None:
    """Send what is still to be written nowhere: it could not be, and must not fail once more at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def unheard() -> NoReturn:
    """End quietly, as by the signal: whoever reads has seen enough, as with `| head`."""
    deafen()
    raise SystemExit(128 + signal.SIGPIPE)
