"""A bounded memory of what was read, the longest unused forgotten first. Knows nothing of what it holds."""

from collections import OrderedDict
from threading import Lock
from typing import Generic, TypeVar

__all__ = ["Held"]

K = TypeVar("K")
V = TypeVar("V")


class Held(Generic[K, V]):
    """Holds values up to a total size. Safe for readers on several threads."""

    def __init__(self, most: int) -> None:
        """`most` is the size of all values together."""
        self._most = most
        self._size = 0
        self._values: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: K) -> V | None:
        """What is held for `key`; None for nothing."""
        with self._lock:
            found = self._values.get(key)
            if found is None:
                return None
            self._values.move_to_end(key)
            return found[0]

    def put(self, key: K, value: V, size: int = 1) -> None:
        """Hold `value`; one that is larger than all that may be held is let go at once."""
        with self._lock:
            self._size += size - self._values.pop(key, (value, 0))[1]
            self._values[key] = (value, size)
            while self._size > self._most:
                self._size -= self._values.popitem(last=False)[1][1]
