"""Who may see sealed cases: whoever said so, for an hour, each time counted as a look. Shows nothing itself."""

from dataclasses import dataclass

from sqlalchemy import Connection

from loom.access.audit import noted
from loom.access.models import Principal
from loom.core.clock import Clock
from loom.core.errors import SealedError
from loom.evaluation.people_store import NO_RUN, add_peek, looked_at, peeks
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

    async def of(self, suite: str, principal: Principal) -> Seal:
        """How the sealed cases of `suite` stand for `principal`."""
        return await self._database.read(lambda connection: self.read(connection, suite, principal))

    async def open(self, suite: str, principal: Principal) -> Seal:
        """Open the sealed cases of `suite` to `principal`. It counts as a look, unless they are open."""
        before = await self.of(suite, principal)
        if before.open_until_us is not None:
            return before
        now = self._clock.now_us()
        await self._database.writer.commit(
            add_peek("default", suite, NO_RUN, principal.name, now),
            noted(principal, "suite.look", suite, now, f"look {before.looks + 1} at its sealed cases"),
        )
        return await self.of(suite, principal)

    async def require(self, suite: str, principal: Principal) -> None:
        """Raises SealedError when the sealed cases of `suite` are closed to `principal`."""
        await self._database.read(lambda connection: self.check(connection, suite, principal))

    def read(self, connection: Connection, suite: str, principal: Principal) -> Seal:
        """As `of`, within a reading."""
        now = self._clock.now_us()
        last = looked_at(connection, suite, principal.name)
        is_open = last is not None and now < last + _OPEN_US
        return Seal(suite, peeks(connection, suite), last + _OPEN_US if last and is_open else None)

    def check(self, connection: Connection, suite: str, principal: Principal) -> None:
        """As `require`, within a reading."""
        seal = self.read(connection, suite, principal)
        if seal.open_until_us is None:
            raise SealedError(suite, seal.looks)
