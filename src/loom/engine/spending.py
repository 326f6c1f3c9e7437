"""Caps of API keys: what a capped key starts has a budget within what is left of its cap.

A budget counts whole until its job has come to its end, so that jobs side by side cannot spend more than the cap.
`key_store.draw` joins each commit that takes from a cap: of two that saw the same rest, one is refused and looks again.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from loom.access.key_store import Cap, cap_of, draw
from loom.calls.store import limit_account
from loom.core.clock import Clock
from loom.core.errors import LimitError
from loom.core.ids import AccountId, KeyId
from loom.core.money import show_usd
from loom.engine.spending_store import Spent, payer_of, spent_by, spent_by_keys
from loom.storage.database import Database
from loom.storage.statements import Write

__all__ = ["Allowance", "Spending", "Spent", "allowance", "new_budget"]


@dataclass(frozen=True, slots=True)
class Allowance:
    """The budget that a job gets."""

    limit_nano: int | None
    """None: no budget."""

    payer: KeyId | None = None
    """The key that pays."""

    writes: tuple[Write, ...] = ()
    """To be committed with what takes the budget."""


class Spending:
    """Says what keys have spent."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def by_key(self) -> Mapping[KeyId, Spent]:
        """What every key that started something has spent and holds."""
        now = self._clock.now_us()
        return await self._database.read(lambda connection: spent_by_keys(connection, now))


async def allowance(database: Database, key: KeyId | None, wanted_nano: int | None, now_us: int) -> Allowance:
    """The budget of a job that `key` opens and for which `wanted_nano` is asked: at most what is left of the cap.

    Raises:
        LimitError: when nothing is left.
    """
    if key is None:
        return Allowance(wanted_nano)
    return await database.read(lambda connection: _allowed(connection, _Draw(key, wanted_nano, now_us)))


async def new_budget(
    database: Database, account: AccountId, wanted_nano: int, now_us: int
) -> tuple[Write, ...]:
    """The writes that give a job that was opened before a budget of `wanted_nano`, or what its key has left.

    Raises:
        LimitError: when nothing is left.
    """

    def look(connection: Connection) -> Allowance:
        key = payer_of(connection, account)
        draws = _Draw(key, wanted_nano, now_us, account) if key is not None else None
        return _allowed(connection, draws) if draws else Allowance(wanted_nano)

    allowed = await database.read(look)
    return limit_account(account, allowed.limit_nano), *allowed.writes


@dataclass(frozen=True, slots=True)
class _Draw:
    """A wish for money of a key."""

    key: KeyId
    wanted_nano: int | None
    now_us: int
    account: AccountId | None = None
    """Of the job that is to have it, when there is one already."""


def _allowed(connection: Connection, draws: _Draw) -> Allowance:
    cap = cap_of(connection, draws.key)
    if cap is None or cap.limit_nano is None:
        return Allowance(draws.wanted_nano, draws.key)
    spent = spent_by(connection, draws.key, draws.now_us, draws.account)
    left = cap.limit_nano - spent.taken_nano
    if left <= 0:
        raise LimitError(_nothing_left(cap, cap.limit_nano, spent))
    limit = left if draws.wanted_nano is None else min(draws.wanted_nano, left)
    return Allowance(limit, draws.key, (draw(draws.key, cap.jobs),))


def _nothing_left(cap: Cap, limit_nano: int, spent: Spent) -> str:
    words = f"{show_usd(spent.spent_nano)} is spent"
    if spent.held_nano:
        words += f", and {show_usd(spent.held_nano)} is held by jobs that go on"
    remedy = "give jobs smaller budgets, or end one" if spent.held_nano else "raise the cap"
    return f"nothing is left of the cap of {show_usd(limit_nano)} of the key '{cap.name}': {words}; {remedy}"
