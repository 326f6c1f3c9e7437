"""How jobs stand, added up from what they tell: as cheap for one of 200,000 executions as for one of ten.

What has been added up is kept for a few jobs, and only what was told since is read. Every count is exact as of the
event `seq`, so that a page can go on from there; money is as its account has it at that moment.
"""

from collections import Counter, OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from loom.access.models import Principal
from loom.calls.store import AccountState, account_state
from loom.delivery.models import Event, EventType, job_stream
from loom.delivery.service import Events
from loom.engine.models import JobState
from loom.evaluation.results.totals_store import unpriced
from loom.evaluation.running.pace import Pace, Rates
from loom.evaluation.statistics.case_totals import Outcome
from loom.evaluation.store import RunRow
from loom.storage.database import Database

if TYPE_CHECKING:
    from loom.core.ids import JobId

__all__ = ["Ending", "Standing", "Standings"]

_KEPT = 64
_PAGE = 2_000
_NEWEST = 12


@dataclass(frozen=True, slots=True)
class Ending:
    """How one execution ended."""

    case: str
    number: int
    """Of the repetition, from 1."""

    outcome: Outcome
    score: float | None
    latency_ms: int
    cost_nano: int | None
    cached: bool
    at_us: int


@dataclass(slots=True)
class Standing:
    """How a job stands."""

    seq: int = 0
    """The last event that is counted in."""

    counts: Counter[Outcome] = field(default_factory=Counter[Outcome])
    cached: int = 0
    newest: deque[Ending] = field(default_factory=lambda: deque[Ending](maxlen=_NEWEST))
    money: AccountState = field(default_factory=lambda: AccountState(None, 0, 0))
    """What the job has spent, judges included, what it has set aside, and what it may spend."""

    unpriced: int = 0
    """Attempts that may have been paid at a price nobody knows, as of when the job last told."""

    repeated: bool = False
    """Whether a case has run more than once."""

    weighted: bool = False
    """Whether a case counts more than once, or less."""

    waits_for: str | None = None
    """The endpoint that did not answer when the job last told, so that its calls wait."""

    at_us: int = 0
    """Of the last event."""

    asked: Pace = field(default_factory=Pace)
    """Of the executions that something was asked for since it was last taken up."""

    every: Pace = field(default_factory=Pace)
    """Of all that have ended since then, also of what was found done before."""

    @property
    def done(self) -> int:
        """Executions that have ended."""
        return self.counts.total()

    @property
    def pass_rate(self) -> float | None:
        """The share that passed; None where that is not the pass rate of the run, which goes over cases."""
        counts = self.counts
        judged = self.done - counts[Outcome.ABORTED] - counts[Outcome.UNSCORED]
        return None if self.repeated or self.weighted or not judged else counts[Outcome.PASSED] / judged

    def rates(self) -> Rates | None:
        """How fast executions end; None while that cannot be said.

        What needs no call, because it is found in the cache or was answered before, counts where nothing is asked.
        """
        return (self.asked if self.asked.ended else self.every).rates(self.at_us)

    def add(self, events: Iterable[Event]) -> None:
        """Count in what was told."""
        for event in events:
            self.seq, self.at_us = event.seq, event.at_us
            match event.type:
                case EventType.EXECUTION_ENDED:
                    self._ended(event)
                case EventType.JOB_STARTED:
                    self.asked, self.every = Pace(event.at_us), Pace()
                case EventType.JOB_PROGRESS:
                    self.waits_for = event.data.get("waits_for")
                    self.unpriced = event.data.get("unpriced_attempts", 0)
                case _:
                    self.waits_for = None

    def _ended(self, event: Event) -> None:
        data = event.data
        outcome = Outcome(data["outcome"])
        self.counts[outcome] += 1
        self.cached += data["cached"]
        self.weighted = self.weighted or "weight" in data
        self.repeated = self.repeated or data["repetition"] > 1
        cost = None if data["cost_usd"] is None else round(data["cost_usd"] * 1e9)
        self.newest.append(
            Ending(
                data["case"],
                data["repetition"],
                outcome,
                data["score"],
                data["latency_ms"],
                cost,
                data["cached"],
                event.at_us,
            )
        )
        self.every.add(event.at_us)
        if data.get("asked", True):
            self.asked.add(event.at_us)


class Standings:
    """How jobs stand, for all who ask."""

    def __init__(self, events: Events, database: Database) -> None:
        self._events = events
        self._database = database
        self._known: OrderedDict[JobId, Standing] = OrderedDict()

    async def of(self, run: RunRow, principal: Principal) -> Standing:
        """How the job of `run` stands now; of one that ended days ago only its money is known."""
        job = run.job
        standing = self._known.setdefault(job, Standing())
        self._known.move_to_end(job)
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)
        while True:
            seen = standing.seq
            events = await self._events.read(job_stream(job), principal, after=seen, limit=_PAGE)
            if standing.seq == seen:  # else someone else has counted them in meanwhile
                standing.add(events)
            if len(events) < _PAGE:
                break
        money = await self._database.read(lambda connection: account_state(connection, run.account))
        standing.money = replace(money, unpriced=await self._unpriced(run, standing))
        return standing

    async def _unpriced(self, run: RunRow, standing: Standing) -> int:
        """While it runs as it tells itself now and then, so that it is not counted again and again."""
        if run.state == JobState.RUNNING:
            return standing.unpriced
        return await self._database.read_kept(
            ("unpriced", run.id), lambda connection: unpriced(connection, run.id)
        )
