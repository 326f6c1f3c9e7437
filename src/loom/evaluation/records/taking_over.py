"""Takes over what Loom 0.9 had stored: texts of workers, runs with their results, baselines. Changes nothing there."""

from dataclasses import dataclass, replace
from pathlib import Path

from loom.access.models import Principal
from loom.catalog.texts import Texts
from loom.core.clock import Clock
from loom.core.ids import RunId
from loom.engine.models import JobState
from loom.evaluation.comparing.baselines import Baselines
from loom.evaluation.reading.runs_store import runs_named
from loom.evaluation.records.old_store import OldBaseline, OldRun, OldStore, open_old_store
from loom.evaluation.records.service import Records
from loom.evaluation.store import RunRow
from loom.evaluation.suites.store import SuiteStore
from loom.storage.database import Database

__all__ = ["TakenOver", "TakingOver"]


@dataclass(slots=True)
class TakenOver:
    """What was taken over, counted."""

    texts: int = 0
    runs: int = 0
    results: int = 0
    baselines: int = 0
    known: int = 0
    """Runs that were here already."""


class TakingOver:
    """Reads old stores into this one. What was taken over before is left as it is."""

    def __init__(self, database: Database, clock: Clock, suites: SuiteStore) -> None:
        self._database = database
        self._texts = Texts(database, clock)
        self._records = Records(database, clock, suites)
        self._baselines = Baselines(database, clock)

    async def take(self, path: Path, principal: Principal) -> TakenOver:
        """Take over the store in the file at `path`.

        A run that was never finished there is a failed one here. A worker that has a baseline on its suite keeps it.

        Raises:
            UsageError: when it is no store of Loom 0.9, or cannot be read here.
            StorageError: when another process has it open.
        """
        done = TakenOver()
        with open_old_store(path) as old:
            versions: dict[str, bytes] = {}
            for one in old.texts():
                kept = await self._texts.keep(one.worker, one.text, one.note, principal, at_us=one.at_us)
                versions[one.id] = kept
                done.texts += 1
            for run in old.runs():
                results = await self._run(run, old, versions.get(run.version or ""), principal)
                done.known += results is None
                done.runs += results is not None
                done.results += results or 0
            for baseline in old.baselines():
                done.baselines += await self._baseline(baseline, principal)
        return done

    async def _run(
        self, old: OldRun, store: OldStore, version: bytes | None, principal: Principal
    ) -> int | None:
        """Take a run over, or go on where that was cut off; how many results it has, None when it was here already."""
        run, before = old.run, await self._known(old.run.id)
        if before is not None and JobState(before.state).final:
            return None
        name = before.id if before else await self._records.open(replace(run, version=version), principal)
        results = store.results(old)
        if results and not await self._records.results(name):
            await self._records.add(name, *results)
        state = JobState.COMPLETED if old.completed else JobState.FAILED
        await self._records.close(name, state, at_us=old.ended_us)
        return len(results)

    async def _baseline(self, old: OldBaseline, principal: Principal) -> bool:
        """Set a baseline; False where there is one already, or its run cannot be one."""
        run = await self._known(old.run)
        if run is None or run.suite is None or run.state != JobState.COMPLETED:
            return False
        set_before = await self._baselines.all()
        if any((one.worker, one.suite) == (run.target, run.suite) for one in set_before):
            return False
        await self._baselines.set(run, old.note, principal)
        return True

    async def _known(self, name: RunId | None) -> RunRow | None:
        names = (name,) if name else ()
        found = await self._database.read(lambda connection: runs_named(connection, names))
        return found[0] if found else None
