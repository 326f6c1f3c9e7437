"""Runs that were measured elsewhere: opened, filled result by result, closed. Then they are runs like any other."""

import json
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from loom.access.models import Principal
from loom.calls.store import keep_account
from loom.core.clock import Clock
from loom.core.errors import NotFoundError
from loom.core.ids import AccountId, ExecutionId, JobId, RunId, new_id, text
from loom.core.jsonvalue import Json, canonical
from loom.delivery.models import job_stream
from loom.delivery.store import open_stream
from loom.engine.assignment import NO_ENDPOINT
from loom.engine.models import ExecutionState, Job, JobKind, JobState, NewJob, NewRun
from loom.engine.queue_store import end_idle
from loom.engine.recording_store import (
    Recorded,
    add_recorded,
    close_run,
    finish_recorded,
    job_of,
    recorded,
    respecify,
)
from loom.engine.store import load_job, new_job, new_run
from loom.engine.telling import Telling
from loom.evaluation.models import Suite
from loom.evaluation.records.models import RecordedResult, RecordedRun
from loom.evaluation.records.placing import Place, placed
from loom.evaluation.running.specification import Evaluation, Selection
from loom.evaluation.scorers import ConfiguredScorer
from loom.evaluation.scorers.reported import Reported
from loom.evaluation.store import add_score
from loom.evaluation.suites.store import SuiteStore
from loom.storage.blobs import keep_blob, pack
from loom.storage.database import Database
from loom.storage.statements import Write

__all__ = ["Records"]

_ABOUT = "record"

Results = Sequence[tuple[ExecutionId, RecordedResult]]


class Records:
    """Writes down what was measured elsewhere."""

    def __init__(self, database: Database, clock: Clock, suites: SuiteStore) -> None:
        self._database = database
        self._clock = clock
        self._suites = suites

    async def open(self, new: RecordedRun, principal: Principal) -> RunId:
        """Begin a run; its results are added, and count once it is closed.

        Raises:
            StorageError: when there is a run of that id.
        """
        name, job, account = new.id or RunId(new_id()), JobId(new_id()), AccountId(new_id())
        at_us = self._clock.now_us() if new.started_us is None else new.started_us
        kept, keep = await self._suites.keep(self._database, Suite(new.suite, ()))
        spec = _evaluation(name, new, kept.hash).to_json() | {_ABOUT: _about(new)}
        config: Json = {"recorded": name.hex()}
        names = (new.worker, new.suite, kept.hash, new.model, NO_ENDPOINT)
        run = NewRun(name, config, *names, simulated=False, planned=new.planned)
        await self._database.writer.commit(
            keep,
            keep_account(account, f"job:{text(job)}", None, None, 0, 0),
            *new_job(NewJob(job, JobKind.RECORD, spec, account, principal=principal.name), at_us),
            *new_run(run, job, at_us),
            open_stream(job_stream(job), 0),
        )
        return name

    async def add(self, run: RunId, *results: RecordedResult) -> list[ExecutionId]:
        """Add results to an open run; their ids.

        Raises:
            NotFoundError: when there is no such run, or Loom measured it.
            ConflictError: when it is closed.
        """
        await self._job(run)
        kept = [Recorded(ExecutionId(new_id()), canonical(result.to_json())) for result in results]
        await self._database.writer.commit(*add_recorded(run, kept, self._clock.now_us()))
        return [one.execution for one in kept]

    async def results(self, run: RunId) -> Results:
        """The results of a run, in the order in which they came; none for a run that Loom measured."""
        rows = await self._database.read(lambda connection: recorded(connection, run))
        return [(row.execution, RecordedResult.from_json(json.loads(row.content))) for row in rows]

    async def about(self, run: RunId) -> Json:
        """What was said of a run: `tier`, `metadata`, and what else was told.

        Raises:
            NotFoundError: when there is no such run, or Loom measured it.
        """
        return (await self._job(run)).spec[_ABOUT]

    async def tell(self, run: RunId, more: Json) -> None:
        """Add `more` to what is said of a run; its figures stay what its results add up to.

        Raises:
            NotFoundError: when there is no such run, or Loom measured it.
        """
        job = await self._job(run)
        spec, keep = keep_blob(canonical({**job.spec, _ABOUT: {**job.spec[_ABOUT], **more}}))
        await self._database.writer.commit(keep, respecify(job.id, spec))

    async def close(self, run: RunId, state: JobState, *, at_us: int | None = None) -> None:
        """End a run, `state` says how; from now on it counts, and takes no more results.

        Raises:
            NotFoundError: when there is no such run, or Loom measured it.
            ConflictError: when it is closed already, or got another result at the same moment.
        """
        job, results = await self._job(run), await self.results(run)
        places = placed(result for _, result in results)
        cases = {place.number: place.case for place in places}
        kept, keep = await self._suites.keep(
            self._database, Suite(job.spec[_ABOUT]["suite"], tuple(cases.values()))
        )
        keys = list(kept.cases)
        made = _measured(Evaluation.from_json(job.spec), kept.hash, results, places)
        spec, keep_spec = keep_blob(canonical(job.spec | made.to_json()))
        scorer = _scorer(job.spec[_ABOUT]["method"])
        ended = self._clock.now_us() if at_us is None else at_us
        await self._database.writer.commit(
            keep,
            keep_spec,
            respecify(job.id, spec),
            close_run(run, kept.hash, len(results), made.model),
            *(
                write
                for (name, result), place in zip(results, places, strict=True)
                for write in _finished(name, result, place, keys[place.number], scorer)
            ),
            end_idle(job.id, job.epoch, state, None, ended),
            *Telling(job, self._clock).ended(state, None),
        )

    async def _job(self, run: RunId) -> Job:
        def load(connection: Connection) -> Job | None:
            name = job_of(connection, run)
            return load_job(connection, name) if name else None

        job = await self._database.read(load)
        if job is None or job.kind is not JobKind.RECORD:
            why = "Loom measured it itself" if job else "there is no such run"
            raise NotFoundError(f"{text(run)} is no recorded run: {why}")
        return job


