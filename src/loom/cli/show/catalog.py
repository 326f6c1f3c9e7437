"""How the catalog looks: the list, a history, a difference, what a change came to, and what it can reach."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from loom.catalog.diff import DiffLine, Mark
from loom.catalog.impact import Impact, Risk, StageUse
from loom.catalog.library import Source
from loom.cli.show.console import Part, console, put
from loom.cli.show.format import ago
from loom.cli.show.plain import emit, unheard
from loom.cli.show.table import show_table

if TYPE_CHECKING:
    from loom.catalog.models import Entry, History, Ref, Saved, Text, Version
    from loom.catalog.service import Difference
    from loom.core.jsonvalue import Json

__all__ = [
    "diff_json",
    "entry_json",
    "history_json",
    "impact_json",
    "saved_json",
    "show_deleted",
    "show_diff",
    "show_entries",
    "show_history",
    "show_impact",
    "show_saved",
    "show_text",
    "show_used",
    "text_json",
    "version_json",
]

_DIGITS = 8
_NARROW = 80
"""Below it, a list has no room for descriptions."""

_LINES: dict[Mark, tuple[str, str]] = {
    Mark.GONE: ("fail", "bold reverse bright_red"),
    Mark.NEW: ("pass", "bold reverse cyan"),
    Mark.SAME: ("", ""),
    Mark.NOTE: ("muted", ""),
}
"""How a line looks, and the words in it that changed."""

_RISKS: dict[Risk, tuple[str, str]] = {
    Risk.LOW: ("pass", "no pipeline uses it"),
    Risk.MEDIUM: ("warn", "pipelines use it"),
    Risk.HIGH: ("fail", "stages wait for its output, and no output_schema says what that is"),
}


def show_entries(entries: "Sequence[Entry]") -> None:
    """A table of definitions."""
    if not entries:
        put("Nothing fits. All there is: loom catalog list")
        return
    narrow = console().width < _NARROW
    head = ("name", "kind", "tier", "from", "description")
    rows = [_entry(one)[: -1 if narrow else None] for one in entries]
    show_table(rows, head[: -1 if narrow else None])
    for entry in entries if narrow else ():
        if entry.problem:
            put((str(entry.problem), "fail"), label="✗", hang=2)


def _entry(entry: "Entry") -> tuple[Part, ...]:
    said: Part = (str(entry.problem), "fail") if entry.problem else entry.description
    source: Part = (entry.source.value, "" if entry.source is Source.OWN else "muted")
    if entry.hides:
        source = f"{entry.source}, hides {entry.hides[0]}"
    return (entry.ref.name, "accent"), entry.worker_kind or entry.ref.kind, entry.tier or "", source, said


def entry_json(entry: "Entry") -> "Json":
    """A definition for programs."""
    return {
        "name": entry.ref.name,
        "kind": entry.ref.kind,
        "worker_kind": entry.worker_kind,
        "tier": entry.tier,
        "description": entry.description,
        "source": entry.source,
        "hides": list(entry.hides),
        "path": str(entry.path),
        "problem": str(entry.problem) if entry.problem else None,
    }


def show_deleted(gone: "Sequence[tuple[Ref, Version]]") -> None:
    """A table of what can be brought back."""
    if not gone:
        put("Nothing is deleted.")
        return
    rows = [((ref.name, "accent"), ref.kind, ago(last.at_us), last.change) for ref, last in gone]
    show_table(rows, ("name", "kind", "age", "change"), right=(2,))
    put(("bring one back with: loom catalog undo NAME", "muted"))


def show_history(history: "History", *, everywhere: bool) -> None:
    """A table of versions, newest first."""
    rows = [_version(history, number) for number in reversed(range(len(history.versions)))]
    show_table(rows, ("version", "age", "change", "text", "note"), right=(1,))
    others = history.elsewhere
    if others and everywhere:
        console().print()
        put("In other folders:")
        table = [
            ((one.hash.hex()[:_DIGITS], "accent"), ago(one.at_us), one.change, one.home)
            for one in reversed(others)
        ]
        show_table(table, ("text", "age", "change", "folder"), right=(1,), indent=2)
    elif others:
        put((f"{len(others)} more in other folders: --everywhere", "muted"))
    if history.path is None:
        put(("deleted; ", "warn"), f"bring it back with: loom catalog undo {history.ref.name}")


def _version(history: "History", index: int) -> tuple[Part, ...]:
    version = history.versions[index]
    notes = [version.note] if version.note else []
    if index and version.definition is not None:
        before = history.versions[index - 1]
        if before.definition == version.definition and before.hash != version.hash:
            notes.append("only comments or layout")
    if version.definition is None:
        notes.append("invalid")
    change: Part = (version.change, "warn") if version.change.leaves_nothing else version.change.value
    name = (f"v{version.number}", "accent")
    return name, ago(version.at_us), change, version.hash.hex()[:_DIGITS], "; ".join(notes)


def show_used(worker: str, text: bytes, history: "History | None", at_us: int) -> None:
    """Which version a run used, below its report; `history` is that of the worker as it is called here."""
    digits = text.hex()[:_DIGITS]
    versions = list(history.versions) if history else []
    used = history.used(text, at_us) if history else None
    here = used if used in versions else None
    said: list[Part] = [(f"v{here.number}" if here else digits, "accent")]
    if here is None:
        said.append((f" · not of this folder: loom catalog show {worker} {digits}", "muted"))
    elif versions[-1].hash != text:
        said.append((f" · changed since: loom catalog diff {worker} v{here.number} last", "muted"))
    put(*said, label=("  version", "muted"), hang=13)


def version_json(version: "Version") -> "Json":
    """A version for programs."""
    return {
        "number": version.number,
        "hash": version.hash.hex(),
        "definition": version.definition.hex() if version.definition else None,
        "change": version.change,
        "note": version.note,
        "principal": version.author,
        "at_us": version.at_us,
        "file": version.file,
        "home": version.home,
    }


def history_json(history: "History") -> "Json":
    """A history for programs, newest first."""
    return {
        "name": history.ref.name,
        "kind": history.ref.kind,
        "source": history.source,
        "path": str(history.path) if history.path else None,
        "versions": [version_json(one) for one in reversed(history.versions)],
        "elsewhere": [version_json(one) for one in reversed(history.elsewhere)],
    }


def show_text(text: "Text") -> None:
    """The text, byte for byte unless a person watches."""
    buffer = getattr(sys.stdout, "buffer", None)
    if buffer is None or sys.stdout.isatty():
        emit((text.content.decode(errors="replace"),))
        return
    try:
        buffer.write(text.content)
        buffer.flush()
    except BrokenPipeError:
        unheard()


def text_json(text: "Text") -> "Json":
    """A text for programs."""
    return {
        "name": text.ref.name,
        "kind": text.ref.kind,
        "version": version_json(text.version),
        "text": text.content.decode(errors="replace"),
    }


def show_diff(found: "Difference") -> None:
    """Changed lines, in them the changed words; without a terminal, what `patch` takes."""
    old, new = _named(found.old), _named(found.new)
    if not found.diff.hunks:
        put(f"{old} and {new} are the same.")
    elif not sys.stdout.isatty():
        emit((found.diff.unified(old, new),))
    else:
        put((f"--- {old}", "accent"))
        put((f"+++ {new}", "accent"))
        for hunk in found.diff.hunks:
            put((hunk.header, "muted"))
            for line in hunk.lines:
                _show_line(line)
    if found.diff.hunks and found.same_meaning:
        put(("Only comments or layout differ.", "muted"))


def _show_line(line: DiffLine) -> None:
    style, changed = _LINES[line.mark]
    body = [(piece.text, changed if piece.changed else style) for piece in line.pieces]
    put(*body, label=("" if line.mark is Mark.NOTE else line.mark.value, style), hang=2)


def _named(text: "Text") -> str:
    return f"{text.ref.name} {text.label}"


def diff_json(found: "Difference") -> "Json":
    """A difference for programs."""
    return {
        "old": {"name": found.old.ref.name, "version": version_json(found.old.version)},
        "new": {"name": found.new.ref.name, "version": version_json(found.new.version)},
        "added": found.diff.added,
        "removed": found.diff.removed,
        "same_meaning": found.same_meaning,
        "unified": found.diff.unified(_named(found.old), _named(found.new)),
    }


def show_saved(saved: "Saved") -> None:
    """What a change came to, and how to take it back."""
    name, version = saved.ref.name, saved.version
    if not saved.changed:
        put(f"{name} is as it was: no new version", label="○", hang=2)
        return
    put(
        (name, "accent"), f" {version.change} · v{version.number} · {saved.path}", label=("✓", "pass"), hang=2
    )
    for problem in saved.warnings:
        put(("warning: ", "warn"), str(problem), hang=2)
    others = saved.hides
    if version.change.leaves_nothing:
        said = f"the one from {_giver(others[0])} is found again; " if others else ""
        put((f"{said}bring it back with: loom catalog undo {name}", "muted"), hang=2)
    elif others:
        said = (
            f"it is found before the one from {_giver(others[0])}; go back to that with: loom catalog delete"
        )
        put((f"{said} {name}", "muted"), hang=2)


def _giver(source: Source) -> str:
    return "Loom" if source is Source.SHIPPED else "an app"


def saved_json(saved: "Saved") -> "Json":
    """What a change came to, for programs."""
    return {
        "name": saved.ref.name,
        "kind": saved.ref.kind,
        "changed": saved.changed,
        "version": version_json(saved.version),
        "path": str(saved.path),
        "hides": list(saved.hides),
        "warnings": [str(problem) for problem in saved.warnings],
    }


def show_impact(impact: Impact) -> None:
    """The risk, then every stage."""
    style, why = _RISKS[impact.risk]
    if impact.risk is Risk.MEDIUM and impact.downstream:
        why = "stages wait for its output, which its output_schema describes"
    put((impact.worker, "accent"), " · risk ", (impact.risk.value, style), f": {why}")
    rows = [_use(use, "uses it") for use in impact.direct] + [_use(use, "waits") for use in impact.downstream]
    if rows:
        show_table(rows, ("pipeline", "stage", "", "worker"), indent=2)
    for name in impact.invalid:
        put(("warning: ", "warn"), f"the pipeline '{name}' is invalid, so what it uses is not known", hang=2)


def _use(use: StageUse, how: str) -> tuple[Part, ...]:
    return (use.pipeline, "accent"), use.stage, how, use.worker


def impact_json(impact: Impact) -> "Json":
    """What a change can reach, for programs."""
    return {
        "name": impact.worker,
        **impact.to_json(),
        "has_output_schema": impact.has_output_schema,
        "invalid_pipelines": list(impact.invalid),
    }
