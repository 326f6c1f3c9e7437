"""How jobs stand, added up from what they tell: as cheap for one of 200,000 executions as for one of ten.

What has been added up is kept for a few jobs, and only what was told since is read. Every count is exact as of the
event `seq`, so that a page can go on from there; money is as its account has it at that moment.
"""

from collections import Counter, OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from loom.access.models import Principal
from loom.calls.store import AccountState, account_state
from loom.delivery.models import Event, EventType, job_stream
from loom.delivery.service import Events
from loom.evaluation.case_totals import Outcome
from loom.evaluation.store import RunRow
from loom.storage.database import Database

if TYPE_CHECKING:
    from loom.core.ids import JobId

__all__ = ["Ending", "Standing", "Standings"]

_KEPT = 64
_PAGE = 2_000
_NEWEST = 12
_WINDOW_US = 20_000_000


@dataclass(frozen=True, slots=True)
class Ending:
    """How one execution ended."""

    case: str
    repetition: int
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

    waits_for: str | None = None
    """The endpoint that did not answer when the job last told, so that its calls wait."""

    begun_us: int | None = None
    """When it was last taken up."""

    at_us: int = 0
    """Of the last event."""

    before: int = 0
    """Executions that had ended when it was last taken up."""

    ticks: deque[tuple[int, int]] = field(default_factory=deque[tuple[int, int]])
    """When how many had ended, for as long as the present pace is looked at."""

    @property
    def done(self) -> int:
        """Executions that have ended."""
        return self.counts.total()

    def rates(self) -> tuple[float, float] | None:
        """Executions per second, the slower and the faster: of late, and since it was taken up."""
        if self.begun_us is None or len(self.ticks) < 2:
            return None
        whole_s, late_s = (self.at_us - self.begun_us) / 1e6, (self.ticks[-1][0] - self.ticks[0][0]) / 1e6
        ended = self.done - self.before
        if whole_s <= 0 or late_s <= 0 or ended <= 0:
            return None
        late = (self.ticks[-1][1] - self.ticks[0][1]) / late_s
        whole = ended / whole_s
        return min(late, whole), max(late, whole)

    def add(self, events: Iterable[Event]) -> None:
        """Count in what was told."""
        for event in events:
            self.seq, self.at_us = event.seq, event.at_us
            match event.type:
                case EventType.EXECUTION_ENDED:
                    self._ended(event)
                case EventType.JOB_STARTED:
                    self.begun_us, self.before = event.at_us, self.done
                    self.ticks.clear()
                case EventType.JOB_PROGRESS:
                    self.waits_for = event.data.get("waits_for")
                case _:
                    self.waits_for = None

    def _ended(self, event: Event) -> None:
        data = event.data
        outcome = Outcome(data["outcome"])
        self.counts[outcome] += 1
        self.cached += data["cached"]
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
        self._tick(event.at_us)

    def _tick(self, at_us: int) -> None:
        if self.ticks and self.ticks[-1][0] == at_us:
            self.ticks.pop()
        self.ticks.append((at_us, self.done))
        while self.ticks[0][0] < at_us - _WINDOW_US or len(self.ticks) > _PAGE:
            self.ticks.popleft()


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
        standing.money = await self._database.read(lambda connection: account_state(connection, run.account))
        return standing
