"""What a run came to: honest rates, money and time; and two runs side by side."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil

from sqlalchemy import Connection

from loom.core.errors import ConflictError, InputError, NotFoundError, Problem, UsageError
from loom.core.ids import parse, short
from loom.engine.models import ExecutionState, JobKind
from loom.evaluation import store
from loom.evaluation.comparison import Comparison, RunScores, compare
from loom.evaluation.rates import Rate, ScoredExecution, mean_score, pass_rate
from loom.evaluation.results import CaseResult, Judged, Results, results_of
from loom.evaluation.store import RunRow
from loom.evaluation.suite_store import SuiteStore
from loom.storage.database import Database

__all__ = ["CaseResult", "Reports", "RunReport"]


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run came to, so far or in the end."""

    run: RunRow
    pass_rate: Rate
    score: Rate
    scorers: tuple[str, ...]
    results: Results
    """Every case, read from the store when gone through."""

    cached: int
    invalid: int
    """Completed with an output that does not fit the contract; they count as failed."""

    paid_nano: int
    """What this run has paid, retries and unknown outcomes included."""

    worth_nano: int | None
    """What its answers cost when first given; None when a price is unknown."""

    input_tokens: int
    output_tokens: int
    latency_ms: tuple[float, float] | None
    """Median and 95th percentile of the model's time, over what was not cached."""


class Reports:
    """Reads what runs came to."""

    def __init__(self, database: Database, suites: SuiteStore) -> None:
        self._database = database
        self._suites = suites

    async def runs(self, limit: int = 20) -> list[RunRow]:
        """The newest runs first."""
        return await self._database.read(lambda connection: store.list_runs(connection, limit))

    async def find(self, name: str) -> RunRow:
        """The run that `name` means: an id, the eight digits that tables show, `last`, or `last~1` for the one before.

        The id of a job means its newest run.

        Raises:
            NotFoundError: when there is none.
            ConflictError: when the digits fit several.
        """
        if name == "last" or name.startswith("last~"):
            return await self._nth_last(name)
        tail = _digits(name)
        found = await self._database.read(lambda connection: store.find_runs(connection, tail))
        if not found:
            raise NotFoundError(f"there is no run '{name}'; `loom runs` lists them")
        if len({row.job for row in found}) > 1:
            fitting = ", ".join(row.id.hex() for row in found[:5])
            raise ConflictError(f"'{name}' fits several runs ({fitting}); give more of the id")
        return found[0]

    async def report(self, run: RunRow) -> RunReport:
        """What `run` came to."""
        return await self._database.read(
            lambda connection: _report(self._database, connection, run, self._suites)
        )

    async def compare(self, a: RunRow, b: RunRow) -> Comparison:
        """`b` beside `a`, case by case.

        Raises:
            UsageError: when they cannot be compared.
        """
        sides = [
            await self._database.read(lambda connection, row=row: _scores(connection, row, self._suites))
            for row in (a, b)
        ]
        return compare(sides[0], sides[1])

    async def _nth_last(self, name: str) -> RunRow:
        _, _, back = name.partition("~")
        if back and not back.isdigit():
            raise UsageError(Problem("is no run", field="run", value=name, remedy="write `last` or `last~1`"))
        number = int(back or 0)
        rows = await self._database.read(
            lambda connection: store.list_runs(connection, 1, kind=JobKind.EVALUATION, skip=number)
        )
        if not rows:
            raise NotFoundError(f"there is no evaluation '{name}'; `loom runs` lists what there is")
        return rows[0]


def _digits(name: str) -> bytes:
    try:
        return parse(name) if len(name) > 32 else bytes.fromhex(name)
    except (ValueError, InputError):
        remedy = "give the digits that `loom runs` shows, or `last`"
        raise UsageError(Problem("is no run", field="run", value=name, remedy=remedy)) from None


def _scores(connection: Connection, row: RunRow, suites: SuiteStore) -> RunScores:
    results = results_of(connection, row, suites)
    scored = (one.scored for page in results.pages(connection) for one in page)
    return RunScores.of(f"{row.target} {short(row.id)}", scored, row.id)


def _report(database: Database, connection: Connection, run: RunRow, suites: SuiteStore) -> RunReport:
    results = results_of(connection, run, suites)
    results.read = database.read_now
    sums = _Sums()
    for page in results.pages(connection):
        sums.add(page)
    return RunReport(
        run=run,
        pass_rate=pass_rate(sums.scored),
        score=mean_score(sums.scored),
        scorers=results.labels,
        results=results,
        cached=sums.cached,
        invalid=sums.invalid,
        paid_nano=store.paid_nano(connection, (run.account,))[run.account],
        worth_nano=sums.worth_nano,
        input_tokens=sums.input_tokens,
        output_tokens=sums.output_tokens,
        latency_ms=sums.latency_ms(),
    )


@dataclass(slots=True)
class _Sums:
    """What a report adds up, page by page."""

    scored: list[ScoredExecution] = field(default_factory=list[ScoredExecution])
    latencies: list[float] = field(default_factory=list[float])
    cached: int = 0
    invalid: int = 0
    worth_nano: int | None = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def add(self, page: Sequence[Judged]) -> None:
        """Add a page."""
        for row, scored in page:
            self.scored.append(scored)
            self.cached += row.cached
            self.invalid += bool(row.problems)
            self.input_tokens += row.input_tokens
            self.output_tokens += row.output_tokens
            if row.state is ExecutionState.COMPLETED and self.worth_nano is not None:
                self.worth_nano = None if row.worth_nano is None else self.worth_nano + row.worth_nano
            if scored.latency_ms is not None:
                self.latencies.append(scored.latency_ms)

    def latency_ms(self) -> tuple[float, float] | None:
        """Median and 95th percentile."""
        ordered = sorted(self.latencies)
        return (_percentile(ordered, 0.5), _percentile(ordered, 0.95)) if ordered else None


def _percentile(ordered: Sequence[float], share: float) -> float:
    """The nearest rank: the smallest value that `share` of all are not above."""
    return ordered[ceil(share * len(ordered)) - 1]
