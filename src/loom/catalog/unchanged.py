"""What was made of a file or folder, kept until that changes: bounded, for readers on several threads."""

import math
import os
import stat
import time
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, NamedTuple, TypeVar

__all__ = ["Unchanged"]

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
_SETTLED_NS = 2_000_000_000
"""File systems count time in steps: within one, a file may change twice and look as if it had changed once."""


class Unchanged(Generic[K, V]):
    """Values by key, each with the state in which its file was when it was made."""

    def __init__(self, most: int, largest: float = math.inf) -> None:
        """`most` is the number of values; of a file with more than `largest` bytes nothing is kept."""
        self._most = most
        self._largest = largest
        self._values: dict[K, tuple[_State, V]] = {}
        self._lock = Lock()

    def of(self, key: K, path: str | os.PathLike[str], make: Callable[[], V]) -> V:
        """What `make` makes of what is at `path`; not called again until that changes.

        Of a folder only the names directly in it count.
        """
        state = _state_of(path)  # before it is read: a change in between is seen the next time
        if state is None or state.size > self._largest:
            return make()
        known = self._values.get(key)
        if known is not None and known[0] == state:
            return known[1]
        value = make()
        with self._lock:
            while len(self._values) >= self._most:
                del self._values[next(iter(self._values))]
            self._values[key] = state, value
        return value


class _State(NamedTuple):
    """What changes with the content of a file, and with the names in a folder."""

    device: int
    node: int
    size: int
    modified_ns: int
    changed_ns: int


def _state_of(path: str | os.PathLike[str]) -> _State | None:
    """None for a link, for nothing, and for what changed a moment ago."""
    try:
        found = os.lstat(path)
    except (OSError, ValueError):
        return None
    if stat.S_ISLNK(found.st_mode) or time.time_ns() - found.st_ctime_ns < _SETTLED_NS:
        return None
    return _State(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
