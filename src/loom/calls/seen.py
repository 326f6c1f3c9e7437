"""A set of hashes that takes a megabyte at most however many it holds, and may say yes for one it never saw.

A Bloom filter with one function (Bloom 1970), doubled as it fills. At 200,000 keys one answer in twenty is wrong,
and only ever a yes.
"""

__all__ = ["SeenKeys"]

_LEAST_BITS, _MOST_BITS = 1 << 20, 1 << 23
_BITS_PER_KEY = 80


class SeenKeys:
    """Keys are hashes of at least four bytes."""

    def __init__(self) -> None:
        self._bits = bytearray()
        self._keys = 0

    def add(self, key: bytes) -> None:
        """Remember `key`."""
        size = 8 * len(self._bits)
        if not size:
            self._bits = bytearray(_LEAST_BITS // 8)
        elif self._keys * _BITS_PER_KEY > size and size < _MOST_BITS:
            self._bits *= 2  # a key's place in the longer one is that in either half
        self._keys += 1
        at, bit = self._place(key)
        self._bits[at] |= bit

    def __contains__(self, key: bytes) -> bool:
        if not self._bits:
            return False
        at, bit = self._place(key)
        return bool(self._bits[at] & bit)

    def _place(self, key: bytes) -> tuple[int, int]:
        place = int.from_bytes(key[:4], "big") % (8 * len(self._bits))
        return place >> 3, 1 << (place & 7)
