"""The two consoles and how words get onto them: always as they are, never as markup or control sequences."""

import os
import sys
from functools import cache
from typing import TypeAlias

from rich.console import Console
from rich.text import Text
from rich.theme import Theme

from loom.cli.show.plain import plain, unheard
from loom.core.errors import InputError, Look, LoomError, NotFoundError

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
"""Where less than this is left beside a label that is longer than a sign, words begin below it."""

_SIGN = 8
_INDENT = 2


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


def styled(*parts: Part | Text) -> Text:
    """The parts in a row."""
    text = Text()
    for part in parts:
        if isinstance(part, Text):
            text.append(part)
            continue
        words, style = (part, "") if isinstance(part, str) else part
        text.append(plain(words), style)
    return text


def put(*body: Part | Text, label: Part = "", hang: int = 0, out: Console | None = None) -> None:
    """Print `body` behind `label`, wrapped at the edge of a terminal; its lines begin in column `hang`.

    On a narrow terminal they begin below the label.
    """
    out = out or console()
    head, text = styled(label), styled(*body)
    head.pad_right(max(hang - head.cell_len, 0))
    below = Text(" " * head.cell_len)
    room = out.width - head.cell_len
    if room < min(_NARROWEST, text.cell_len) and head.cell_len > _SIGN:
        below = Text(" " * (len(head.plain) - len(head.plain.lstrip()) + _INDENT))
        head.rstrip()
        for line in head.wrap(out, out.width):
            out.print(line, soft_wrap=True)
        head = below
    for number, line in enumerate(text.wrap(out, max(out.width - head.cell_len, 1)) or [text]):
        line.rstrip()
        out.print(Text.assemble(below if number else head, line), soft_wrap=True)


def show_error(error: LoomError) -> None:
    """What is wrong, one problem a line."""
    for line in _lines(error):
        put(line, label=("✗", "fail"), hang=2, out=error_console())


def _lines(error: LoomError) -> list[str]:
    if isinstance(error, InputError):
        return [str(problem) for problem in error.problems]
    look = error.look if isinstance(error, NotFoundError) else None
    return [f"{error}; {_where(look)}" if look else str(error)]


_LISTED = {
    "workers": "see: loom catalog list",
    "pipelines": "see: loom catalog list",
    "suites": "they are the files in configs/suites",
    "runs": "`loom runs` lists them",
    "baselines": "set one with: loom baseline set RUN",
    "dead-letters": "`loom dead-letter list` shows them",
}


def _where(look: Look) -> str:
    """Where to look, as a command."""
    if not look.name:
        return _LISTED[look.among]
    if look.gone:
        return f"bring it back with: loom catalog undo {look.name}"
    return f"see: loom catalog history {look.name}"
