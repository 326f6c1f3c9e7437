"""What is read of the money that API keys have spent. Rows do not leave this file."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, and_, case, func, or_, select

from loom.calls.tables import account
from loom.core.ids import AccountId, KeyId
from loom.engine.models import JobKind, JobState
from loom.engine.tables import job

__all__ = ["Spent", "payer_of", "spent_by", "spent_by_keys"]

_A, _J = account.c, job.c
_FINAL = [state for state in JobState if state.final]
_BEGUN_WITHIN_US = 60_000_000
"""Between being opened and being claimed."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What has become of the cap of a key, in 1e-9 USD."""

    spent_nano: int = 0
    held_nano: int = 0
    """What jobs that are not at their end may still spend of their budgets."""

    @property
    def taken_nano(self) -> int:
        """What nothing else may have."""
        return self.spent_nano + self.held_nano


def spent_by(connection: Connection, key: KeyId, now_us: int, besides: AccountId | None = None) -> Spent:
    """What the jobs of `key` have spent and hold, the one with the account `besides` left out."""
    query = _spent(now_us).where(_A.parent == key)
    if besides is not None:
        query = query.where(_A.id != besides)
    row = connection.execute(query.group_by(_A.parent)).one_or_none()
    return Spent(int(row.spent), int(row.taken - row.spent)) if row else Spent()


def spent_by_keys(connection: Connection, now_us: int) -> dict[KeyId, Spent]:
    """The same of every key that started something."""
    rows = connection.execute(_spent(now_us).where(_A.parent.is_not(None)).group_by(_A.parent))
    return {KeyId(row.parent): Spent(int(row.spent), int(row.taken - row.spent)) for row in rows}


def payer_of(connection: Connection, account_id: AccountId) -> KeyId | None:
    """The key against whose cap the account counts."""
    parent = connection.execute(select(_A.parent).where(_A.id == account_id)).scalar_one()
    return KeyId(parent) if parent is not None else None


def _spent(now_us: int) -> Select[Any, Any, Any]:
    """By key. What is still reserved when a job ends may have been paid: it counts as spent."""
    used = _A.spent_nano + _A.reserved_nano
    open_ = _J.state.not_in(_FINAL)
    # Nobody goes on with a test that was interrupted: it holds its budget only while someone is at it.
    begun = and_(_J.state == JobState.PENDING, _J.created_us > now_us - _BEGUN_WITHIN_US)
    attended = or_(_J.lease_until_us > now_us, begun)
    holds = and_(open_, or_(_J.kind != JobKind.TEST, attended), _A.limit_nano > used)
    taken = case((holds, _A.limit_nano), else_=used)
    spent = case((open_, _A.spent_nano), else_=used)
    totals = (func.sum(spent).label("spent"), func.sum(taken).label("taken"))
    return select(_A.parent, *totals).join(job, _J.account == _A.id)
