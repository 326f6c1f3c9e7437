"""A set of hashes that takes one megabyte however many it holds, and may say yes for one it never saw.

A Bloom filter with one function (Bloom 1970): at 200,000 keys, one answer in forty is wrong, and only ever a yes.
"""

__all__ = ["SeenKeys"]

_BITS = 1 << 23


class SeenKeys:
    """Keys are hashes of at least four bytes."""

    def __init__(self) -> None:
        self._bits: bytearray | None = None

    def add(self, key: bytes) -> None:
        """Remember `key`."""
        if self._bits is None:
            self._bits = bytearray(_BITS // 8)
        place = int.from_bytes(key[:4], "big") % _BITS
        self._bits[place >> 3] |= 1 << (place & 7)

    def __contains__(self, key: bytes) -> bool:
        if self._bits is None:
            return False
        place = int.from_bytes(key[:4], "big") % _BITS
        return bool(self._bits[place >> 3] & 1 << (place & 7))
