"""What of a folder is given to a model: which files, in which order, and why others are left out. Writes nothing."""

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from errno import ENOTDIR
from pathlib import Path

from loom.core.errors import ConfigError, Problem
from loom.core.inside import Folder, LinkError
from loom.core.reach import require_readable
from loom.worker.silos.history import settled
from loom.worker.silos.ignoring import ignoring
from loom.worker.silos.names import TEXT_SUFFIXES

__all__ = [
    "IGNORE_FILE",
    "MAX_BYTES",
    "MAX_FILES",
    "MAX_FILE_BYTES",
    "LeftOut",
    "Listing",
    "SiloFile",
    "list_folder",
    "text_of",
]

IGNORE_FILE = ".siloignore"
MAX_FILES = 1_000
MAX_FILE_BYTES = 1_000_000
MAX_BYTES = 4_000_000
"""Of a whole folder: about a million tokens, which no model reads."""

_MOST_ENTRIES = 20_000


@dataclass(frozen=True, slots=True)
class SiloFile:
    """A file that is read into the prompt."""

    name: str
    text: str

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.text.encode())


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What is not read, and why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A folder as it is at one moment; a change that is being made shows either not at all or whole."""

    files: tuple[SiloFile, ...]
    """In the order of their names."""

    left_out: tuple[LeftOut, ...]


def list_folder(path: str | os.PathLike[str]) -> Listing:
    """The text files of a folder and below it, by name; hidden ones and those `.siloignore` names are left out.

    Raises:
        ConfigError: naming every file that should be read and cannot be: a link out of the folder, what is not
            UTF-8 text, more than the folder may hold.
        OSError: when the folder itself cannot be read, or may not.
    """
    require_readable(path)
    root = Path(os.path.realpath(path))
    if not root.is_dir():
        raise NotADirectoryError(ENOTDIR, "there is no such folder", str(path))
    with settled(root), _walking(root) as walk:
        walk.go("", frozenset({str(root)}))
        files = walk.read()
    if walk.problems:
        raise ConfigError(walk.problems)
    return Listing(files, tuple(sorted(walk.left_out, key=lambda one: one.name)))


def text_of(content: bytes, path: Path) -> str:
    """`content` as text, without a byte order mark and blanks at the ends.

    Raises:
        ConfigError: when it is not text.
    """
    remedy = "save it as UTF-8"
    if b"\0" in content:
        raise ConfigError(Problem("is not text: it holds a NUL byte", file=str(path), remedy=remedy))
    try:
        return content.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        what = f"is not UTF-8 text: byte {error.start + 1} is {content[error.start]:#04x}"
        raise ConfigError(Problem(what, file=str(path), remedy=remedy)) from None


@contextmanager
def _walking(root: Path) -> Generator["_Walk"]:
    with Folder(root) as folder:
        yield _Walk(root, folder)


class _Walk:
    """Goes through a folder. Links that stay inside are followed once, as in a mounted Kubernetes ConfigMap."""

    def __init__(self, root: Path, folder: Folder) -> None:
        self._root = root
        self._folder = folder
        self._found: dict[str, str] = {}
        """Where each file really is, by name."""

        self._seen = 0
        self._ignored = _ignored(folder, root)
        self.left_out: list[LeftOut] = []
        self.problems: list[Problem] = []

    def go(self, below: str, above: frozenset[str]) -> None:
        """Take in what is in `below`; `above` are the real paths of the folders on the way."""
        with os.scandir(self._root / below) as entries:
            for entry in sorted(entries, key=lambda one: one.name):
                self._seen += 1
                if self._seen > _MOST_ENTRIES:
                    raise ConfigError(self._too_much(f"more than {_MOST_ENTRIES:,} entries"))
                self._take(entry, f"{below}/{entry.name}" if below else entry.name, above)

    def _take(self, entry: "os.DirEntry[str]", name: str, above: frozenset[str]) -> None:
        why = self._why_not(entry, name)
        if why:
            if name not in (IGNORE_FILE, ".loom"):
                self.left_out.append(LeftOut(name, why))
            return
        real = os.path.realpath(self._root / name)
        if entry.is_symlink() and not Path(real).is_relative_to(self._root):
            self._wrong(name, "is a link that leads out of the folder", "put a copy there")
        elif not name.isprintable():
            self._wrong(name, "has a name that is not plain UTF-8", "give it another name")
        elif entry.is_dir():
            if real in above:
                self.left_out.append(LeftOut(name, "a link to a folder it is in"))
            else:
                self.go(name, above | {real})
        elif entry.is_file():
            self._found[name] = Path(real).relative_to(self._root).as_posix()
        else:
            self._wrong(name, "is neither a file nor a folder", f"remove it, or name it in {IGNORE_FILE}")

    def _why_not(self, entry: "os.DirEntry[str]", name: str) -> str | None:
        if entry.name.startswith("."):
            return "hidden"
        folder = entry.is_dir()
        if not folder and Path(name).suffix not in TEXT_SUFFIXES:
            return "no text file by its ending"
        return f"named in {IGNORE_FILE}" if self._ignored(f"{name}/" if folder else name) else None

    def read(self) -> tuple[SiloFile, ...]:
        """The text of what was found."""
        if len(self._found) > MAX_FILES:
            raise ConfigError(self._too_much(f"more than {MAX_FILES:,} files"))
        files: list[SiloFile] = []
        total = 0
        for name in sorted(self._found):
            try:
                content = self._folder.read(self._found[name], MAX_FILE_BYTES)
                files.append(SiloFile(name, text_of(content, self._root / name)))
            except ConfigError as error:
                self.problems += error.problems
                continue
            except (OSError, LinkError) as error:
                self._wrong(name, f"cannot be read: {getattr(error, 'strerror', None) or error}", None)
                continue
            total += len(content)
            if total > MAX_BYTES:
                raise ConfigError(self._too_much(f"more than {MAX_BYTES:,} bytes of text"))
        return tuple(files)

    def _wrong(self, name: str, what: str, remedy: str | None) -> None:
        self.problems.append(Problem(what, file=str(self._root / name), remedy=remedy))

    def _too_much(self, what: str) -> Problem:
        return Problem(
            f"holds {what}",
            file=str(self._root),
            remedy=f"split it, or name what is not needed in {IGNORE_FILE}",
        )


def _ignored(folder: Folder, root: Path) -> Callable[[str], bool]:
    """Whether `.siloignore` names a path, of a folder with `/` at its end, by the rules of gitignore."""
    path = root / IGNORE_FILE
    if not path.exists():
        return lambda _: False
    try:
        real = Path(os.path.realpath(path)).relative_to(root)
        text = text_of(folder.read(real.as_posix(), MAX_FILE_BYTES), path)
        return ignoring(text.splitlines())
    except ValueError as error:
        raise ConfigError(Problem(f"cannot be used: {error}", file=str(path), remedy="mend it")) from None
