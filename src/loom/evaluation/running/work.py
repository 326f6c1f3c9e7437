"""One claimed job that fills a run: worked through, scored, watched and steered. Knows not where outputs come from."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import Protocol

from loom.calls.journal import Journal
from loom.calls.path import Route
from loom.calls.store import AccountState, account_state
from loom.core.jsonvalue import Json
from loom.core.money import NANO
from loom.engine.claims import Claim
from loom.engine.executor import Executor
from loom.engine.models import WorkItem
from loom.engine.runner import Ended, JobRunner
from loom.evaluation import store
from loom.evaluation.models import Case
from loom.evaluation.results.totals_store import unpriced
from loom.evaluation.running.progress import telling_progress
from loom.evaluation.running.specification import Evaluation
from loom.evaluation.scorers.calling import RouteWish
from loom.evaluation.scoring.calls import ScoringCalls
from loom.evaluation.scoring.executions import Scoring, Tally
from loom.storage.database import Database

__all__ = ["Source", "Work"]


class Source(Protocol):
    """Where the outputs of a run come from."""

    @property
    def cases(self) -> Mapping[bytes, Case]:
        """By item key."""
        ...

    @property
    def planned(self) -> int:
        """How many executions there will be."""
        ...

    @property
    def route(self) -> Route | None:
        """Where its calls go; None when it makes none."""
        ...

    def executor(self, journal: Journal) -> Executor:
        """What gets the output of an item."""
        ...

    def items(self) -> Iterator[WorkItem]:
        """All that there is to do."""
        ...


class Work:
    """One claimed job: run it once, watch `tally` and `account` meanwhile, steer it."""

    def __init__(
        self,
        database: Database,
        claimed: Claim,
        evaluation: Evaluation,
        source: Source,
        routes: Mapping[RouteWish, Route],
    ) -> None:
        """`routes` is where the calls of scorers go."""
        self.evaluation = evaluation
        self.tally = Tally(source.planned)
        self._database = database
        self._claim = claimed
        self._source = source
        self._routes = routes
        journal = self._journal = claimed.journal(database.writer)
        self._calls = ScoringCalls(
            routes, journal, database, use_cache=evaluation.use_cache, in_flight=evaluation.concurrency
        )
        self._scorers = evaluation.scorer_set()
        told = evaluation.snapshot.get("system", "")
        scoring = Scoring(
            source.cases, self._scorers, self.tally, self._calls, claimed.telling, instructions=told
        )
        executors = {evaluation.run: source.executor(journal)}
        self._unpriced_before = 0
        self._runner = JobRunner(database, journal, claimed, executors, finish=scoring.finish)
        self.steer = self._runner.steer

    @property
    def name(self) -> str:
        """The worker's."""
        return self.evaluation.worker

    @property
    def route(self) -> Route | None:
        """Where the calls go: the worker's, or else a judge's; None when nothing is called."""
        return self._source.route or next(iter(self._routes.values()), None)

    @property
    def waits_for(self) -> str | None:
        """The endpoint that does not answer, so that calls wait for it."""
        routes = (self._source.route, *self._routes.values())
        return next((one.keys.endpoint for one in routes if one is not None and one.down), None)

    async def run(self) -> Ended:
        """Work through what is still to do.

        As many executions again as may be on the wire are kept ready, journaled and all, so that the wire is never
        idle; not under a budget, where what waits would hold money that what is on the wire could use.
        """
        ahead = self._source.route is not None and (await self.account()).limit_nano is None
        concurrency = self.evaluation.concurrency * (2 if ahead else 1)
        try:
            async with telling_progress(self._journal, self._claim, self._standing):
                return await self._runner.run(self._source.items(), concurrency)
        finally:
            await self._scorers.aclose()

    async def recall(self) -> None:
        """Find out what was done and answered before this process took over."""
        run, read = self.evaluation.run, self._database.read
        self._unpriced_before = await read(lambda connection: unpriced(connection, run))
        self.tally.before = await read(lambda connection: store.ended_executions(connection, run))
        await self._calls.recall(await read(lambda connection: store.unfinished_executions(connection, run)))

    async def _standing(self) -> Json:
        money = await self.account()
        return {
            **asdict(self.tally),
            "done": self.tally.done,
            "waits_for": self.waits_for,
            "spent_usd": None if money.unpriced else money.spent_nano / NANO,
            "unpriced_attempts": money.unpriced,
            "reserved_usd": money.reserved_nano / NANO,
            "budget_usd": None if money.limit_nano is None else money.limit_nano / NANO,
        }

    async def account(self) -> AccountState:
        """The money, as last committed."""
        account = self._claim.job.account
        money = await self._database.read(lambda connection: account_state(connection, account))
        return replace(money, unpriced=self._unpriced_before + self._journal.unpriced)
