"""Opens what someone names by its path: a file, no larger than it may be. Knows nothing of what is in it.

Before anything is read its size is known; where that is unknown, one byte more than allowed is enough to tell.
"""

from io import BufferedReader
from os import PathLike
from pathlib import Path
from typing import BinaryIO

from loom.core.errors import ConfigError, Problem
from loom.core.inside import Found, kind_of

__all__ = ["MAX_CONFIG_BYTES", "open_file", "oversize", "read_file", "read_most", "require_file"]

MAX_CONFIG_BYTES = 256 * 1024
"""The largest file that defines something; only suites may have more."""


def require_file(path: str | PathLike[str], most: int, remedy: str = "split it") -> Path:
    """The file at `path`, which has at most so many bytes; `remedy` is for one that has more.

    Raises:
        ConfigError: when it is too large, none, or a folder, device or pipe: those are not even opened.
    """
    place, file = Path(path), str(path)
    try:
        found = place.stat()
    except FileNotFoundError:
        raise ConfigError(Problem("File not found", file=file, remedy="check the path")) from None
    except OSError as error:
        raise _unreadable(error, file) from error
    except ValueError:
        raise ConfigError(Problem("is not a path", value=file, remedy="check the path")) from None
    kind = kind_of(found.st_mode)
    if kind is not Found.FILE:
        raise ConfigError(Problem(f"is not a file, but {kind}", file=file, remedy="give the path of a file"))
    if found.st_size > most:
        raise ConfigError(oversize(most, file, remedy))
    return place


def open_file(path: str | PathLike[str], most: int, remedy: str = "split it") -> BufferedReader:
    """The file at `path`, open. Raises as `require_file`."""
    place = require_file(path, most, remedy)
    try:
        return place.open("rb")
    except OSError as error:
        raise _unreadable(error, str(path)) from error


def read_file(path: str | PathLike[str], most: int, remedy: str = "split it") -> bytes:
    """The bytes of the file at `path`. Raises as `require_file`."""
    file = str(path)
    with open_file(path, most, remedy) as stream:
        try:
            return read_most(stream, most, file, remedy)
        except OSError as error:
            raise _unreadable(error, file) from error


def read_most(stream: BinaryIO, most: int, file: str, remedy: str = "split it") -> bytes:
    """All that `stream` gives.

    Raises:
        ConfigError: when it gives more than `most` bytes.
    """
    data = stream.read(most + 1)
    if len(data) > most:
        raise ConfigError(oversize(most, file, remedy))
    return data


def oversize(most: int, file: str, remedy: str = "split it") -> Problem:
    """What is wrong with a file of more than `most` bytes."""
    size = f"{most >> 20} MB" if most >= 1 << 20 else f"{most >> 10} kB"
    return Problem(f"is larger than {size}", file=file, remedy=remedy)


def _unreadable(error: OSError, file: str) -> ConfigError:
    remedy = "check the path and its permissions"
    return ConfigError(Problem(f"cannot be read: {error.strerror}", file=file, remedy=remedy))
