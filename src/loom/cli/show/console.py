"""The two consoles, their few colours, and how an error is shown."""

from functools import cache
from typing import TYPE_CHECKING

from loom.core.errors import InputError, LoomError

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["console", "error_console", "show_error"]


def _console(*, stderr: bool) -> "Console":
    from rich.console import Console
    from rich.theme import Theme

    styles = {
        "pass": "cyan",
        "fail": "bright_red",
        "error": "magenta",
        "muted": "bright_black",
        "accent": "bold",
        "warn": "yellow",
    }
    return Console(stderr=stderr, theme=Theme(styles), highlight=False)


@cache
def console() -> "Console":
    """For results."""
    return _console(stderr=False)


@cache
def error_console() -> "Console":
    """For progress and trouble."""
    return _console(stderr=True)


def show_error(error: LoomError) -> None:
    """What is wrong, one problem a line."""
    out = error_console()
    lines = [str(problem) for problem in error.problems] if isinstance(error, InputError) else [str(error)]
    for line in lines:
        out.print("✗", style="fail", end=" ")
        out.print(line, markup=False, soft_wrap=True)
