"""Baselines: for each worker and suite the run that later ones are compared with. Compares nothing itself."""

from loom.access.models import Principal
from loom.core.clock import Clock
from loom.core.errors import Look, NotFoundError, Problem, UsageError
from loom.core.ids import short
from loom.engine.models import JobState
from loom.engine.store import load_job
from loom.evaluation.people_store import Baseline, baseline_of, baselines, every_baseline, set_baseline
from loom.evaluation.store import RunRow
from loom.storage.database import Database

__all__ = ["Baseline", "Baselines"]


class Baselines:
    """Sets, shows and clears baselines. What was one before is kept in the database."""

    def __init__(self, database: Database, clock: Clock, folder: str | None = None) -> None:
        """`folder` is the one worked in: what is set there holds there before all others."""
        self._folder = folder
        self._database = database
        self._clock = clock

    async def set(self, run: RunRow, note: str | None, principal: Principal) -> Baseline:
        """Make `run` the baseline of its worker on its suite, in place of any other.

        Raises:
            UsageError: when it is no run over a suite, or has not come to its end.
        """
        if run.suite is None:
            remedy = "choose a run of `loom eval`"
            raise UsageError(Problem("has no suite", field=short(run.id), remedy=remedy))
        if run.state != JobState.COMPLETED:
            remedy = f"finish it first: loom eval --resume {short(run.id)}"
            raise UsageError(Problem(f"is {run.state}: no baseline", field=short(run.id), remedy=remedy))
        job = await self._database.read(lambda connection: load_job(connection, run.job))
        now, folder = self._clock.now_us(), self._folder
        made = Baseline(run.target, run.suite, run.id, note, principal.name, now, folder)
        await self._database.writer.commit(
            set_baseline(job.project, made.worker, made.suite, made.run, note, principal.name, now, folder)
        )
        return made

    async def clear(self, worker: str, suite: str, principal: Principal) -> Baseline:
        """Take the baseline of `worker` on `suite` away, in this folder; what it was.

        Raises:
            NotFoundError: when there is none.
        """
        found = await self.get(worker, suite)
        now = self._clock.now_us()
        await self._database.writer.commit(
            set_baseline("default", worker, suite, None, None, principal.name, now, self._folder)
        )
        return found

    async def get(self, worker: str, suite: str) -> Baseline:
        """The baseline of `worker` on `suite`.

        Raises:
            NotFoundError: when there is none.
        """
        found = await self._database.read(
            lambda connection: baseline_of(connection, worker, suite, self._folder)
        )
        if found is None:
            raise NotFoundError(f"{worker} has no baseline on {suite}", Look("baselines"))
        return found

    async def all(self) -> list[Baseline]:
        """Those that hold here, by worker and suite."""
        return await self._database.read_kept(
            ("baselines", self._folder), lambda connection: baselines(connection, self._folder)
        )

    async def everywhere(self) -> list[Baseline]:
        """Those of all folders, by worker and suite."""
        return await self._database.read(every_baseline)
