"""Who may see sealed cases: whoever said so, for an hour, each time counted as a look. Shows nothing itself."""

import asyncio
from dataclasses import dataclass

from sqlalchemy import Connection

from loom.access.audit import noted
from loom.access.models import Principal
from loom.core.clock import Clock
from loom.core.errors import SealedError
from loom.evaluation.sealed.cases import SealedCases
from loom.evaluation.sealed.looks_store import NO_RUN, add_look, looked_at, looks_at
from loom.storage.database import Database

__all__ = ["OPEN_MINUTES", "Seal", "Seals"]

OPEN_MINUTES = 60
_OPEN_US = OPEN_MINUTES * 60_000_000


@dataclass(frozen=True, slots=True)
class Seal:
    """How the sealed cases of a suite stand for someone."""

    suite: str
    looks: int
    """By runs over them, and by people."""

    open_until_us: int | None
    """None: closed."""


class Seals:
    """Keeps sealed cases closed to everyone who has not opened them."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._opening = asyncio.Lock()

    async def of(self, sealed: SealedCases, principal: Principal) -> Seal:
        """How `sealed` stand for `principal`: a look at any of them counts, and opens them."""
        return await self._database.read(lambda connection: self.read(connection, sealed, principal))

    async def open(self, sealed: SealedCases, principal: Principal) -> Seal:
        """Open `sealed` to `principal`. It counts as a look, unless they are open."""
        async with self._opening:  # three clicks are one look
            before = await self.of(sealed, principal)
            if before.open_until_us is not None or not sealed.items:
                return before
            now = self._clock.now_us()
            what = f"look {before.looks + 1} at its sealed cases"
            await self._database.writer.commit(
                *add_look(sealed, NO_RUN, principal.name, now),
                noted(principal, "suite.look", sealed.suite, now, what),
            )
            return await self.of(sealed, principal)

    async def require(self, sealed: SealedCases, principal: Principal) -> None:
        """Raises SealedError when `sealed` are closed to `principal`."""
        await self._database.read(lambda connection: self.check(connection, sealed, principal))

    def read(self, connection: Connection, sealed: SealedCases, principal: Principal) -> Seal:
        """As `of`, within a reading."""
        now = self._clock.now_us()
        last = looked_at(connection, sealed, principal.name)
        is_open = last is not None and now < last + _OPEN_US
        until = last + _OPEN_US if last and is_open else None
        return Seal(sealed.suite, looks_at(connection, sealed), until)

    def check(self, connection: Connection, sealed: SealedCases, principal: Principal) -> None:
        """As `require`, within a reading."""
        seal = self.read(connection, sealed, principal)
        if seal.open_until_us is None:
            raise SealedError(sealed.suite, seal.looks)
