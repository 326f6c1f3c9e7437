"""Files below one folder, opened step by step without following links: nothing outside it is read or written.

A link that is put in the way between a check and its use is not followed either. Knows nothing of what files mean.
"""

import os
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from enum import StrEnum
from errno import EFBIG, EINVAL, ELOOP, ENOENT, ENOTDIR
from pathlib import Path
from typing import Self

__all__ = ["Folder", "Found", "LinkError", "kind_of"]

_NO_LINKS = os.O_NOFOLLOW | os.O_CLOEXEC
_DOTS = frozenset({"", ".", ".."})


class LinkError(ValueError):
    """A link stands where a file or folder was expected."""


class Found(StrEnum):
    """What stands under a name."""

    FILE = "a file"
    FOLDER = "a folder"
    LINK = "a link"
    OTHER = "a device, pipe or socket"


class Folder:
    """One open folder. Names are relative to it, with `/` between their parts; `.` and `..` are no parts.

    Every method raises ValueError for a name that is not one, LinkError for a link in the way, else OSError.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """The folder itself may be reached through a link: whoever names it means where that leads."""
        self.path = Path(path)
        self._fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        os.close(self._fd)

    def find(self, name: str) -> Found | None:
        """What stands under `name`; None for nothing, also when a folder on the way is missing."""
        try:
            with self._parent(name) as (parent, last):
                return kind_of(os.stat(last, dir_fd=parent, follow_symlinks=False).st_mode)
        except (FileNotFoundError, NotADirectoryError):
            return None

    def read(self, name: str, most: int) -> bytes:
        """The bytes of a file; more than `most` of them are an error."""
        with open(self.open(name, os.O_RDONLY | os.O_NONBLOCK), "rb") as stream:  # noqa: PTH123 - a descriptor
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise OSError(EINVAL, "it is not a file", name)
            content = stream.read(most + 1)
        if len(content) > most:
            raise OSError(EFBIG, f"it is larger than {most:,} bytes", name)
        return content

    def open(self, name: str, flags: int) -> int:
        """A descriptor of a file, made when `flags` say so."""
        with self._parent(name) as (parent, last):
            try:
                return os.open(last, flags | _NO_LINKS, 0o666, dir_fd=parent)
            except OSError as error:
                raise _explained(error, name) from None

    def write(self, name: str, content: bytes) -> None:
        """Make `name` hold `content`, durably and at once: a reader sees the old file or the new one, whole."""
        with self._parent(name, make=True) as (parent, last):
            new = f".{os.urandom(8).hex()}.new"
            fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINKS, 0o666, dir_fd=parent)
            try:
                with open(fd, "wb") as stream:  # noqa: PTH123 - a descriptor
                    stream.write(content)
                    stream.flush()
                    os.fsync(fd)
                os.replace(new, last, src_dir_fd=parent, dst_dir_fd=parent)
            except BaseException:
                with suppress(OSError):
                    os.unlink(new, dir_fd=parent)
                raise
            os.fsync(parent)

    def rename(self, old: str, new: str) -> None:
        """Give a file another name, durably; what has that name is replaced."""
        with self._parent(old) as (source, was), self._parent(new, make=True) as (target, last):
            os.replace(was, last, src_dir_fd=source, dst_dir_fd=target)
            os.fsync(target)
            os.fsync(source)

    def remove(self, name: str) -> None:
        """Remove a file or a link, durably, and the folders that hold nothing then. What is not there is no error."""
        try:
            with self._parent(name) as (parent, last):
                os.unlink(last, dir_fd=parent)
                os.fsync(parent)
        except (FileNotFoundError, NotADirectoryError):
            return
        while "/" in name:
            name = name.rpartition("/")[0]
            try:
                with self._parent(name) as (parent, last):
                    os.rmdir(last, dir_fd=parent)
            except OSError:
                return

    def names(self, name: str = "") -> list[str]:
        """What is directly in a folder below, or in this one, sorted; a missing one holds nothing."""
        try:
            with self._parent(f"{name}/x" if name else "x") as (parent, _):
                return sorted(os.listdir(parent))  # noqa: PTH208 - a descriptor
        except FileNotFoundError:
            return []

    @contextmanager
    def _parent(self, name: str, *, make: bool = False) -> Generator[tuple[int, str]]:
        """The folder that `name` is in, open, and its last part."""
        *folders, last = _parts(name)
        current = os.dup(self._fd)
        try:
            for folder in folders:
                below = _entered(current, folder, make=make)
                os.close(current)
                current = below
            yield current, last
        finally:
            os.close(current)


def _parts(name: str) -> list[str]:
    parts = name.split("/")
    if "\0" in name or not _DOTS.isdisjoint(parts):
        raise ValueError(f"{name!r} is not a name below the folder")
    return parts


def _entered(parent: int, name: str, *, make: bool) -> int:
    if make:
        with suppress(FileExistsError):
            os.mkdir(name, dir_fd=parent)
    try:
        return os.open(name, os.O_RDONLY | os.O_DIRECTORY | _NO_LINKS, dir_fd=parent)
    except OSError as error:
        if error.errno == ENOTDIR and _kind_at(name, parent) is Found.LINK:
            raise LinkError(f"'{name}' is a link") from None
        raise _explained(error, name) from None


def _explained(error: OSError, name: str) -> Exception:
    return LinkError(f"'{name}' is a link") if error.errno == ELOOP else type(error)(*error.args[:2], name)


def _kind_at(name: str, parent: int) -> Found | None:
    try:
        return kind_of(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode)
    except OSError as error:
        if error.errno == ENOENT:
            return None
        raise


def kind_of(mode: int) -> Found:
    """What has this mode."""
    if stat.S_ISREG(mode):
        return Found.FILE
    if stat.S_ISDIR(mode):
        return Found.FOLDER
    return Found.LINK if stat.S_ISLNK(mode) else Found.OTHER
