"""A store with large runs in it, written through the stores' own statements, without a model."""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from loom.access.models import LOCAL
from loom.calls.models import Purpose
from loom.calls.store import AttemptState, open_attempt, served_call, settle_attempt
from loom.core.clock import SystemClock
from loom.core.ids import AccountId, RunId, new_id, text
from loom.core.jsonvalue import Json, canonical
from loom.core.worker_config import WorkerConfig
from loom.engine.jobs import JobPlan, open_job
from loom.engine.models import ExecutionState, JobKind, JobState, NewRun
from loom.engine.store import ROOT, claim_job, done_execution, end_job, load_job
from loom.evaluation.models import Case, Suite
from loom.evaluation.running.specification import Evaluation, Selection
from loom.evaluation.scorers import make_scorer
from loom.evaluation.store import add_score
from loom.evaluation.suites.store import SuiteStore
from loom.storage.blobs import pack
from loom.storage.database import Database, open_database
from loom.storage.statements import Write
from loom.worker.task import WorkerTask

__all__ = ["LargeRuns", "definition", "write_large_runs"]

_BATCH = 1000
_TEXT = {"type": "string"}


@dataclass(frozen=True, slots=True)
class LargeRuns:
    """What to write."""

    cases: int
    repetitions: int = 1
    seed: int = 0
    pass_rate: float = 0.8
    """How often an output is right; each case has a chance of its own around it."""

    worker: str = "labeller"
    name: str = "large"
    """Of the suite."""

    def suite(self) -> Suite:
        """Its suite; the same for any seed."""
        cases = (
            Case(f"case-{number}", {"text": f"Where is parcel {number}?"}, {"label": "parcel"})
            for number in range(self.cases)
        )
        return Suite(self.name, tuple(cases), scorers=("field_match",))


def definition(worker: str) -> Json:
    """The worker of that name, as its file spells it."""
    return {
        "name": worker,
        "system_prompt": "Label the text.",
        "input_schema": {"type": "object", "required": ["text"], "properties": {"text": _TEXT}},
        "output_schema": {"type": "object", "required": ["label"], "properties": {"label": _TEXT}},
    }


def write_large_runs(url: str, *wanted: LargeRuns) -> list[str]:
    """Write a completed run for each of `wanted` into the database at `url`; their ids."""

    async def main() -> list[str]:
        database = open_database(url)
        try:
            return [await _write(database, each) for each in wanted]
        finally:
            await database.aclose()

    return asyncio.run(main())


async def _write(database: Database, wanted: LargeRuns) -> str:
    suites, suite, clock = SuiteStore(), wanted.suite(), SystemClock()
    kept, keep_suite = await suites.keep(database, suite)
    evaluation = Evaluation(
        RunId(new_id()),
        wanted.worker,
        WorkerTask(WorkerConfig.from_mapping(definition(wanted.worker)), {}).snapshot(),
        "simulated",
        "sim-small",
        kept.hash,
        Selection(),
        suite.scorers,
        wanted.repetitions,
        8,
        use_cache=True,
    )
    planned = wanted.cases * wanted.repetitions
    run = NewRun(
        evaluation.run,
        {"seed": wanted.seed},
        wanted.worker,
        suite.name,
        kept.hash,
        "m",
        "e",
        simulated=True,
        planned=planned,
    )
    job = await open_job(
        database, clock, JobPlan(JobKind.EVALUATION, evaluation.to_json(), (run,), None, (keep_suite,)), LOCAL
    )
    stored = await database.read(lambda connection: load_job(connection, job))
    await database.writer.commit(claim_job(job, 0, "bench", 0))
    rows = _executions(wanted, evaluation.run, list(kept.cases), stored.account)
    while batch := [write for writes in islice(rows, _BATCH) for write in writes]:
        await database.writer.commit(*(write for write in batch if write[0] is not settle_attempt))
        await database.writer.commit(*(write for write in batch if write[0] is settle_attempt))
    await database.writer.commit(end_job(job, 1, JobState.COMPLETED, None, clock.now_us()))
    return text(evaluation.run)


def _executions(
    wanted: LargeRuns, run: RunId, keys: list[bytes], account: AccountId
) -> Iterator[list[Write]]:
    chance = random.Random(wanted.seed)
    own = random.Random(0)
    rates = [own.betavariate(8 * wanted.pass_rate, 8 * (1 - wanted.pass_rate)) for _ in keys]
    scorer = make_scorer("field_match").scorer_hash
    answers = {
        right: (pack(canonical({"label": label})), pack(b'{"choices":[{"message":{"content":"..."}}]}' * 8))
        for right, label in ((True, "parcel"), (False, "other"))
    }
    for repetition in range(wanted.repetitions):
        for number, key in enumerate(keys):
            execution, call, attempt = new_id(), new_id(), new_id()
            right = chance.random() < rates[number]
            output, answer = answers[right]
            fate = (
                ExecutionState.COMPLETED,
                "answered",
                output,
                None,
                None,
                False,
                chance.randrange(900_000),
                1,
            )
            settled = (AttemptState.ANSWERED, None, None, 300, 240, 12, "m", answer, 0, 2)
            yield [
                open_attempt(attempt, call, account, 1, 1, AttemptState.OPEN, 500, 1),
                settle_attempt(attempt, AttemptState.OPEN, *settled),
                served_call(call, execution, Purpose.GENERATE, key, "m", attempt),
                done_execution(execution, run, ROOT, key, number, repetition, *fate),
                add_score(execution, scorer, float(right), None if right else "differs in label", None),
            ]
