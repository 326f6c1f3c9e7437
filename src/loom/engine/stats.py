"""What this Loom has done so far, counted for those who operate it. Reads jobs and calls; keeps nothing."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Table, func, select
from sqlalchemy import text as sql

from loom.calls.tables import account, attempt, cache, call
from loom.engine.models import JobKind, JobState
from loom.engine.tables import execution, job, run
from loom.storage.database import Database

__all__ = ["Stats", "StatsService"]


@dataclass(frozen=True, slots=True)
class Stats:
    """Counts of all that is kept."""

    jobs: Mapping[JobState, int]
    tests: int
    """Jobs that tested a worker on one input."""

    runs: int
    executions: int
    calls: int
    calls_from_cache: int
    """Of the calls, those that no attempt was made for."""

    attempts: int
    spent_nano: int
    """What all jobs cost, deleted ones too, in 1e-9 USD; calls of unknown price are not in it."""

    cached_answers: int
    database_bytes: int
    database_version: str

    @property
    def cache_hit_rate(self) -> float | None:
        """The share of calls that were answered from the cache; None without a call."""
        return self.calls_from_cache / self.calls if self.calls else None

    @property
    def queue(self) -> int:
        """How many jobs wait to be worked on."""
        return self.jobs.get(JobState.PENDING, 0)


class StatsService:
    """Counts when asked."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self) -> Stats:
        """What is there now."""
        return await self._database.read_kept("stats", _stats)


def _stats(connection: Connection) -> Stats:
    by_state = connection.execute(select(job.c.state, func.count()).group_by(job.c.state))
    jobs = select(func.count()).select_from(job)
    runs = select(func.count()).select_from(run).join(job, job.c.id == run.c.job)
    calls = _count(connection, call)
    attempts, answered = connection.execute(
        select(func.count(), func.count(attempt.c.call.distinct())).select_from(attempt)
    ).one()
    spent = connection.execute(select(func.sum(account.c.spent_nano))).scalar()
    size, version = _engine(connection)
    return Stats(
        jobs={JobState(state): count for state, count in by_state},
        tests=connection.execute(jobs.where(job.c.kind == JobKind.TEST)).scalar_one(),
        runs=connection.execute(runs.where(job.c.kind != JobKind.TEST)).scalar_one(),
        executions=_count(connection, execution),
        calls=calls,
        calls_from_cache=max(0, calls - answered),
        attempts=attempts,
        spent_nano=int(spent or 0),
        cached_answers=_count(connection, cache),
        database_bytes=size,
        database_version=version,
    )


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _engine(connection: Connection) -> tuple[int, str]:
    """How large the database is, and what keeps it."""
    if connection.dialect.name == "postgresql":
        size = "SELECT pg_database_size(current_database())"
        version = "SELECT 'PostgreSQL ' || current_setting('server_version')"
    else:
        size = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
        version = "SELECT 'SQLite ' || sqlite_version()"
    return connection.execute(sql(size)).scalar_one(), connection.execute(sql(version)).scalar_one()
