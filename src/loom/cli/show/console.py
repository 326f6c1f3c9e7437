"""The two consoles and how words get onto them: always as they are, never as markup or control sequences."""

import os
import sys
from functools import cache
from typing import TypeAlias

from rich.console import Console
from rich.text import Text
from rich.theme import Theme

from loom.cli.show.plain import plain, unheard
from loom.core.errors import InputError, LoomError

__all__ = ["Part", "console", "error_console", "put", "show_error", "styled"]

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
_NARROWEST = 20


class _Console(Console):
    def on_broken_pipe(self) -> None:
        unheard()


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    endless = "COLUMNS" not in os.environ and not (stream and stream.isatty())
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
    for number, line in enumerate(text.wrap(out, max(out.width - head.cell_len, _NARROWEST)) or [text]):
        line.rstrip()
        out.print(Text.assemble(Text(" " * head.cell_len) if number else head, line), soft_wrap=True)


def show_error(error: LoomError) -> None:
    """What is wrong, one problem a line."""
    lines = [str(problem) for problem in error.problems] if isinstance(error, InputError) else [str(error)]
    for line in lines:
        put(line, label=("✗", "fail"), hang=2, out=error_console())
