"""The `loom` command: what is the same for all of its commands, and how they end."""

import gc
import os
import sys
from io import TextIOWrapper
from itertools import pairwise
from pathlib import Path
from traceback import extract_tb
from typing import NoReturn

import typer

from loom.cli import endings
from loom.cli.commands import ENDING_BY_THEMSELVES, Commands

__all__ = ["app", "cli"]

_ELSEWHERE = {"serve": "workshop", "server": "workshop", "ui": "workshop", "evaluate": "eval"}
"""What others call such a command, where the nearest spelling would be a wrong guess."""


app = typer.Typer(
    name="loom",
    cls=Commands,
    help="Define, test, evaluate and compare LLM workers, with honest numbers.",
    epilog="Begin with `loom demo`. Exit status: 0 fine, 1 what was checked is invalid or failed, 2 wrong use, "
    "3 provider or infrastructure, 130 interrupted.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_OBJECTS_BETWEEN_COLLECTIONS = 20_000
"""Python's 700 looks again and again through the cases of a large suite, which stay: a third of a comparison."""


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: bool = typer.Option(False, "--version", help="Show the version and exit."),
) -> None:
    if context.invoked_subcommand not in ENDING_BY_THEMSELVES:
        endings.usual()
    if version:
        from loom import __version__

        typer.echo(f"loom {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(2)


def _refuse_names_of_others(asked: list[str]) -> None:
    from loom.core.errors import Problem, UsageError

    for name in asked:
        if name in _ELSEWHERE:
            remedy = f"did you mean `loom {_ELSEWHERE[name]}`?"
            raise UsageError(Problem("there is no such command", value=name, remedy=remedy))


def _refuse_empty(asked: list[str]) -> None:
    """Nothing is meant by nothing: most likely a variable of the shell that is not set."""
    from loom.core.errors import Problem, UsageError

    for before, given in pairwise(("loom", *asked)):
        option, has_value, value = given.partition("=") if given.startswith("--") else ("", "", given)
        if not value and (has_value or not option):
            where = option or (before if before.startswith("-") else f"what comes after '{before}'")
            raise UsageError(Problem("is empty", where, remedy="give a value, or leave it out"))


def cli() -> None:
    """Run the command line, turning errors into a message and an exit status."""
    from loom.core.errors import LoomError, exit_code

    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        _refuse_names_of_others(sys.argv[1:2])
        _refuse_empty(sys.argv[1:])
        app()
    except LoomError as error:
        from loom.cli.show.console import show_error

        show_error(error)
        sys.exit(exit_code(error))
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # noqa: BLE001 - the door: nobody above could handle it
        _fail(error)


def _fail(error: Exception) -> NoReturn:
    """Say what went wrong with the machine, or with Loom itself."""
    from loom.cli.show.console import error_console, put
    from loom.cli.show.plain import deafen

    if os.environ.get("LOOM_TRACEBACK"):
        raise error
    if isinstance(error, OSError):
        deafen()
        message = ": ".join(str(part) for part in (error.filename, error.strerror or error) if part)
    else:
        *_, place = extract_tb(error.__traceback__)
        where = f"{Path(place.filename).name}:{place.lineno}"
        message = f"a bug in Loom, please report it: {error!r} at {where}; LOOM_TRACEBACK=1 shows all of it"
    put(message, label=("✗", "fail"), hang=2, out=error_console())
    sys.exit(3)
