"""The changes that a model wants in its folders: what is allowed of them is made, or proposed, as one change a folder.

A wish that is not allowed is denied with its reason and keeps the others from nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from loom.core.errors import LoomError
from loom.core.inside import Folder, Found
from loom.core.jsonvalue import JsonValue
from loom.core.worker_config import FolderSilo, ToolSilo, WriteBack
from loom.worker import strict
from loom.worker.silos.folder import MAX_BYTES, MAX_FILES, Listing, list_folder
from loom.worker.silos.history import Change, SiloHistory
from loom.worker.silos.names import colliding, name_fault

__all__ = ["MAX_FILE_BYTES", "MAX_UPDATES", "Denied", "Written", "Wrote", "write_back"]

Silo: TypeAlias = FolderSilo | ToolSilo

MAX_UPDATES = 50
"""In one answer; those after it are denied."""

MAX_FILE_BYTES = 64_000
"""Of a file that a model writes."""

_ACTIONS = ("add", "modify", "delete")


@dataclass(frozen=True, slots=True)
class Denied:
    """A wish that was not fulfilled."""

    update: JsonValue
    reason: str

    @property
    def filename(self) -> str:
        """The file it names, as `, 'notes.md'`; empty when it names none."""
        name = self.update.get("filename") if strict.is_object(self.update) else None
        return f", {name!r:.80}" if isinstance(name, str) else ""


@dataclass(frozen=True, slots=True)
class Written:
    """What became of the wishes for one folder."""

    silo: FolderSilo
    change: Change

    @property
    def proposed(self) -> bool:
        """It waits for a person."""
        return self.silo.write_back is WriteBack.PROPOSE


@dataclass(frozen=True, slots=True)
class Wrote:
    """What became of all wishes."""

    written: tuple[Written, ...]
    denied: tuple[Denied, ...]


def write_back(updates: Sequence[JsonValue], silos: Sequence[Silo], by: str) -> Wrote:
    """Make, or propose, what `updates` wish and the silos allow. `by` is who wishes, for the history."""
    folders = [_Wishes(silo) for silo in silos if isinstance(silo, FolderSilo)]
    denied: list[Denied] = []
    for number, update in enumerate(updates):
        reason = f"is one of more than {MAX_UPDATES}" if number >= MAX_UPDATES else _taken(update, folders)
        if reason:
            denied.append(Denied(update, reason))
    written: list[Written] = []
    for wishes in folders:
        try:
            change = wishes.carry_out(by)
        except (LoomError, OSError) as error:
            denied += [Denied(update, str(error)) for update in wishes.updates]
            continue
        if change:
            written.append(Written(wishes.silo, change))
    return Wrote(tuple(written), tuple(denied))


def _taken(update: JsonValue, folders: "list[_Wishes]") -> str | None:
    """Hand `update` to its folder; why not, when that is not possible."""
    if not strict.is_object(update):
        return "is not an object with 'silo', 'action', 'filename' and 'content'"
    named = [one for one in folders if one.silo.name == update.get("silo")]
    if len(named) != 1:
        return f"names {'several folders' if named else 'no folder of this worker'}: {update.get('silo')!r}"
    try:
        return named[0].take(update)
    except (LoomError, OSError, ValueError) as error:
        return str(error)


@dataclass(slots=True)
class _Wishes:
    """The wishes for one folder, those allowed."""

    silo: FolderSilo
    updates: list[JsonValue] = field(default_factory=list[Any])
    _contents: dict[str, bytes | None] = field(default_factory=dict[str, bytes | None])
    _listing: Listing | None = None

    def take(self, update: "dict[str, Any]") -> str | None:
        """Take `update` in; why not, when it is not allowed."""
        name, action = update.get("filename"), update.get("action")
        if not self.silo.writable:
            return f"the folder '{self.silo.name}' may only be read; 'mode: readwrite' would allow it"
        if action not in _ACTIONS:
            return f"the action is none of {', '.join(_ACTIONS)}: {action!r}"
        fault = name_fault(name)
        if fault:
            return f"the file name {fault}"
        content, fault = (None, None) if action == "delete" else _content(update.get("content"))
        reason = fault or self._misfit(str(name), action) or self._overflow(str(name), content)
        if reason is None:
            self._contents[str(name)] = content
            self.updates.append(update)
        return reason

    def carry_out(self, by: str) -> Change | None:
        """Make or propose what was taken."""
        if not self._contents:
            return None
        history = SiloHistory(self.silo.path)
        if self.silo.write_back is WriteBack.PROPOSE:
            return history.propose(self._contents, by)
        return history.make(self._contents, by)

    def _misfit(self, name: str, action: str) -> str | None:
        """Why `name` cannot be what `action` needs it to be, given what is there."""
        present = self._present()
        if action == "modify" and name not in present:
            return "there is no such file to modify"
        hidden = {one.name for one in self._listed().left_out}
        paths = [name.rsplit("/", depth)[0] for depth in range(name.count("/") + 1)]
        if not hidden.isdisjoint(paths):
            return "the file, or a folder it is in, is kept from the model"
        with Folder(self.silo.path) as folder:
            for path in paths:
                found, wanted = folder.find(path), Found.FILE if path == name else Found.FOLDER
                if found not in (None, wanted):
                    return f"'{path}' is {found}, not {wanted}"
        other = colliding(name, present)
        return f"it differs from '{other}' only in how it is spelled" if other else None

    def _overflow(self, name: str, content: bytes | None) -> str | None:
        sizes = {one.name: one.size for one in self._listed().files}
        for changed, new in {**self._contents, name: content}.items():
            sizes.pop(changed, None)
            if new is not None:
                sizes[changed] = len(new)
        if len(sizes) > MAX_FILES or sum(sizes.values()) > MAX_BYTES:
            return f"the folder would hold more than {MAX_FILES:,} files or {MAX_BYTES:,} bytes"
        return None

    def _present(self) -> set[str]:
        """The files that there are when the wishes so far are fulfilled."""
        there = {one.name for one in self._listed().files}
        gone = {name for name, content in self._contents.items() if content is None}
        return (there | set(self._contents)) - gone

    def _listed(self) -> Listing:
        if self._listing is None:
            self._listing = list_folder(self.silo.path)
        return self._listing


def _content(content: object) -> tuple[bytes | None, str | None]:
    """The content as it is written, or why it is not."""
    if not isinstance(content, str):
        return None, "the content is not text"
    try:
        encoded = content.encode()
    except UnicodeEncodeError:
        return None, "the content holds halves of characters"
    if "\0" in content:
        return None, "the content holds a NUL character"
    if len(encoded) > MAX_FILE_BYTES:
        return None, f"the content is larger than {MAX_FILE_BYTES:,} bytes"
    return encoded, None
