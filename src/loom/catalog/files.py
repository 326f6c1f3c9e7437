"""Definition files: read, replaced and removed inside their folder, one writer at a time. Knows no version.

Links are not followed: what leads out of a folder is not the folder's. See `loom.core.inside`.
"""

import fcntl
import os
import stat
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from loom.core.bounded import MAX_CONFIG_BYTES
from loom.core.clock import Clock
from loom.core.errors import ConfigError, ConflictError, Problem, StorageError
from loom.core.inside import Folder, LinkError

__all__ = ["Place", "alone"]

_WAIT_S = 10.0
_PAUSE_S = 0.01


class Place:
    """Where the file of a definition is, or will be. `file` is its path below `home`, the first part a folder."""

    def __init__(self, home: Path, file: str) -> None:
        folder, _, self._name = file.partition("/")
        self.folder = home / folder
        self.path = home / file
        self.file = file

    def read(self) -> bytes | None:
        """What is in the file; None when there is none.

        Raises:
            ConfigError: when it is no file, too large, or not to be read.
        """
        try:
            with Folder(self.folder) as folder:
                return folder.read(self._name, MAX_CONFIG_BYTES)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except LinkError:
            raise self._unusable(
                "is a link, and what it leads to is not kept here", "copy the file"
            ) from None
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise self._unusable(f"cannot be read: {reason}", "check it and its permissions") from None

    def write(self, content: bytes) -> None:
        """Put `content` in the place of what is there: durably, at once, and with the same rights.

        Raises:
            StorageError: when it cannot be written; then what was there is there.
        """
        try:
            with Folder(self.folder) as folder:
                mode = self._mode(folder)
                folder.write(self._name, content)
                self._mode(folder, mode)
        except (OSError, ValueError) as error:
            raise self._failed("written", error) from error

    def remove(self) -> None:
        """Remove the file, durably.

        Raises:
            StorageError: when it cannot be removed.
        """
        try:
            with Folder(self.folder) as folder:
                folder.remove(self._name)
        except (OSError, ValueError) as error:
            raise self._failed("removed", error) from error

    def _mode(self, folder: Folder, mode: int | None = None) -> int | None:
        """The rights of the file, set to `mode` if that is given; None when there is none."""
        if folder.find(self._name) is None:
            return None
        fd = folder.open(self._name, os.O_RDONLY)
        try:
            if mode is not None:
                os.fchmod(fd, mode)
            return stat.S_IMODE(os.fstat(fd).st_mode)
        finally:
            os.close(fd)

    def _unusable(self, what: str, remedy: str) -> ConfigError:
        return ConfigError(Problem(what, file=str(self.path), remedy=remedy))

    def _failed(self, verb: str, error: Exception) -> StorageError:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return StorageError(f"{self.path} cannot be {verb}: {reason}; check the folder and its permissions")


@asynccontextmanager
async def alone(folder: Path, clock: Clock) -> AsyncGenerator[None]:
    """Hold `folder`, making it if need be, so that no other process of Loom changes anything in it.

    The lock is on the folder itself and leaves no file behind; where a file system has none, it is done without:
    then two who save at the same moment are told apart by the log of versions alone.

    Raises:
        ConflictError: when someone else holds it for too long.
        StorageError: when it cannot be made.
    """
    fd = _opened(folder)
    try:
        await _lock(fd, folder, clock)
        yield
    finally:
        os.close(fd)


async def _lock(fd: int, folder: Path, clock: Clock) -> None:
    deadline = clock.monotonic() + _WAIT_S
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if clock.monotonic() > deadline:
                raise ConflictError(f"someone else is changing {folder}; try again") from None
            await clock.sleep(_PAUSE_S)
        except OSError:  # a file system without locks
            return
        else:
            return


def _opened(folder: Path) -> int:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        message = f"{folder} cannot be used: {error.strerror}"
        raise StorageError(f"{message}; check the path and its permissions") from error
