"""What every page and table of runs, cases and tests reads; changes nothing."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection

from loom.access.models import Principal
from loom.calls.store import account_state
from loom.core.errors import NotFoundError, Problem, UsageError
from loom.core.ids import ExecutionId, RunId, parse, short
from loom.engine.store import load_job
from loom.evaluation.comparison import Comparison, Measure, RunScores, compare
from loom.evaluation.people_store import Baseline, baseline_of
from loom.evaluation.reading import changes, earlier_tests, runs
from loom.evaluation.reading.cases import CaseDetail, CasePage, CaseQuery, first_rows, read_case, read_cases
from loom.evaluation.reading.cases_store import Executions
from loom.evaluation.reading.changes import ChangedCase, ChangePage, ChangeQuery, Compared, Pair
from loom.evaluation.reading.configuration import configuration_of, differences
from loom.evaluation.reading.cursors import read_cursor, write_cursor
from loom.evaluation.reading.earlier_tests import TestPage, TestRecord
from loom.evaluation.reading.figures_store import scorer_sums
from loom.evaluation.reading.head import (
    Means,
    RunAbout,
    RunHead,
    histogram,
    scorer_figures,
    scorer_means,
    tag_rates,
)
from loom.evaluation.reading.held import Held
from loom.evaluation.reading.run_material import RunMaterial, material_of
from loom.evaluation.reading.run_rates import Summaries
from loom.evaluation.reading.runs import RunItem, RunPage, RunQuery
from loom.evaluation.reading.runs_store import job_heads
from loom.evaluation.reading.transcripts import Told, told
from loom.evaluation.report import Reports, RunReport
from loom.evaluation.routes import Routes
from loom.evaluation.store import RunRow
from loom.evaluation.suites.store import SuiteStore
from loom.storage.database import Database

__all__ = ["Reading"]

T = TypeVar("T")
_MOST_HELD = 200_000
"""Cases of runs that are held together."""


@dataclass(frozen=True, slots=True)
class _Figures:
    """A run added up."""

    material: RunMaterial
    report: RunReport
    means: Means


class Reading:
    """Reads what runs, cases and tests came to, a page at a time.

    What a run that has ended came to is held in memory, bounded; nothing that is computed is stored.
    """

    def __init__(
        self, database: Database, suites: SuiteStore, routes: Routes, reports: Reports
    ) -> None:
        self._database = database
        self._suites = suites
        self._routes = routes
        self._reports = reports
        self._summaries = Summaries(suites)
        self._held: Held[RunId, _Figures] = Held(_MOST_HELD)

    async def find(self, name: str, principal: Principal) -> RunRow:
        """The run that `name` means, as `Reports.find`.

        Raises:
            NotFoundError: when there is none.
            ConflictError: when it fits several.
        """
        del principal
        return await self._reports.find(name)

    async def runs(self, query: RunQuery, principal: Principal) -> RunPage:
        """A page of the list of evaluations and re-scorings.

        Raises:
            UsageError: for a sort or a cursor that cannot be understood.
        """
        del principal
        return await self._read(lambda connection: runs.read_runs(connection, self._summaries, query))

    async def last_runs(self, principal: Principal) -> dict[str, RunItem]:
        """Of every worker the evaluation that was completed last, by the worker's name."""
        del principal
        return await self._read(lambda connection: runs.read_last_runs(connection, self._summaries))

    async def trend(
        self, worker: str, suite: str, principal: Principal, most: int = 60
    ) -> tuple[RunItem, ...]:
        """The last completed evaluations of `worker` on `suite`, oldest first."""
        del principal
        return await self._read(
            lambda connection: runs.read_trend(connection, self._summaries, worker, suite, most)
        )

    async def head(self, run: RunRow, principal: Principal) -> RunHead:
        """What `run` came to.

        Raises:
            UsageError: when it is not a run over a suite.
        """
        del principal
        found = await self._figures(run)
        about, baseline = await self._read(lambda connection: _about(connection, found.material))
        return await asyncio.to_thread(_head, found, about, baseline)

    async def against_baseline(self, run: RunRow, principal: Principal) -> tuple[RunRow, Comparison] | None:
        """The baseline for `run` and how `run` does beside it; None without one, and for the baseline itself."""
        del principal
        suite = run.suite
        if suite is None:
            return None
        baseline = await self._read(lambda connection: baseline_of(connection, run.target, suite))
        if baseline is None or baseline.run == run.id:
            return None
        other = await self._reports.find(baseline.run.hex())
        before, after = await asyncio.gather(self._figures(other), self._figures(run))
        return other, await asyncio.to_thread(_comparison, before, after, Measure.PASS_RATE)

    async def cases(self, run: RunRow, query: CaseQuery, principal: Principal) -> CasePage:
        """A page of the executions of `run`.

        Raises:
            UsageError: for a filter, with the column of each term, a sort or a cursor that cannot be understood.
        """
        del principal
        return await self._of(run, lambda connection, material: read_cases(connection, material, query))

    async def case(self, run: RunRow, name: str, principal: Principal) -> CaseDetail:
        """One case of `run` with all its repetitions; `name` is its name, or its key in hexadecimal digits.

        Raises:
            NotFoundError: when there is no such case.
        """
        del principal
        return await self._of(run, lambda connection, material: read_case(connection, material, name))

    async def told(self, run: RunRow, execution: ExecutionId, principal: Principal) -> Told:
        """What was said in an execution of `run`; of a re-scoring, in the run whose outputs it scored.

        Raises:
            NotFoundError: when `run` has no such execution.
        """
        del principal
        detail, material = await self._of(
            run, lambda connection, material: (_execution(connection, material, execution), material)
        )
        source = await self._source(material, execution, detail.key, detail.repetition)
        payload = detail.case.input
        return await told(self._database, self._routes, material.evaluation, source, payload)
