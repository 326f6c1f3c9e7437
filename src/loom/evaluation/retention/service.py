"""Deletes tests and runs that are older than they are kept. What is a baseline, or rated by people, is never old."""

from dataclasses import dataclass

from loom.access.audit import noted
from loom.access.models import Principal, Role
from loom.access.rights import require
from loom.core.clock import Clock
from loom.core.errors import Problem, UsageError
from loom.core.system_settings import MOST_DAYS
from loom.evaluation.retention import store
from loom.evaluation.retention.store import OldJob
from loom.storage.database import Database

__all__ = ["Ages", "Pruned", "Retention"]

_DAY_US = 24 * 3600 * 1_000_000
_BATCH = 50
"""Jobs in one commit, during which nobody else writes."""


@dataclass(frozen=True, slots=True)
class Ages:
    """How many days are kept; None keeps for ever."""

    test_days: int | None = None
    run_days: int | None = None


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many jobs go, or went."""

    tests: int = 0
    runs: int = 0

    def __add__(self, other: "Pruned") -> "Pruned":
        return Pruned(self.tests + other.tests, self.runs + other.runs)


class Retention:
    """Says what is old, and deletes it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def due(self, ages: Ages) -> Pruned:
        """What `prune` would delete now."""
        return _counted(await self._old(ages, None))

    async def prune(self, ages: Ages, principal: Principal) -> Pruned:
        """Delete what is older than `ages`, in commits that others can write between.

        Raises:
            ForbiddenError: for anybody but an administrator.
            UsageError: for an age below one day, or above a century.
        """
        require(principal, Role.ADMIN)
        pruned = Pruned()
        while jobs := await self._old(ages, _BATCH):
            writer = self._database.writer
            await writer.commit(*store.delete_jobs(jobs))
            await writer.commit(*store.collect(jobs, self._database.backend.dialect))
            pruned += _counted(jobs)
        if pruned != Pruned():
            said = f"{pruned.tests} tests, {pruned.runs} runs"
            await self._database.writer.commit(
                noted(principal, "retention.prune", said, self._clock.now_us())
            )
        return pruned

    async def _old(self, ages: Ages, limit: int | None) -> list[OldJob]:
        tests, runs = self._before("test_days", ages.test_days), self._before("run_days", ages.run_days)
        return await self._database.read(lambda connection: store.old_jobs(connection, tests, runs, limit))

    def _before(self, name: str, days: int | None) -> int | None:
        if days is None:
            return None
        if not 1 <= days <= MOST_DAYS:
            raise UsageError(Problem(f"must be from 1 to {MOST_DAYS} days", name, value=days))
        return self._clock.now_us() - days * _DAY_US


def _counted(jobs: list[OldJob]) -> Pruned:
    tests = sum(one.is_test for one in jobs)
    return Pruned(tests, len(jobs) - tests)
