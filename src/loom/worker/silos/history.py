"""The changes of a folder: each is made whole or not at all, kept, and can be undone. Knows no model and no worker.

They are kept in `.loom/` inside the folder: there a rename is atomic, whoever may write the folder can undo, and the
history goes where the folder goes. A change is written down before it is made; who opens the folder after a crash
finishes it.
"""

import fcntl
import json
import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from re import fullmatch

from loom.core.errors import ConflictError, NotFoundError, StorageError
from loom.core.inside import Folder, Found, LinkError
from loom.core.jsonvalue import Json
from loom.worker.silos.names import name_fault

__all__ = ["KEPT", "Change", "Edit", "SiloHistory", "settled"]

KEPT = 500
"""Changes that can be looked at and undone; older ones are forgotten, some at a time."""

_HOME = ".loom"
_LOCK = f"{_HOME}/lock"
_PENDING = f"{_HOME}/pending.json"
_CHANGES, _PROPOSALS, _BLOBS = f"{_HOME}/changes", f"{_HOME}/proposals", f"{_HOME}/blobs"
_MOST_PROPOSALS = 200
_LARGEST = 100_000_000
_SWEEP = 50


@dataclass(frozen=True, slots=True)
class Edit:
    """What a change does to one file: the hashes (SHA-256, hexadecimal) of its content; None: no such file."""

    name: str
    before: str | None
    after: str | None

    @property
    def action(self) -> str:
        """`add`, `modify` or `delete`."""
        if self.before is None:
            return "add"
        return "delete" if self.after is None else "modify"


@dataclass(frozen=True, slots=True)
class Change:
    """Edits that belong together."""

    number: int
    """From 1, in the order in which they were made; proposals are counted apart."""

    at: datetime
    """UTC."""

    by: str
    """Who: a worker, or a person."""

    edits: tuple[Edit, ...]
    undoes: int | None = None

    def to_json(self) -> Json:
        """The change as it is stored and shown."""
        edits = [{"name": one.name, "before": one.before, "after": one.after} for one in self.edits]
        return {
            "number": self.number,
            "at": self.at.isoformat(),
            "by": self.by,
            "undoes": self.undoes,
            "edits": edits,
        }

    @staticmethod
    def from_json(stored: Json) -> "Change":
        """What `to_json` gave. A folder may come from anywhere, so nothing in it is believed.

        Raises:
            ValueError: when it is no change, or names what no change may touch.
        """
        edits = tuple(Edit(one["name"], _hash(one["before"]), _hash(one["after"])) for one in stored["edits"])
        wrong = next((one.name for one in edits if name_fault(one.name)), None)
        if wrong is not None:
            raise ValueError(f"{wrong!r} is not a name that a change may touch")
        undoes = stored["undoes"]
        return Change(
            int(stored["number"]),
            datetime.fromisoformat(stored["at"]),
            str(stored["by"]),
            edits,
            undoes and int(undoes),
        )


