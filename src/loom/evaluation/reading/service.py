"""What every page and table of runs, cases and tests reads; changes nothing."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from sqlalchemy import Connection

from loom.access.models import Principal
from loom.core.errors import InputError, Problem, UsageError
from loom.core.ids import ExecutionId, RunId, parse
from loom.evaluation.answers_store import answered_in
from loom.evaluation.comparing.comparison import Comparison, Measure
from loom.evaluation.comparing.leaderboard import Leaderboard, leaderboard
from loom.evaluation.models import Split
from loom.evaluation.people_store import Baseline, baseline_of
from loom.evaluation.reading import changes, earlier_tests, runs
from loom.evaluation.reading.cases import (
    CaseDetail,
    CasePage,
    CaseQuery,
    FailuresBeside,
    read_case,
    read_cases,
    read_execution,
    read_failures_beside,
)
from loom.evaluation.reading.cases_store import Executions
from loom.evaluation.reading.changes import ChangePage, ChangeQuery, Compared
from loom.evaluation.reading.earlier_tests import TestPage, TestRecord
from loom.evaluation.reading.head import RunAbout, RunHead
from loom.evaluation.reading.held import Held
from loom.evaluation.reading.run_figures import RunFigures, about_of, figures_of, head_of
from loom.evaluation.reading.run_material import RunMaterial, material_of
from loom.evaluation.reading.run_rates import Summaries
from loom.evaluation.reading.runs import RunItem, RunPage, RunQuery
from loom.evaluation.reading.transcripts import Told, told
from loom.evaluation.results.report import Reports
from loom.evaluation.scoring.routes import Routes
from loom.evaluation.sealed.cases import SealedCases
from loom.evaluation.sealed.looks_store import looks_at
from loom.evaluation.sealed.seals import Seals
from loom.evaluation.statistics.rates import Rate
from loom.evaluation.store import RunRow
from loom.evaluation.suites.store import SuiteStore
from loom.storage.database import Database
from loom.storage.kept import Kept

__all__ = ["Reading"]

T = TypeVar("T")
_MOST_HELD = 200_000
"""Cases and their means by scorer, over all runs that are held together."""

_MOST_COMPLETED = 5_000
_PAGES_KEPT, _SIZE_KEPT = 20, 50
"""Pages of cases hold inputs and outputs, which may be long."""

_Pair = tuple[RunId, RunId, Measure]


class Reading:
    """Reads what runs, cases and tests came to, a page at a time.

    What a run that has ended came to is held in memory, bounded; nothing that is computed is stored.
    """

    def __init__(
        self, database: Database, suites: SuiteStore, routes: Routes, reports: Reports, seals: Seals
    ) -> None:
        self._database = database
        self._suites = suites
        self._routes = routes
        self._reports = reports
        self._seals = seals
        self._summaries = Summaries(suites)
        self._completed: Held[int, RunRow] = Held(_MOST_COMPLETED)
        self._held: Held[RunId, RunFigures] = Held(_MOST_HELD)
        self._pages = Kept(database.backend.moment, _PAGES_KEPT)
        self._pairs: Held[_Pair, tuple[RunFigures, RunFigures, Compared]] = Held(_MOST_HELD)

    async def find(self, name: str, principal: Principal) -> RunRow:
        """The run that `name` means, as `Reports.find`.

        Raises:
            NotFoundError: when there is none.
            ConflictError: when it fits several.
        """
        del principal
        return await self._reports.find(name)

    async def sealed(self, run: RunRow, principal: Principal) -> SealedCases:
        """The sealed cases of the suite of `run`.

        Raises:
            UsageError: when it is not a run over a suite.
        """
        del principal
        material = await self._read(lambda connection: material_of(connection, run, self._suites))
        return material.sealed_cases

    async def runs(self, query: RunQuery, principal: Principal) -> RunPage:
        """A page of the list of evaluations and re-scorings.

        Raises:
            UsageError: for a sort or a cursor that cannot be understood.
        """
        del principal
        return await self._database.read_kept(
            ("runs", query), lambda connection: runs.read_runs(connection, self._summaries, query)
        )

    async def last_runs(self, principal: Principal) -> Mapping[str, RunItem]:
        """Of every worker, by its name, the evaluation that was completed last: over a whole suite, if there is one."""
        del principal
        return await self._database.read_kept(
            "last runs",
            lambda connection: runs.read_last_runs(connection, self._summaries, self._completed),
        )

    async def some(self, names: Collection[RunId], principal: Principal) -> dict[RunId, RunItem]:
        """The runs of these ids, as far as they are there."""
        del principal
        return await self._read(lambda connection: runs.read_some(connection, self._summaries, names))

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
        head = head_of(found, await self._baseline(run))
        if found.report.sealed_looks is None:
            return head
        sealed = found.material.sealed_cases  # others look at them after the run has ended
        looks = await self._database.read_kept(
            ("looks", sealed.suite, sealed.hash), lambda connection: looks_at(connection, sealed)
        )
        return replace(head, report=replace(found.report, sealed_looks=looks))

    async def pass_rate(self, run: RunRow, principal: Principal) -> Rate:
        """How many of the cases of `run` passed; of all that `head` says, the part that its list of cases needs.

        Raises:
            UsageError: when it is not a run over a suite.
        """
        del principal
        return (await self._figures(run)).report.pass_rate

    async def against_baseline(self, run: RunRow, principal: Principal) -> tuple[RunRow, Comparison] | None:
        """The baseline for `run` and how `run` does beside it.

        None without one, for the baseline itself, and where they share no case.

        Raises:
            UsageError: when they cannot be compared.
        """
        del principal
        found = await self._beside_baseline(run)
        return None if found is None else (found[0], found[1].comparison)

    async def changed(self, run: RunRow, principal: Principal) -> frozenset[bytes] | None:
        """The keys of the cases of `run` that came out otherwise than in its baseline; None where there is none."""
        del principal
        try:
            found = await self._beside_baseline(run)
        except UsageError:  # of other cases
            return None
        return None if found is None else found[1].changed

    async def cases(self, run: RunRow, query: CaseQuery, principal: Principal) -> CasePage:
        """A page of the executions of `run`.

        Raises:
            UsageError: for a filter, with the column of each term, a sort or a cursor that cannot be understood.
            SealedError: when they are sealed, and closed to `principal`.
        """
        only = (await self.changed(run, principal) or frozenset()) if query.changed else None

        key, held = (run, query, only), self._held_of(run)
        if held is not None and not held.material.sealed and (known := self._pages.known(key)):
            return known.value

        def read(connection: Connection, material: RunMaterial) -> CasePage:
            if material.sealed:
                self._seals.check(connection, material.sealed_cases, principal)
            if query.size > _SIZE_KEPT:
                return read_cases(connection, material, query, only)
            return self._pages.of(connection, key, lambda: read_cases(connection, material, query, only))

        return await self._of(run, read)

    async def case(self, run: RunRow, name: str, principal: Principal) -> CaseDetail:
        """One case of `run` with all its repetitions; `name` is its name, or its key in hexadecimal digits.

        Raises:
            NotFoundError: when there is no such case.
            SealedError: when it is sealed, and closed to `principal`.
        """

        def read(connection: Connection, material: RunMaterial) -> CaseDetail:
            found = read_case(connection, material, name)
            if found.case.split is Split.SEALED:
                self._seals.check(connection, material.sealed_cases, principal)
            return found

        return await self._of(run, read)

    async def failures_beside(self, run: RunRow, key: bytes, principal: Principal) -> FailuresBeside:
        """Where the failures before and after the case `key` of `run` are."""
        del principal
        totals = (await self._figures(run)).report.cases
        return await self._of(
            run, lambda connection, material: read_failures_beside(connection, material, totals, key)
        )

    async def told(self, run: RunRow, execution: ExecutionId, principal: Principal) -> Told:
        """What was said in an execution of `run`; of a re-scoring, in the run whose worker gave the outputs.

        Raises:
            NotFoundError: when `run` has no such execution.
            SealedError: when its case is sealed, and closed to `principal`.
        """
        material = await self._read(lambda connection: material_of(connection, run, self._suites))
        row = await self._read(lambda connection: read_execution(connection, material, execution))
        if row.result.case.split is Split.SEALED:
            await self._seals.require(material.sealed_cases, principal)
        answered = await self._read(lambda connection: answered_in(connection, run.id))
        name = execution
        if answered != run.id:
            asked = replace(material, run=replace(run, id=answered))
            name = await self._read(
                lambda connection: Executions(connection, asked).alike(row.result.key, row.result.repetition)
            )
        return await told(self._database, self._routes, material.evaluation, name, row.result.case.input)

    async def compare(
        self, a: RunRow, b: RunRow, principal: Principal, measure: Measure = Measure.PASS_RATE
    ) -> Compared:
        """`b` beside `a`: the verdict, by each measure, what flipped, and what is configured otherwise.

        Raises:
            UsageError: when they cannot be compared.
        """
        del principal
        return await self._compared(a, b, measure)

    async def leaderboard(
        self, runs: Sequence[RunRow], principal: Principal, measure: Measure = Measure.PASS_RATE
    ) -> Leaderboard:
        """`runs`, best first, over the cases they share.

        Raises:
            UsageError: when they cannot be compared.
        """
        del principal
        scores = [(await self._figures(run)).scores for run in runs]
        return await asyncio.to_thread(leaderboard, scores, measure)

    async def changes(self, a: RunRow, b: RunRow, query: ChangeQuery, principal: Principal) -> ChangePage:
        """A page of the cases that are in both runs, with the first output of each.

        Raises:
            UsageError: for a cursor that cannot be understood.
            SealedError: when they are sealed, and closed to `principal`.
        """
        before, after = await asyncio.gather(self._figures(a), self._figures(b))
        for side in (before.material, after.material):
            if side.sealed:
                await self._seals.require(side.sealed_cases, principal)
        key = (a, b, query)
        if known := self._pages.known(key):
            return known.value

        def read(connection: Connection) -> ChangePage:
            if query.size > _SIZE_KEPT:
                return changes.read_changes(connection, before, after, query)
            return self._pages.of(
                connection, key, lambda: changes.read_changes(connection, before, after, query)
            )

        return await self._read(read)

    async def tests(
        self, worker: str | None, principal: Principal, cursor: str | None = None, size: int = 20
    ) -> TestPage:
        """The newest tests, of `worker` or of all.

        Raises:
            UsageError: for a cursor that cannot be understood.
        """
        del principal
        return await self._database.read_kept(
            ("tests", worker, cursor, size),
            lambda connection: earlier_tests.read_tests(connection, worker, cursor, size),
        )

    async def test(self, name: str, principal: Principal) -> TestRecord:
        """The test whose id, or whose job's id, is `name` or ends with it.

        Raises:
            UsageError: when `name` is no id.
            NotFoundError: when there is none.
            ConflictError: when it fits several.
        """
        del principal
        tail = _digits(name)
        stored, item, spec = await self._read(lambda connection: earlier_tests.find_test(connection, tail))
        said = None
        if stored.execution is not None:
            said = await told(self._database, self._routes, spec, stored.execution, spec.payload)
        return await asyncio.to_thread(earlier_tests.record_of, stored, item, spec, said)

    async def _figures(self, run: RunRow) -> RunFigures:
        held = self._held_of(run)
        if held is not None:
            return held

        report = await self._reports.report(run, by_scorer=True)
        about, material = await self._read(lambda connection: _made(connection, run, self._suites))
        found = await asyncio.to_thread(figures_of, material, report, about)
        if material.settled:
            self._held.put(run.id, found, found.size)
        return found

    def _held_of(self, run: RunRow) -> RunFigures | None:
        """What is held of `run` as it is now: one that was stopped may go on."""
        held = self._held.get(run.id)
        return held if held is not None and held.material.run == run else None

    async def _baseline(self, run: RunRow) -> Baseline | None:
        worker, suite = run.target, run.suite
        if suite is None:
            return None
        folder = self._reports.folder
        return await self._database.read_kept(
            ("baseline", worker, suite, folder),
            lambda connection: baseline_of(connection, worker, suite, folder),
        )

    async def _beside_baseline(self, run: RunRow) -> tuple[RunRow, Compared] | None:
        baseline = await self._baseline(run)
        if baseline is None or baseline.run == run.id:
            return None
        other = await self._reports.find(baseline.run.hex())
        found = await self._compared(other, run, Measure.PASS_RATE)
        return (other, found) if found.comparison.shared else None

    async def _compared(self, a: RunRow, b: RunRow, measure: Measure) -> Compared:
        sides = await asyncio.gather(self._figures(a), self._figures(b))
        known = self._pairs.get((a.id, b.id, measure))
        if known is not None and known[0] is sides[0] and known[1] is sides[1]:
            return known[2]
        found = await asyncio.to_thread(changes.compared, *sides, measure)
        self._pairs.put((a.id, b.id, measure), (*sides, found), sum(one.size for one in sides))
        return found

    async def _of(self, run: RunRow, read: Callable[[Connection, RunMaterial], T]) -> T:
        held = self._held_of(run)
        if held is not None:
            return await self._read(lambda connection: read(connection, held.material))
        return await self._read(
            lambda connection: read(connection, material_of(connection, run, self._suites))
        )

    async def _read(self, query: Callable[[Connection], T]) -> T:
        return await self._database.read(query)


def _made(connection: Connection, run: RunRow, suites: SuiteStore) -> tuple[RunAbout, RunMaterial]:
    material = material_of(connection, run, suites)
    return about_of(connection, material), material


def _digits(name: str) -> bytes:
    try:
        return parse(name) if len(name) > 32 else bytes.fromhex(name)
    except (ValueError, InputError):
        remedy = "give the digits that the list of tests shows"
        raise UsageError(Problem("is no test", "test", value=name, remedy=remedy)) from None
