"""`loom init`: a folder to begin in."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loom.cli.options import AsJson

if TYPE_CHECKING:
    from loom.catalog.project import Project

__all__ = ["init"]


def init(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Default: this folder.")] = Path(),
    ci: Annotated[
        str | None, typer.Option(metavar="NAME", help="Also a CI file for github or gitlab.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a folder to begin in.

    A worker and a suite of your own, to be edited, and a README. Nothing that is there is overwritten.
    """
    from loom.catalog.project import Ci, make_project
    from loom.cli.context import print_json
    from loom.wiring.named import one_of

    made = make_project(folder, one_of(Ci, "--ci", ci))
    if as_json:
        print_json(
            {
                "folder": str(made.folder),
                "created": list(made.created),
                "kept": list(made.kept),
                "next": [command for command, _ in _next(made)],
            }
        )
    else:
        _show(made)


def _next(made: "Project") -> list[tuple[str, str]]:
    moved = [(f"cd {_short(made.folder)}", "")] if made.folder != Path.cwd() else []
    return [
        *moved,
        ("loom eval inbox --suite inbox", "how good is the first draft?"),
        ("loom new worker", "one of your own"),
        ("loom setup", "ask a real model"),
    ]


def _short(folder: Path) -> str:
    import shlex

    here = Path.cwd()
    return shlex.quote(str(folder.relative_to(here) if folder.is_relative_to(here) else folder))


def _show(made: "Project") -> None:
    from loom.cli.show.console import console, put
    from loom.cli.show.table import show_table

    put(("Ready: ", "accent"), "this folder" if made.folder == Path.cwd() else str(made.folder))
    rows = [(("+", "pass"), name, "") for name in made.created]
    rows += [(("=", "muted"), name, ("was there, and is as it was", "muted")) for name in made.kept]
    show_table(rows, indent=2)
    console().print()
    put(("Next", "accent"))
    show_table([((command, "accent"), what) for command, what in _next(made)], indent=2)