def _hash(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not fullmatch("[0-9a-f]{64}", value):
        raise ValueError(f"{value!r} is no hash")
    return value


class SiloHistory:
    """The changes of one folder."""

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = Path(root)

    def changes(self) -> list[Change]:
        """Those made, newest first."""
        with settled(self.root), Folder(self.root) as folder:
            return _listed(folder, _CHANGES)

    def proposals(self) -> list[Change]:
        """Those that wait for a person, newest first."""
        with settled(self.root), Folder(self.root) as folder:
            return _listed(folder, _PROPOSALS)

    def change(self, number: int | None, *, proposed: bool = False) -> Change:
        """The change, or proposal, of that number; the newest when it is None.

        Raises:
            NotFoundError: when there is none.
        """
        with settled(self.root), Folder(self.root) as folder:
            return self._change(folder, number, proposed=proposed)

    def content(self, digest: str) -> bytes:
        """The content that a hash in an edit stands for."""
        with Folder(self.root) as folder:
            return folder.read(f"{_BLOBS}/{digest}", _LARGEST)

    def make(self, contents: Mapping[str, bytes | None], by: str) -> Change | None:
        """Give files these contents, None removes one; None is returned when that changes nothing.

        Raises:
            ConflictError, StorageError: as `undo`.
        """
        with self._locked() as folder:
            change = _planned(folder, contents, by)
            return self._made(folder, change) if change.edits else None

    def propose(self, contents: Mapping[str, bytes | None], by: str) -> Change | None:
        """Keep a change for a person to look at; None when it would change nothing.

        Raises:
            ConflictError: when too many wait already.
        """
        with self._locked() as folder:
            change = _planned(folder, contents, by)
            if not change.edits:
                return None
            waiting = _numbers(folder, _PROPOSALS)
            if len(waiting) >= _MOST_PROPOSALS:
                raise ConflictError(f"{len(waiting)} proposals wait already; apply or discard some")
            change = replace(change, number=max(waiting, default=0) + 1)
            folder.write(_path(_PROPOSALS, change.number), _spelled(change))
            return change

    def apply(self, number: int, by: str) -> Change:
        """Make a proposed change.

        Raises:
            NotFoundError: when there is no such proposal.
            ConflictError, StorageError: as `undo`.
        """
        with self._locked() as folder:
            proposal = self._change(folder, number, proposed=True)
            made = self._made(folder, replace(proposal, by=f"{proposal.by}, applied by {by}"))
            folder.remove(_path(_PROPOSALS, number))
            return made

    def discard(self, number: int) -> Change:
        """Forget a proposed change.

        Raises:
            NotFoundError: when there is no such proposal.
        """
        with self._locked() as folder:
            proposal = self._change(folder, number, proposed=True)
            folder.remove(_path(_PROPOSALS, number))
            return proposal

    def undo(self, number: int | None, by: str) -> Change:
        """Give the files of a change, by default the newest, what they held before it. That is a change too.

        Raises:
            NotFoundError: when there is no such change.
            ConflictError: when a file is no longer as the change left it.
            StorageError: when the folder cannot be written; it is then as it was.
        """
        with self._locked() as folder:
            done = self._change(folder, number)
            edits = tuple(Edit(one.name, one.after, one.before) for one in done.edits)
            return self._made(folder, Change(0, _now(), by, edits, undoes=done.number))

    def _made(self, folder: Folder, change: Change) -> Change:
        """Carry `change` out under the next number."""
        changed = [one.name for one in change.edits if _current(folder, one.name) != one.before]
        if changed:
            names = ", ".join(changed)
            raise ConflictError(
                f"{names} in {self.root} changed in the meantime; look at it with `loom silo diff`"
            )
        numbers = _numbers(folder, _CHANGES)
        change = replace(change, number=max(numbers, default=0) + 1, at=_now())
        folder.write(_PENDING, _spelled(change))
        done: list[Edit] = []
        try:
            for edit in change.edits:
                done.append(edit)
                _set(folder, edit.name, edit.after)
        except (OSError, ValueError) as error:
            for edit in done:
                with suppress(
                    OSError, ValueError
                ):  # what cannot be written now was not written before either
                    _set(folder, edit.name, edit.before)
            folder.remove(_PENDING)
            raise StorageError(
                f"the folder {self.root} cannot be changed, and is as it was: {error}"
            ) from error
        folder.rename(_PENDING, _path(_CHANGES, change.number))
        if change.number % _SWEEP == 0:
            _forget(folder)
        return change

    def _change(self, folder: Folder, number: int | None, *, proposed: bool = False) -> Change:
        for one in _listed(folder, _PROPOSALS if proposed else _CHANGES):
            if number is None or one.number == number:
                return one
        which = f"{'proposal' if proposed else 'change'}{'' if number is None else f' {number}'}"
        raise NotFoundError(f"the folder {self.root} has no {which}; `loom silo history` lists what there is")

    @contextmanager
    def _locked(self) -> Generator[Folder]:
        """The folder, for us alone, with a change that a crash cut off finished."""
        try:
            with Folder(self.root) as folder, _lock(folder, fcntl.LOCK_EX):
                _finish(folder)
                yield folder
        except (OSError, LinkError) as error:
            reason = getattr(error, "strerror", None) or error
            raise StorageError(f"the folder {self.root} cannot be written: {reason}") from error


@contextmanager
def settled(root: Path) -> Generator[None]:
    """Within, no change is being made to the folder `root`.

    Raises:
        StorageError: when one was cut off and cannot be finished.
    """
    with Folder(root) as folder:
        if folder.find(_LOCK) is None:  # none was ever made
            yield
            return
        if folder.find(_PENDING):
            try:
                with _lock(folder, fcntl.LOCK_EX):
                    _finish(folder)
            except (OSError, LinkError) as error:
                reason = getattr(error, "strerror", None) or error
                cut_off = f"a change of {root} was cut off and cannot be finished: {reason}"
                raise StorageError(f"{cut_off}; read it with rights to write") from error
        with _lock(folder, fcntl.LOCK_SH):
            yield


@contextmanager
def _lock(folder: Folder, kind: int) -> Generator[None]:
    make = kind == fcntl.LOCK_EX and folder.find(_LOCK) is None
    if make:
        folder.write(f"{_HOME}/.gitignore", b"*\n")
    fd = folder.open(_LOCK, os.O_RDONLY | (os.O_CREAT if make else 0))
    try:
        fcntl.flock(fd, kind)
        yield
    finally:
        os.close(fd)


def _planned(folder: Folder, contents: Mapping[str, bytes | None], by: str) -> Change:
    """The change that gives files these contents, which are kept."""
    edits: list[Edit] = []
    for name, content in contents.items():
        before = _current(folder, name)
        after = None if content is None else sha256(content).hexdigest()
        if before == after:
            continue
        if before is not None:
            _keep(folder, before, folder.read(name, _LARGEST))
        if content is not None:
            _keep(folder, after or "", content)
        edits.append(Edit(name, before, after))
    return Change(0, _now(), by, tuple(edits))


def _keep(folder: Folder, digest: str, content: bytes) -> None:
    if folder.find(f"{_BLOBS}/{digest}") is None:
        folder.write(f"{_BLOBS}/{digest}", content)


def _current(folder: Folder, name: str) -> str | None:
    found = folder.find(name)
    if found is None:
        return None
    if found is not Found.FILE:
        raise ConflictError(f"'{name}' in {folder.path} is {found}, and only files are changed")
    return sha256(folder.read(name, _LARGEST)).hexdigest()


def _set(folder: Folder, name: str, digest: str | None) -> None:
    if digest is None:
        folder.remove(name)
    else:
        folder.write(name, folder.read(f"{_BLOBS}/{digest}", _LARGEST))


def _finish(folder: Folder) -> None:
    """Finish a change that was cut off. A file that someone has changed since stays as it is."""
    if folder.find(_PENDING) is None:
        return
    change = _read(folder, _PENDING)
    for edit in change.edits:
        if _current(folder, edit.name) == edit.before:
            _set(folder, edit.name, edit.after)
    folder.rename(_PENDING, _path(_CHANGES, change.number))


def _forget(folder: Folder) -> None:
    """Drop the oldest changes, and the contents that only they refer to."""
    for number in sorted(_numbers(folder, _CHANGES))[:-KEPT]:
        folder.remove(_path(_CHANGES, number))
    left = _listed(folder, _CHANGES) + _listed(folder, _PROPOSALS)
    needed = {digest for change in left for edit in change.edits for digest in (edit.before, edit.after)}
    for digest in folder.names(_BLOBS):
        if digest not in needed:
            folder.remove(f"{_BLOBS}/{digest}")


def _listed(folder: Folder, place: str) -> list[Change]:
    numbers = sorted(_numbers(folder, place), reverse=True)
    return [_read(folder, _path(place, number)) for number in numbers]


def _numbers(folder: Folder, place: str) -> list[int]:
    stems = (name.removesuffix(".json") for name in folder.names(place))
    return [int(stem) for stem in stems if stem.isdigit()]


def _path(place: str, number: int) -> str:
    return f"{place}/{number:06}.json"


def _read(folder: Folder, name: str) -> Change:
    try:
        return Change.from_json(json.loads(folder.read(name, _LARGEST)))
    except (ValueError, KeyError, TypeError) as error:
        what = f"{folder.path / name} is not what Loom wrote there: {error}"
        raise StorageError(f"{what}; move it away") from error


def _spelled(change: Change) -> bytes:
    return json.dumps(change.to_json(), ensure_ascii=False, indent=1).encode()


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
