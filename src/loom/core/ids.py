"""Identifiers: UUIDv7 (RFC 9562) as 16 bytes, one type per noun; text only at the doors."""

import os
import time
from typing import NewType
from uuid import UUID

from loom.core.errors import InputError, Problem

JobId = NewType("JobId", bytes)
RunId = NewType("RunId", bytes)
ExecutionId = NewType("ExecutionId", bytes)
CallId = NewType("CallId", bytes)
AttemptId = NewType("AttemptId", bytes)
AccountId = NewType("AccountId", bytes)
UserId = NewType("UserId", bytes)
KeyId = NewType("KeyId", bytes)
LetterId = NewType("LetterId", bytes)

_RANDOM_BYTES = 10
_POOL_BYTES = 4000
_VERSION_MASK = ~((0xF << 76) | (0x3 << 62))
_VERSION_BITS = (0x7 << 76) | (0x2 << 62)

_pool = bytearray()
"""Random bytes not yet used: asking the system once for many ids costs a tenth of asking for each."""

os.register_at_fork(after_in_child=_pool.clear)


def new_id() -> bytes:
    """A fresh UUIDv7: 48 bits of Unix milliseconds, then random bits."""
    if len(_pool) < _RANDOM_BYTES:
        _pool.extend(os.urandom(_POOL_BYTES))
    random = int.from_bytes(_pool[-_RANDOM_BYTES:], "big")
    del _pool[-_RANDOM_BYTES:]
    number = (time.time_ns() // 1_000_000) << 8 * _RANDOM_BYTES | random
    return (number & _VERSION_MASK | _VERSION_BITS).to_bytes(16, "big")


def text(identifier: bytes) -> str:
    """The usual 36-character spelling."""
    digits = identifier.hex()  # as `uuid.UUID` writes it, in a third of the time: every attempt sends its id
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def short(identifier: bytes) -> str:
    """Eight hexadecimal digits from the random end: what tables show and commands accept."""
    return identifier[-4:].hex()


def parse(value: str) -> bytes:
    """The 16 bytes of a UUID written as text.

    Raises:
        InputError: when `value` is not a UUID.
    """
    try:
        return UUID(value).bytes
    except ValueError:
        problem = Problem("is not an identifier", value=value, remedy="give an id as `loom runs` shows it")
        raise InputError(problem) from None
