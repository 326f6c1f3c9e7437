"""The bytes of a request held until it is whole, so that one that drips in costs next to nothing.

Knows only where a request ends; what it says, and whether it is right, is for the parser that gets it then.
"""

import re

__all__ = ["WholeRequest"]

_MOST = 64 * 1024
"""Bytes; what is longer is handed on as it comes."""

_HEAD_ENDS = re.compile(rb"\n\r?\n")
_LENGTH = re.compile(rb"\ncontent-length:[ \t]*(\d{1,9})[ \t]*\r?\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\ntransfer-encoding:", re.IGNORECASE)
_LAST_CHUNK = re.compile(rb"\n0+[ \t]*[;\r\n]")
_WAITS = re.compile(rb"\nexpect:", re.IGNORECASE)
_FIRST_OF_A_METHOD = 0x21


class WholeRequest:
    """One request as it comes in."""

    def __init__(self) -> None:
        self._held = bytearray()
        self.has_head = False
        """What has come goes beyond its head, or ends with it."""

        self.waits = False
        """Its sender asks to be told before it sends the body."""

    def add(self, data: bytes) -> bytes | None:
        """All that has come and was not handed on yet, if that is a whole request or too much to hold."""
        self._held += data
        if not self._is_whole() and len(self._held) < _MOST:
            return None
        come, self._held = bytes(self._held), bytearray()
        self.has_head = self.waits = False
        return come

    def _is_whole(self) -> bool:
        held = self._held
        head = _HEAD_ENDS.search(held)
        if head is None:
            return held[0] < _FIRST_OF_A_METHOD  # no HTTP: the parser says so at once
        self.has_head, self.waits = True, _WAITS.search(held, 0, head.end()) is not None
        if _CHUNKED.search(held, 0, head.end()):
            return _LAST_CHUNK.search(held, head.end() - 1) is not None
        length = _LENGTH.search(held, 0, head.end())
        return length is None or len(held) >= head.end() + int(length[1])
