"""The writer beside a simple model of it: accounts with limits, and units that stand or fall whole."""

import asyncio
import shutil
from dataclasses import dataclass, replace
from itertools import count
from typing import NamedTuple

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from loom.calls.store import BudgetExhaustedError, account_state, keep_account, reserve, settle
from loom.storage.database import open_database

LIMITS = {b"a": 20, b"b": 5, b"c": None}


class Move(NamedTuple):
    """Takes `taken`, or gives it back and charges `cost` of it."""

    account: bytes
    taken: int
    cost: int | None = None

    def write(self):
        if self.cost is None:
            return reserve(self.account, self.taken)
        return settle(self.account, self.taken, self.cost)


@dataclass(frozen=True)
class Money:
    limit: int | None
    reserved: int = 0
    spent: int = 0

    @property
    def within(self):
        return self.limit is None or self.reserved + self.spent <= self.limit

    def after(self, move):
        if move.cost is None:
            return replace(self, reserved=self.reserved + move.taken)
        return replace(self, reserved=self.reserved - move.taken, spent=self.spent + move.cost)


def moved(accounts, moves):
    """The accounts after `moves`; None when one is over its limit."""
    after = dict(accounts)
    for move in moves:
        after[move.account] = after[move.account].after(move)
    taking = {move.account for move in moves if move.cost is None}
    return after if all(after[name].within for name in taking) else None


class Accounts(RuleBasedStateMachine):
    folder = empty = None
    numbers = count()

    def __init__(self):
        super().__init__()
        path = self.folder / f"{next(self.numbers)}.db"
        shutil.copy(self.empty, path)
        self.loop = asyncio.Runner()
        self.database = open_database(f"sqlite:///{path}")
        self.model = {name: Money(limit) for name, limit in LIMITS.items()}
        self.taken = []
        self.loop.run(self.open_accounts())

    async def open_accounts(self):
        opening = (keep_account(name, "test", None, limit, 0, 0) for name, limit in LIMITS.items())
        await self.database.writer.commit(*opening)

    @rule(data=st.data(), size=st.integers(1, 6))
    def write_together(self, data, size):
        units = [self.draw_unit(data) for _ in range(size)]
        expected = self.play(units)
        assert self.loop.run(self.commit(units)) == expected
        for unit, written in zip(units, expected, strict=True):
            for move in unit:
                if (move.cost is None) == written:
                    self.taken.append(Move(move.account, move.taken))

    def draw_unit(self, data):
        fresh = st.builds(Move, st.sampled_from(sorted(LIMITS)), st.integers(0, 12), st.none())
        unit = data.draw(st.lists(fresh, max_size=2))
        if self.taken and data.draw(st.booleans()):
            back = self.taken.pop(data.draw(st.integers(0, len(self.taken) - 1)))
            unit.append(back._replace(cost=data.draw(st.integers(0, back.taken))))
        return unit

    def play(self, units):
        """Whether each unit is written: all together if that fits, else one after the other."""
        together = moved(self.model, [move for unit in units for move in unit])
        if together is not None:
            self.model = together
            return [True] * len(units)
        written = []
        for unit in units:
            after = moved(self.model, unit)
            written.append(after is not None)
            self.model = after or self.model
        return written

    async def commit(self, units):
        writer = self.database.writer
        waiting = (writer.commit(*(move.write() for move in unit)) for unit in units)
        results = await asyncio.gather(*waiting, return_exceptions=True)
        assert all(result is None or isinstance(result, BudgetExhaustedError) for result in results)
        return [result is None for result in results]

    @invariant()
    def the_database_has_what_the_model_has_and_no_limit_is_exceeded(self):
        for name, money in self.model.items():
            state = self.database.read_now(lambda connection, name=name: account_state(connection, name))
            assert (state.reserved_nano, state.spent_nano) == (money.reserved, money.spent)
            assert money.within

    def teardown(self):
        self.loop.run(self.database.aclose())
        self.loop.close()


def test_whatever_is_written_together_the_accounts_are_as_in_the_model(empty_database, tmp_path):
    Accounts.folder, Accounts.empty = tmp_path, empty_database
    run_state_machine_as_test(
        Accounts, settings=settings(max_examples=10, stateful_step_count=6, deadline=None)
    )
