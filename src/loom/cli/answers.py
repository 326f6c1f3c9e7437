"""Questions to a person, and how a command ends when they are not answered."""

import sys
from collections.abc import Generator
from contextlib import contextmanager

import typer

from loom.cli.endings import INTERRUPTED, NOTHING
from loom.core.errors import Problem, UsageError

__all__ = ["awaited"]


@contextmanager
def awaited(command: str, remedy: str) -> Generator[None]:
    """Within, `command` asks a person, and has begun nothing yet. Ctrl-C ends it as everywhere.

    Raises:
        UsageError: with `remedy`, when there is nobody to answer.
    """
    from loom.cli.show.console import error_console, put

    try:
        yield
    except typer.Abort as end:
        if sys.stderr.isatty():  # there the question is still on the line
            typer.echo(err=True)
        if isinstance(end.__context__, EOFError):
            raise UsageError(Problem("asks, and nobody answers", command, remedy=remedy)) from None
        put(f"Interrupted; {NOTHING}", out=error_console())
        raise typer.Exit(INTERRUPTED) from None
