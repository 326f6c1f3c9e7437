"""Identifiers: UUIDv7 (RFC 9562) as 16 bytes, one type per noun; text only at the doors."""

import os
import time
from random import Random
from struct import Struct
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

_VERSION, _VARIANT = 0x7 << 12, 0x2 << 62
_packed = Struct(">QQ").pack

_random = Random()  # noqa: S311 - an id has to be unique, not secret: whoever knows one may do no more than before
os.register_at_fork(after_in_child=_random.seed)


def new_id() -> bytes:
    """A fresh UUIDv7: Unix milliseconds, in 12 bits how far into that one to 256 ns, 62 random bits.

    Ids of one process come in order, nearly always, so that an index takes them at its end.
    """
    ms, ns = divmod(time.time_ns(), 1_000_000)
    return _packed(ms << 16 | _VERSION | ns >> 8, _VARIANT | _random.getrandbits(62))


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
