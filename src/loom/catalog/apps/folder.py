"""The folder that holds the apps of this machine: each is put there whole, replaced at once, and kept when replaced.

Beside it stands a folder for what is on its way in or out, so that nobody ever sees half an app.
"""

import ctypes
import errno
import fcntl
import os
import re
import shutil
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from loom.catalog.apps.bundle import opened
from loom.core.errors import NotFoundError, Problem, StorageError, UsageError
from loom.core.manifest import AppManifest, load_manifest

__all__ = ["AppFolder", "Deployed", "StoredApp"]

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,79}")
_MANIFEST = "manifest.yaml"
_BEFORE = "before-"
_EXCHANGE = 2
"""RENAME_EXCHANGE of https://man7.org/linux/man-pages/man2/rename.2.html"""

_HERE = -100
"""AT_FDCWD."""

_UNABLE = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)


@dataclass(frozen=True, slots=True)
class StoredApp:
    """An app that is there."""

    name: str
    path: Path
    manifest: AppManifest | None
    """None when it cannot be read any more."""

    problem: str = ""


@dataclass(frozen=True, slots=True)
class Deployed:
    """What a deployment came to."""

    manifest: AppManifest
    replaced: AppManifest | None
    """What was there before, which is kept; None when nothing was, or it could not be read."""


class AppFolder:
    """The apps below one folder."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser()
        self._aside = self.path.with_name(f".{self.path.name}-aside")

    def all(self) -> list[StoredApp]:
        """Every app, sorted by name; broken ones with what is wrong with them."""
        if not self.path.is_dir():
            return []
        folders = sorted(path for path in self.path.iterdir() if _NAME.fullmatch(path.name) and path.is_dir())
        return [_stored(path) for path in folders]

    def get(self, name: str) -> StoredApp:
        """The app called `name`.

        Raises:
            NotFoundError: when there is none.
        """
        place = self._place(name)
        if not place.is_dir():
            raise NotFoundError(f"there is no app '{name}'")
        return _stored(place)

    def deploy(self, bundle: Path) -> Deployed:
        """Put the app in the ZIP at `bundle` in the place of what has its name, which is kept aside.

        Raises:
            ConfigError: naming everything that is wrong with the bundle; nothing is changed then.
            StorageError: when it cannot be written; nothing is changed then either.
        """
        with opened(bundle) as found, self._alone():
            name = found.manifest.name
            new = self._aside / f"new-{token_hex(8)}"
            try:
                new.mkdir()
                found.unpack(new)
                before = _stored(self.path / name) if (self.path / name).is_dir() else None
                self._swap(new, name, replaces=before is not None)
            except OSError as error:
                raise StorageError(f"{self.path / name} cannot be written: {error.strerror}") from error
            finally:
                shutil.rmtree(new, ignore_errors=True)
        return Deployed(found.manifest, before.manifest if before else None)

    def remove(self, name: str) -> None:
        """Take the app called `name` away; `restore` brings it back.

        Raises:
            NotFoundError: when there is none.
        """
        self.get(name)
        with self._alone():
            self._keep(self.path / name, name)

    def previous(self, name: str) -> StoredApp | None:
        """The app that was last replaced or removed under that name."""
        kept = self._kept(name)
        return _stored(kept, name) if kept.is_dir() else None

    def removed(self) -> list[StoredApp]:
        """Apps that were removed, and can be restored, sorted by name."""
        kept = sorted(self._aside.glob(f"{_BEFORE}*"))
        return [
            _stored(path, name)
            for path in kept
            if not (self.path / (name := path.name[len(_BEFORE) :])).is_dir()
        ]

    def restore(self, name: str) -> None:
        """Put back what was replaced or removed; what stands there now is kept instead.

        Raises:
            UsageError: when nothing was.
        """
        if self.previous(name) is None:
            raise UsageError(Problem("has nothing before it", "name", value=name))
        with self._alone():
            self._swap(self._kept(name), name, replaces=(self.path / name).is_dir())

    def _swap(self, new: Path, name: str, *, replaces: bool) -> None:
        """Put the folder `new` into its place; what was there is kept."""
        place = self.path / name
        if not replaces:
            new.rename(place)
            return
        _exchange(new, place)
        if new != self._kept(name):
            self._keep(new, name)

    def _keep(self, gone: Path, name: str) -> None:
        """Keep a folder as the one before, in place of an older one."""
        kept = self._kept(name)
        trash = self._aside / f"old-{token_hex(8)}"
        if kept.exists():
            kept.rename(trash)
        gone.rename(kept)
        shutil.rmtree(trash, ignore_errors=True)

    def _place(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise NotFoundError(f"there is no app '{name}': names are lowercase letters, digits, '_' and '-'")
        return self.path / name

    def _kept(self, name: str) -> Path:
        return self._aside / f"{_BEFORE}{self._place(name).name}"

    @contextmanager
    def _alone(self) -> Generator[None]:
        """Hold the folder, so that no other process of Loom changes it; and clear what one that died left."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._aside.mkdir(exist_ok=True)
            fd = os.open(self._aside, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise StorageError(f"{self.path} cannot be used: {error.strerror}") from error
        try:
            with suppress(OSError):  # a file system without locks
                fcntl.flock(fd, fcntl.LOCK_EX)
            for left in (*self._aside.glob("new-*"), *self._aside.glob("old-*")):
                shutil.rmtree(left, ignore_errors=True)
            yield
        finally:
            os.close(fd)


def _stored(path: Path, name: str = "") -> StoredApp:
    """The app in `path`, which is called `name`, or as the folder."""
    try:
        return StoredApp(name or path.name, path, load_manifest(path / _MANIFEST))
    except (OSError, ValueError) as error:
        return StoredApp(name or path.name, path, None, str(error))


def _exchange(one: Path, other: Path) -> None:
    """Let two folders change places: at once where the system can, else in steps of which a failed one is undone."""
    if _exchanged(one, other):
        return
    between = one.with_name(f"old-{token_hex(8)}")
    other.rename(between)
    try:
        one.rename(other)
    except OSError:
        between.rename(other)
        raise
    between.rename(one)


def _exchanged(one: Path, other: Path) -> bool:
    """Whether the system can do it in one step, and did."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    if rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in _UNABLE:
        return False
    raise OSError(code, os.strerror(code))
