"""The two consoles and how words get onto them: always as they are, never as markup or control sequences."""

import os
import re
import signal
import sys
from functools import cache
from typing import NoReturn, TypeAlias

from rich.console import Console
from rich.text import Text
from rich.theme import Theme

from loom.core.errors import InputError, LoomError

__all__ = ["Part", "console", "deaf", "emit", "error_console", "plain", "put", "show_error", "styled"]

Part: TypeAlias = str | tuple[str, str]
"""Words, or words with the name of a style."""

_STYLES = {
    "pass": "cyan",
    "fail": "bright_red",
    "error": "magenta",
    "muted": "dim",
    "accent": "bold",
    "warn": "yellow",
}
_ENDLESS = 100_000
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
"""What a terminal obeys rather than shows: control characters but tab and newline, and those that turn the direction of
writing; and halves of characters, which cannot be written at all."""


def deaf() -> None:
    """Send what is still to be written nowhere: nobody reads it, and it must not fail once more at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _unheard() -> NoReturn:
    """Whoever reads has seen enough, as with `| head`: end quietly, as by the signal."""
    deaf()
    raise SystemExit(128 + signal.SIGPIPE)


class _Console(Console):
    def on_broken_pipe(self) -> None:
        _unheard()


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    endless = not (stream and stream.isatty()) and "COLUMNS" not in os.environ
    return _Console(
        stderr=stderr,
        theme=Theme(_STYLES),
        highlight=False,
        markup=False,
        emoji=False,
        width=_ENDLESS if endless else None,
    )


@cache
def console() -> Console:
    """For results. As wide as the terminal; elsewhere without end, so that a line stays a line."""
    return _console(stderr=False)


@cache
def error_console() -> Console:
    """For progress and trouble."""
    return _console(stderr=True)


def plain(words: str) -> str:
    r"""`words` with what a terminal would obey spelled out, as in `\u001b`: also right inside JSON."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", words.replace("\r\n", "\n"))


def emit(words: str) -> None:
    """Write to standard output, for programs."""
    try:
        sys.stdout.write(plain(words))
        sys.stdout.flush()
    except BrokenPipeError:
        _unheard()


def styled(*parts: Part) -> Text:
    """The parts in a row."""
    text = Text()
    for part in parts:
        words, style = (part, "") if isinstance(part, str) else part
        text.append(plain(words), style)
    return text


def put(*body: Part, label: Part = "", hang: int = 0, out: Console | None = None) -> None:
    """Print `body` behind `label`, wrapped at the edge of a terminal; its lines begin in column `hang`."""
    out = out or console()
    head, text = styled(label), styled(*body)
    head.pad_right(max(hang - head.cell_len, 0))
    lines = text.wrap(out, max(out.width - hang, 20)) if text else [text]
    for number, line in enumerate(lines):
        line.rstrip()
        out.print(Text.assemble(Text(" " * hang) if number else head, line), soft_wrap=True)


def show_error(error: LoomError) -> None:
    """What is wrong, one problem a line."""
    lines = [str(problem) for problem in error.problems] if isinstance(error, InputError) else [str(error)]
    for line in lines:
        put(line, label=("✗", "fail"), hang=2, out=error_console())
