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

_RANDOM_BITS = 80
_VERSION_MASK = ~((0xF << 76) | (0x3 << 62))
_VERSION_BITS = (0x7 << 76) | (0x2 << 62)


def new_id() -> bytes:
    """A fresh UUIDv7: 48 bits of Unix milliseconds, then random bits."""
    number = (time.time_ns() // 1_000_000) << _RANDOM_BITS | int.from_bytes(os.urandom(10), "big")
    return (number & _VERSION_MASK | _VERSION_BITS).to_bytes(16, "big")


def text(identifier: bytes) -> str:
    """The usual 36-character spelling."""
    return str(UUID(bytes=identifier))


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
