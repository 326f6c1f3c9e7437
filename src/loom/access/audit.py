"""Who did what, when. Each entry is written in the commit of what it tells of; nothing here changes one."""

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from loom.access.models import Principal, Role
from loom.access.rights import require
from loom.access.tables import audit
from loom.storage.database import Database
from loom.storage.statements import Phase, Statement, Write

__all__ = ["TRIMMED_AT_ONCE", "Audit", "Entry", "Page", "entries_before", "noted", "trimmed"]

_A = audit.c

_add = Statement(
    "audit.add",
    insert(audit),
    params=("at_us", "principal", "action", "subject", "detail"),
    phase=Phase.INSERT,
)
_LONGEST = 200
TRIMMED_AT_ONCE = 1_000
"""Entries that go in one commit, during which nobody else writes."""

_old = audit.alias("old")
_trim = Statement(
    "audit.trim",
    delete(audit).where(
        _A.row.in_(
            select(_old.c.row)
            .where(_old.c.at_us < bindparam("before_us"))
            .order_by(_old.c.row)
            .limit(TRIMMED_AT_ONCE)
        )
    ),
    params=("before_us",),
    phase=Phase.SWEEP,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was done."""

    row: int
    at_us: int
    principal: str
    action: str
    """`noun.verb`, as in `user.add`."""

    subject: str
    """The name of what it was done to."""

    detail: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries, newest first."""

    entries: tuple[Entry, ...]
    before: int | None
    """Where the next page begins; None on the last."""


def noted(principal: Principal, action: str, subject: str, now_us: int, detail: str | None = None) -> Write:
    """The write that remembers that `principal` did `action` to `subject`. Never pass a secret."""
    return _add(now_us, principal.name, action, subject[:_LONGEST], detail[:_LONGEST] if detail else None)


def trimmed(before_us: int) -> Write:
    """The write that forgets what was done before then: the oldest `TRIMMED_AT_ONCE` of it."""
    return _trim(before_us)


def entries_before(connection: Connection, before_us: int) -> int:
    """How many entries are older than that."""
    return connection.execute(select(func.count()).where(_A.at_us < before_us)).scalar_one()


class Audit:
    """Reads what was done."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, principal: Principal, *, before: int | None = None, by: str | None = None, limit: int = 50
    ) -> Page:
        """The `limit` newest entries ahead of `before`, of the principal called `by`."""
        require(principal, Role.ADMIN)
        found = await self._database.read(lambda connection: _entries(connection, before, by, limit + 1))
        more = len(found) > limit
        return Page(tuple(found[:limit]), found[limit - 1].row if more else None)


def _entries(connection: Connection, before: int | None, by: str | None, limit: int) -> list[Entry]:
    query = select(audit).order_by(_A.row.desc()).limit(limit)
    if before is not None:
        query = query.where(_A.row < before)
    if by is not None:
        query = query.where(_A.principal == by)
    return [
        Entry(row.row, row.at_us, row.principal, row.action, row.subject, row.detail)
        for row in connection.execute(query)
    ]
