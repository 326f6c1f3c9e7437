"""Deletes tests, runs and audit entries that are older than they are kept. Baselines and rated runs never are."""

from dataclasses import dataclass

from loom.access.audit import TRIMMED_AT_ONCE, entries_before, noted, trimmed
from loom.access.models import Principal, Role
from loom.access.rights import require
from loom.core.bounds import DAYS
from loom.core.clock import Clock
from loom.core.errors import Problem, UsageError
from loom.core.system_settings import SystemSettings
from loom.delivery.store import is_trimmed, trim
from loom.engine.queue_store import forget_asked
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
    audit_days: int | None = None

    @classmethod
    def of(cls, kept: SystemSettings) -> "Ages":
        """As the settings say."""
        return cls(kept.retention_test_days, kept.retention_run_days, kept.retention_audit_days)


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many jobs, and entries of the audit log, go, or went."""

    tests: int = 0
    runs: int = 0
    entries: int = 0

    def __add__(self, other: "Pruned") -> "Pruned":
        return Pruned(self.tests + other.tests, self.runs + other.runs, self.entries + other.entries)

    def __str__(self) -> str:
        tests = f"{self.tests:,} test{'s' * (self.tests != 1)}"
        runs = f"{self.runs:,} run{'s' * (self.runs != 1)}"
        entries = f"{self.entries:,} audit entr{'y' if self.entries == 1 else 'ies'}"
        return f"{tests}, {runs} and {entries}" if self.entries else f"{tests} and {runs}"


class Retention:
    """Says what is old, and deletes it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def due(self, ages: Ages) -> Pruned:
        """What `prune` would delete now."""
        entries = Pruned(entries=await self._entries(self._before("audit_days", ages.audit_days)))
        return _counted(await self._old(ages, None)) + entries

    async def prune(self, ages: Ages, principal: Principal) -> Pruned:
        """Delete what is older than `ages`, in commits that others can write between.

        Besides, what nobody can ask for any more: events of jobs that were over a day ago, and old idempotency keys.

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
        pruned += Pruned(entries=await self._trim_audit(self._before("audit_days", ages.audit_days)))
        await self._tidy()
        if pruned != Pruned():
            note = noted(principal, "retention.prune", str(pruned), self._clock.now_us())
            await self._database.writer.commit(note)
        return pruned

    async def _trim_audit(self, before_us: int | None) -> int:
        due = await self._entries(before_us)
        for _ in range(0, due, TRIMMED_AT_ONCE):
            await self._database.writer.commit(trimmed(before_us or 0))
        return due

    async def _entries(self, before_us: int | None) -> int:
        if before_us is None:
            return 0
        return await self._database.read(lambda connection: entries_before(connection, before_us))

    async def _tidy(self) -> None:
        now_us = self._clock.now_us()
        await self._database.writer.commit(forget_asked(now_us))
        while not await self._database.read(lambda connection: is_trimmed(connection, now_us)):
            await self._database.writer.commit(*trim(now_us))

    async def _old(self, ages: Ages, limit: int | None) -> list[OldJob]:
        tests, runs = self._before("test_days", ages.test_days), self._before("run_days", ages.run_days)
        return await self._database.read(lambda connection: store.old_jobs(connection, tests, runs, limit))

    def _before(self, name: str, days: int | None) -> int | None:
        if days is None:
            return None
        if not DAYS.holds(days):
            raise UsageError(Problem(f"must be from {DAYS.least} to {DAYS.most} days", name, value=days))
        return self._clock.now_us() - days * _DAY_US


def _counted(jobs: list[OldJob]) -> Pruned:
    tests = sum(one.is_test for one in jobs)
    return Pruned(tests, len(jobs) - tests)
