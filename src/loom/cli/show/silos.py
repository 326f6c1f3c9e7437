"""How folders of knowledge and their changes look."""

from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING

from loom.cli.show.console import Part, console, put, styled
from loom.cli.show.format import ago, count
from loom.cli.show.table import show_table

if TYPE_CHECKING:
    from loom.core.jsonvalue import Json
    from loom.worker.silos.folder import Listing
    from loom.worker.silos.history import Change, SiloHistory
    from loom.worker.silos.updates import Wrote

__all__ = [
    "change_json",
    "history_json",
    "listing_json",
    "show_diff",
    "show_discarded",
    "show_history",
    "show_listing",
    "show_made",
    "show_wanted",
    "show_wrote",
    "wrote_json",
]

_SIGNS = {"add": "+", "modify": "~", "delete": "−"}
_LINE_STYLES = {"+": "pass", "-": "fail", "@": "muted"}
_BYTES_PER_TOKEN = 4


def show_listing(folder: Path, listing: "Listing") -> None:
    """The files with their sizes, then what is left out."""
    if listing.files:
        show_table([(one.name, count(one.size)) for one in listing.files], ("file", "bytes"), right=(1,))
    else:
        put(f"No text files in {folder}: nothing of it is given to a model.")
    for one in listing.left_out:
        put((f"{one.name}: {one.why}", "muted"), label=("left out ", "muted"))
    total, files = sum(one.size for one in listing.files), len(listing.files)
    noun = "file" if files == 1 else "files"
    put((f"{files} {noun}, about {count(total // _BYTES_PER_TOKEN)} tokens in each prompt", "muted"))


def listing_json(folder: Path, listing: "Listing") -> "Json":
    """A listing for programs."""
    return {
        "folder": str(folder),
        "files": [{"name": one.name, "bytes": one.size} for one in listing.files],
        "left_out": [{"name": one.name, "why": one.why} for one in listing.left_out],
    }


def show_history(history: "SiloHistory") -> None:
    """Proposals, then changes."""
    proposals, changes = history.proposals(), history.changes()
    if not (proposals or changes):
        put(f"Nothing was changed in {history.root} through Loom.")
        return
    rows = [_row(one, f"p{one.number}", proposed=True) for one in proposals]
    show_table([*rows, *(_row(one, str(one.number)) for one in changes)], ("change", "age", "by", "what"))
    if proposals:
        number = proposals[-1].number
        put(
            (f"look at p{number}: loom silo diff {history.root} p{number}; then apply or discard it", "muted")
        )


def _row(change: "Change", number: str, *, proposed: bool = False) -> tuple[Part, ...]:
    what = _summary(change)
    if change.undoes:
        what = f"undoes {change.undoes}: {what}"
    label: Part = (number, "warn") if proposed else (number, "accent")
    return (
        label,
        ago(round(change.at.timestamp() * 1e6)),
        change.by,
        f"proposed: {what}" if proposed else what,
    )


def _summary(change: "Change") -> str:
    return ", ".join(f"{_SIGNS[one.action]}{one.name}" for one in change.edits)


def history_json(history: "SiloHistory") -> "Json":
    """A history for programs."""
    return {
        "folder": str(history.root),
        "changes": [change_json(one) for one in history.changes()],
        "proposals": [change_json(one) for one in history.proposals()],
    }


def change_json(change: "Change") -> "Json":
    """A change for programs."""
    edits = [{"name": one.name, "action": one.action} for one in change.edits]
    return {
        "number": change.number,
        "at": change.at.isoformat(),
        "by": change.by,
        "undoes": change.undoes,
        "edits": edits,
    }


def show_diff(history: "SiloHistory", change: "Change") -> None:
    """What a change does, line by line."""
    for edit in change.edits:
        before, after = (_lines(history, digest) for digest in (edit.before, edit.after))
        was = edit.name if edit.before else "(no file)"
        becomes = edit.name if edit.after else "(no file)"
        for line in unified_diff(before, after, was, becomes, lineterm=""):
            style = "accent" if line.startswith(("+++", "---")) else _LINE_STYLES.get(line[:1], "")
            console().print(styled((line, style)), soft_wrap=True)


def _lines(history: "SiloHistory", digest: str | None) -> list[str]:
    return [] if digest is None else history.content(digest).decode("utf-8", "replace").splitlines()


def show_made(change: "Change", what: str, *, as_json: bool) -> None:
    """A change just made."""
    if as_json:
        from loom.cli.context import print_json

        print_json(change_json(change))
        return
    put(f"{what} as change {change.number}: {_summary(change)}", label=("✓", "pass"), hang=2)


def show_discarded(change: "Change", name: str, *, as_json: bool) -> None:
    """A proposal just forgotten."""
    if as_json:
        from loom.cli.context import print_json

        print_json(change_json(change))
        return
    put(f"discarded {name}: {_summary(change)}", label=("✓", "pass"), hang=2)


def show_wanted(number: int) -> None:
    """That a worker wants so many changes, which nobody makes."""
    if not number:
        return
    noun = "a change" if number == 1 else f"{number} changes"
    put((f"it wants {noun} in its folders; --apply-silo-updates makes what is allowed", "warn"))


def show_wrote(wrote: "Wrote") -> None:
    """What became of the changes that a worker wanted."""
    for one in wrote.written:
        summary, number = _summary(one.change), one.change.number
        if one.proposed:
            then = f"apply it with: loom silo apply {one.silo.path} p{number}"
            put(
                f"silo {one.silo.name}, proposed as p{number}: {summary}; {then}", label=("○", "warn"), hang=2
            )
        else:
            then = f"undo it with: loom silo undo {one.silo.path} {number}"
            put(f"silo {one.silo.name}, change {number}: {summary}; {then}", label=("✓", "pass"), hang=2)
    for one in wrote.denied:
        put(f"a silo update is denied{one.filename}: {one.reason}", label=("✗", "fail"), hang=2)


def wrote_json(wrote: "Wrote") -> "Json":
    """What became of the changes that a worker wanted, for programs."""
    return {
        "written": [
            {"silo": one.silo.name, "proposed": one.proposed, **change_json(one.change)}
            for one in wrote.written
        ],
        "denied": [{"update": one.update, "reason": one.reason} for one in wrote.denied],
    }
