"""Passwords: which are good enough, and how they are kept: argon2id, as OWASP recommends. Knows no user.

https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
https://pages.nist.gov/800-63-4/sp800-63b.html#passwordver
"""

import asyncio
import unicodedata
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from loom.core.errors import Problem

if TYPE_CHECKING:
    from pwdlib import PasswordHash

__all__ = ["Passwords", "password_problem"]

_SHORTEST, _LONGEST = 8, 1000
_COMMON = frozenset({"password", "passwort", "qwertyui", "qwertyuiop", "iloveyou", "trustno1", "letmein1"})
_AT_ONCE = 2


def password_problem(password: str, name: str, field: str = "password") -> Problem | None:
    """What keeps `password` from being good enough for the user called `name`; None when nothing does."""
    plain = _normal(password)
    if len(plain) < _SHORTEST:
        return Problem(
            f"is shorter than {_SHORTEST} characters", field, remedy="choose a longer one, as a sentence"
        )
    if len(plain) > _LONGEST:
        return Problem(f"is longer than {_LONGEST} characters", field, remedy="choose a shorter one")
    lower = plain.casefold()
    if lower in _COMMON or _is_row(lower) or lower == name.casefold():
        return Problem("is among the first that anybody would try", field, remedy="choose another one")
    return None


class Passwords:
    """Hashes and compares; both take 50 ms and 19 MB by design, off the event loop, two at a time."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(_AT_ONCE)

    async def hash(self, password: str) -> str:
        """What to keep of `password`."""
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, _normal(password))

    async def fits(self, password: str, kept: str | None) -> bool:
        """Whether `kept` was made of `password`. With None it takes as long, and is false."""
        async with self._turn:
            return await asyncio.to_thread(self._fits, password[: _LONGEST + 1], kept)

    def _fits(self, password: str, kept: str | None) -> bool:
        equal = self._hasher.verify(_normal(password), kept or self._of_nobody)
        return equal and kept is not None

    @cached_property
    def _hasher(self) -> "PasswordHash":
        from pwdlib import PasswordHash
        from pwdlib.hashers.argon2 import Argon2Hasher

        return PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19 * 1024, parallelism=1),))

    @cached_property
    def _of_nobody(self) -> str:
        return self._hasher.hash("nobody's")


def _normal(password: str) -> str:
    """The same characters, however a keyboard composed them."""
    return unicodedata.normalize("NFKC", password)


def _is_row(password: str) -> bool:
    """`aaaaaaaa`, `12345678`, `hgfedcba`, `1234567890`."""
    steps = {(ord(after) - ord(before)) % 10 for before, after in pairwise(password)}
    return len(steps) == 1 and steps <= {0, 1, 9}