def _evaluation(run: RunId, new: RecordedRun, suite: bytes) -> Evaluation:
    return Evaluation(
        run,
        new.worker,
        {},
        NO_ENDPOINT,
        new.model,
        suite,
        Selection(),
        ({"scorer": Reported.name} | ({"method": new.method} if new.method else {}),),
        repetitions=1,
        concurrency=1,
        use_cache=False,
        version=new.version,
    )


def _measured(opened: Evaluation, suite: bytes, results: Results, places: Sequence[Place]) -> Evaluation:
    """What was opened, as its results say that it was."""
    models = dict.fromkeys(result.model for _, result in results if result.model)
    repetitions = 1 + max((place.repetition for place in places), default=0)
    return replace(opened, suite=suite, model=", ".join(models) or opened.model, repetitions=repetitions)


def _about(new: RecordedRun) -> Json:
    """What is known of a run besides, and needed to close it."""
    return {
        "suite": new.suite,
        "method": new.method,
        "planned": new.planned,
        "tier": new.tier,
        "metadata": new.metadata,
    }


def _scorer(method: str) -> bytes:
    return ConfiguredScorer(Reported(method)).scorer_hash


def _finished(
    name: ExecutionId, result: RecordedResult, place: Place, key: bytes, scorer: bytes
) -> list[Write]:
    state = ExecutionState.ERRORED if result.error else ExecutionState.COMPLETED
    output = None if result.output is None else pack(canonical(result.output))
    problems = "\n".join(result.problems) or None
    took_us = (result.latency_ms or 0) * 1000
    ended = finish_recorded(
        name, key, place.number, place.repetition, state, output, problems, result.error, took_us
    )
    if state is ExecutionState.ERRORED:
        return [ended]
    details = pack(canonical(result.details)) if result.details else None
    return [ended, add_score(name, scorer, result.value, None, details)]
