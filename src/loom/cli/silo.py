"""`loom silo`: what a folder of knowledge gives to a model, what was changed in it, and how that is undone."""

import getpass
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loom.cli.options import AsJson, ConfigsDir

if TYPE_CHECKING:
    from loom.core.worker_config import FolderSilo
    from loom.worker.silos.history import SiloHistory

__all__ = ["app", "whoever"]

app = typer.Typer(
    help="Knowledge folders: their changes, and undoing them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_Where = Annotated[
    str, typer.Argument(metavar="WORKER|FOLDER", help="A worker with a folder silo, or a folder.")
]
_SiloName = Annotated[
    str | None, typer.Option("--silo", metavar="NAME", help="Which silo, when the worker has several.")
]
_Number = Annotated[str, typer.Argument(metavar="CHANGE", help="A change, as `3`, or a proposal, as `p1`.")]
_Proposal = Annotated[str, typer.Argument(metavar="PROPOSAL", help="A proposal, as `p1`.")]


@app.command("show")
def show(
    where: _Where, silo: _SiloName = None, as_json: AsJson = False, configs_dir: ConfigsDir = Path("configs")
) -> None:
    """Show which files of a folder a model is given, and which are left out and why."""
    from loom.cli.context import print_json
    from loom.cli.show.silos import listing_json, show_listing
    from loom.worker.silos.folder import list_folder

    folder = _folder(where, silo, configs_dir)
    listing = list_folder(folder)
    print_json(listing_json(folder, listing)) if as_json else show_listing(folder, listing)


@app.command("history")
def history(
    where: _Where, silo: _SiloName = None, as_json: AsJson = False, configs_dir: ConfigsDir = Path("configs")
) -> None:
    """List the changes that were made in a folder, newest first, and those that are proposed."""
    from loom.cli.context import print_json
    from loom.cli.show.silos import history_json, show_history

    found = _history(where, silo, configs_dir)
    print_json(history_json(found)) if as_json else show_history(found)


@app.command("diff")
def diff(
    where: _Where,
    change: _Number = "",
    silo: _SiloName = None,
    configs_dir: ConfigsDir = Path("configs"),
) -> None:
    """Show what a change did, or a proposal would do; without a number, the newest change."""
    from loom.cli.show.silos import show_diff

    found = _history(where, silo, configs_dir)
    named = _named(change)
    show_diff(found, found.change(named.number, proposed=named.proposed))


@app.command("undo")
def undo(
    where: _Where,
    change: _Number = "",
    silo: _SiloName = None,
    as_json: AsJson = False,
    configs_dir: ConfigsDir = Path("configs"),
) -> None:
    """Undo a change, by default the newest. The undoing is a change too, and can be undone."""
    from loom.cli.show.silos import show_made

    found = _history(where, silo, configs_dir)
    named = _named(change)
    if named.proposed:
        raise _wrong_number("names a proposal, which has changed nothing", change, "use `loom silo discard`")
    made = found.undo(named.number, whoever())
    show_made(made, f"undid change {made.undoes}", as_json=as_json)


@app.command("apply")
def apply(
    where: _Where,
    proposal: _Proposal,
    silo: _SiloName = None,
    as_json: AsJson = False,
    configs_dir: ConfigsDir = Path("configs"),
) -> None:
    """Make a change that a worker has proposed."""
    from loom.cli.show.silos import show_made

    made = _history(where, silo, configs_dir).apply(_proposal(proposal), whoever())
    show_made(made, f"applied {proposal}", as_json=as_json)


@app.command("discard")
def discard(
    where: _Where,
    proposal: _Proposal,
    silo: _SiloName = None,
    as_json: AsJson = False,
    configs_dir: ConfigsDir = Path("configs"),
) -> None:
    """Forget a change that a worker has proposed."""
    from loom.cli.show.silos import show_discarded

    dropped = _history(where, silo, configs_dir).discard(_proposal(proposal))
    show_discarded(dropped, proposal, as_json=as_json)


def whoever() -> str:
    """The person at the terminal, for the history."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user id without a name, as in many containers
        return "someone"


@dataclass(frozen=True, slots=True)
class _Named:
    number: int | None
    proposed: bool


def _named(given: str) -> _Named:
    """`3`, `p1`, or nothing for the newest change."""
    digits = given.removeprefix("p")
    if given and not digits.isdecimal():
        raise _wrong_number("is no change", given, "write a number as `loom silo history` shows it: 3, or p1")
    return _Named(int(digits) if digits else None, given.startswith("p"))


def _proposal(given: str) -> int:
    named = _named(given)
    if named.number is None or not named.proposed:
        raise _wrong_number("is no proposal", given, "write it as `loom silo history` shows it: p1")
    return named.number


def _wrong_number(what: str, given: str, remedy: str) -> Exception:
    from loom.core.errors import Problem, UsageError

    return UsageError(Problem(what, "change", value=given, remedy=remedy))


def _history(where: str, silo: str | None, configs_dir: Path) -> "SiloHistory":
    from loom.worker.silos.history import SiloHistory

    return SiloHistory(_folder(where, silo, configs_dir))


def _folder(where: str, silo: str | None, configs_dir: Path) -> Path:
    """The folder that a user means: itself, or the one silo of a worker."""
    from loom.cli.context import worker_named
    from loom.core.errors import NotFoundError
    from loom.core.worker_config import FolderSilo

    if Path(where).is_dir():
        return Path(where)
    worker = worker_named(where, configs_dir)
    folders = [one for one in worker.knowledge_silos if isinstance(one, FolderSilo)]
    chosen = _chosen(worker.name, folders, silo)
    if not Path(chosen.path).is_dir():
        raise NotFoundError(
            f"there is no folder '{chosen.path}', which is the silo '{chosen.name}' of {worker.name}; make it"
        )
    return Path(chosen.path)


def _chosen(worker: str, folders: "list[FolderSilo]", silo: str | None) -> "FolderSilo":
    from loom.core.errors import Problem, UsageError

    names = ", ".join(one.name for one in folders)
    if not folders:
        raise UsageError(
            Problem("has no folder silo", worker, remedy="name a worker that has one, or a folder")
        )
    fitting = [one for one in folders if silo in (None, one.name)]
    if not fitting:
        raise UsageError(Problem(f"is not one of {names}", "--silo", value=silo))
    if len(fitting) > 1:
        raise UsageError(Problem(f"has several silos: {names}", worker, remedy="choose with --silo NAME"))
    return fitting[0]
