"""Scoring the stored outputs of a run by other scorers: a run of its own, for which its worker is not asked again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple

from sqlalchemy import Connection

from loom.access.models import Principal
from loom.calls.backend import Backend
from loom.calls.journal import Journal
from loom.calls.store import account_state
from loom.core.clock import Clock
from loom.core.errors import Problem, ProviderError, UsageError
from loom.core.ids import JobId, RunId, new_id, short
from loom.core.jsonvalue import Json, JsonValue, decoded
from loom.engine.claims import Signs, claim
from loom.engine.executor import Begin, Executor, Ready, Task
from loom.engine.jobs import JobPlan, Once, open_job
from loom.engine.models import JobKind, JobState, NewRun, Outcome, WorkItem
from loom.engine.store import load_job
from loom.evaluation import store
from loom.evaluation.answers_store import answered_in, answers_in
from loom.evaluation.models import Case
from loom.evaluation.running.estimates import Estimate, estimate_scoring
from loom.evaluation.running.specification import Evaluation
from loom.evaluation.running.work import Work
from loom.evaluation.scorers.base import JudgeChoice
from loom.evaluation.scoring.calls import choose_judge, find_routes, judges_among
from loom.evaluation.scoring.case_scorers import DEFAULT_SCORER, default_scorers, scorers_asked, try_out
from loom.evaluation.scoring.routes import Routes
from loom.evaluation.sealed.cases import sealed_in
from loom.evaluation.sealed.peeks import peek
from loom.evaluation.store import RunRow, StoredOutput
from loom.evaluation.suites.store import KeptSuite, SuiteStore
from loom.storage.blobs import unpack
from loom.storage.database import Database

__all__ = ["RescoreWish", "Rescorings"]

_PAGE = 500


@dataclass(frozen=True, slots=True)
class RescoreWish:
    """A re-scoring that someone wants."""

    source: RunRow
    scorers: tuple[JsonValue, ...]
    """Specifications, a name alone as the suite sets it; at least one. Those that single cases have stay."""

    judge: JudgeChoice | None = None
    concurrency: int = 8
    budget_nano: int | None = None
    use_cache: bool = True
    once: Once | None = None
    """So that asking for it again opens no second one."""

    run: RunId = field(default_factory=lambda: RunId(new_id()))
    """The name of the run that comes of it."""


class Rescorings:
    """Scores stored outputs once more."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        routes: Routes,
        suites: SuiteStore,
        folder: str | None = None,
    ) -> None:
        """`folder` is the one worked in; runs are of it."""
        self._folder = folder
        self._database = database
        self._clock = clock
        self._routes = routes
        self._suites = suites

    async def open(self, wish: RescoreWish, principal: Principal) -> JobId:
        """Write down what is wanted; nothing is scored yet.

        Raises:
            UsageError: when the run has no suite or is not completed, or its endpoint is gone.
            ConfigError: when a scorer is misconfigured.
            LimitError: when a budget is set and the price of a judge is unknown.
        """
        source, (made, kept) = wish.source, await self._made(wish)
        cases = kept.cases
        routes = await find_routes(
            self._routes, made.every_scorer(cases), budgeted=wish.budget_nano is not None or principal.capped
        )
        made = replace(made, judges=judges_among(routes))
        await self._reader(made)
        await try_out(made.every_scorer(cases))
        run = replace(_run(made, source), folder=self._folder)
        spec = {**made.to_json(), "source": source.id.hex()}
        chosen = replace(kept.suite, cases=_chosen(made, kept))
        looked = peek(sealed_in(chosen), made.run, principal, self._clock.now_us())
        plan = JobPlan(JobKind.RESCORE, spec, (run,), wish.budget_nano, looked, wish.once)
        return await open_job(self._database, self._clock, plan, principal)

    async def estimate(self, wish: RescoreWish) -> Estimate:
        """What `wish` would be.

        Raises:
            LoomError: as `open`.
        """
        made, kept = await self._made(wish)
        return await estimate_scoring(made, _chosen(made, kept), wish.source.done, self._routes)

    async def like(self, source: RunRow, other: RunRow) -> RescoreWish:
        """That `source` be judged as `other` was: by the same scorers with the same settings, and the same judge.

        Raises:
            UsageError: when `other` was not judged by scorers of here.
        """
        if other.kind not in (JobKind.EVALUATION, JobKind.RESCORE):
            remedy = "name a run of `loom eval` or `loom rescore`"
            raise UsageError(Problem(f"is a {other.kind}", "like", value=short(other.id), remedy=remedy))
        stored = await self._database.read(lambda connection: load_job(connection, other.job))
        made = Evaluation.from_json(stored.spec)
        # A name alone would mean the scorer as the suite of `source` sets it.
        asked = made.scorers or (DEFAULT_SCORER,)
        scorers: list[JsonValue] = [{"scorer": one} if isinstance(one, str) else one for one in asked]
        return RescoreWish(source, tuple(scorers), made.judge)

    async def work(
        self,
        job: JobId,
        *,
        concurrency: int | None = None,
        budget_nano: int | None = None,
        signs: Signs | None = None,
    ) -> Work:
        """Claim `job`, new or interrupted, and make ready to work through it; as `Evaluations.work`.

        Raises:
            NotFoundError: when there is no such job.
            ConflictError: when it is finished, or someone works on it.
            UsageError: when an endpoint it needs is no longer configured.
            LimitError: when a budget is set and the price of a judge is unknown.
        """
        stored = await self._database.read(lambda connection: load_job(connection, job))
        evaluation = Evaluation.from_json(stored.spec)
        if concurrency is not None:
            evaluation = replace(evaluation, concurrency=concurrency)
        source = RunId(bytes.fromhex(stored.spec["source"]))
        cases = (await self._kept(evaluation.suite)).cases
        before = await self._database.read(lambda connection: account_state(connection, stored.account))
        budgeted = budget_nano is not None or before.limit_nano is not None
        routes = await find_routes(self._routes, evaluation.every_scorer(cases), budgeted=budgeted)
        planned = await self._database.read(lambda connection: store.ended_executions(connection, source))
        answered = await self._database.read(lambda connection: answered_in(connection, source))
        given = _Given(source, answered, await self._reader(evaluation))
        outputs = _Outputs(self._database, evaluation.run, given, cases, planned=planned)
        claimed = await claim(self._database, self._clock, job, limit_nano=budget_nano, signs=signs)
        work = Work(self._database, claimed, evaluation, outputs, routes)
        if claimed.resumed:
            await work.recall()
        return work

    async def _made(self, wish: RescoreWish) -> tuple[Evaluation, KeptSuite]:
        """The evaluation that `wish` is, and the suite that its outputs are of."""
        source = wish.source
        if source.suite_hash is None or not source.done or source.suite is None:
            what = "has no suite" if source.suite is None else "has no output yet"
            remedy = "choose a run of `loom eval` that has outputs"
            raise UsageError(Problem(what, field=short(source.id), remedy=remedy))
        _require_whole(source)
        stored = await self._database.read(lambda connection: load_job(connection, source.job))
        kept = await self._kept(source.suite_hash)
        first = Evaluation.from_json(stored.spec)
        made = replace(
            first,
            run=wish.run,
            scorers=scorers_asked(kept.suite, wish.scorers) or default_scorers(_chosen(first, kept)),
            judge=wish.judge,
            concurrency=wish.concurrency,
            use_cache=wish.use_cache,
        )
        judge = await choose_judge(self._routes, made.every_scorer(kept.cases), wish.judge)
        return replace(made, judge=judge), kept

    async def _kept(self, suite: bytes) -> KeptSuite:
        return await self._database.read(lambda connection: self._suites.load(connection, suite))

    async def _reader(self, evaluation: Evaluation) -> Backend | None:
        """What reads the stored answers of the model as they came; None where no model was asked.

        Raises:
            UsageError: when the endpoint they came from is gone, and with it how it writes.
        """
        if not evaluation.endpoint:
            return None
        try:
            return (await self._routes.route(model=evaluation.model, endpoint=evaluation.endpoint)).backend
        except UsageError as error:
            what = f"has answered this run, and its answers cannot be read without it: {error}"
            remedy = "configure it as it was; it is not asked"
            raise UsageError(Problem(what, f"endpoint {evaluation.endpoint}", remedy=remedy)) from None


def _require_whole(source: RunRow) -> None:
    """A re-scoring ends completed, so one of a part would pass for whole where unfinished runs are refused."""
    state = JobState(source.state)
    if state is not JobState.COMPLETED:
        what = f"is {state} at {source.done:,} of {source.planned:,}: only whole runs are scored again"
        resume = f"finish it first: loom eval --resume {short(source.id)}"
        again = "evaluate again: answers that were paid for come from the cache"
        remedy = again if state.final else resume
        raise UsageError(Problem(what, field=short(source.id), remedy=remedy))


def _run(made: Evaluation, source: RunRow) -> NewRun:
    """The run that `made` is, over the outputs of `source`."""
    config: Json = {
        "source": source.id.hex(),
        "scorers": [scorer.scorer_hash.hex() for scorer in made.configured_scorers()],
    }
    return NewRun(
        made.run,
        config,
        source.target,
        source.suite,
        source.suite_hash,
        source.model,
        source.endpoint,
        source.simulated,
        source.done,
    )


def _chosen(made: Evaluation, kept: KeptSuite) -> tuple[Case, ...]:
    """The cases that it is over."""
    selection = made.selection
    return kept.suite.select(split=selection.split, tags=selection.tags, limit=selection.limit)


class _Given(NamedTuple):
    """Where outputs come from."""

    source: RunId
    answered: RunId
    """The run whose worker gave them; another one where `source` is a re-scoring itself."""

    reader: Backend | None
    """What reads the answers; None where no model was asked."""


class _Outputs:
    """What each execution of the source came to, as it is stored: source and executor in one. Asks no model."""

    route = None

    def __init__(
        self,
        database: Database,
        run: RunId,
        given: _Given,
        cases: Mapping[bytes, Case],
        *,
        planned: int,
    ) -> None:
        self.cases = cases
        self.planned = planned
        self._run = run
        self._database = database
        self._source = given.source
        self._answered = given.answered
        self._reader = given.reader
        self._rows: dict[tuple[bytes, int], int] = {}

    def executor(self, journal: Journal) -> Executor:
        del journal
        return self

    def items(self) -> Iterator[WorkItem]:
        """An item for every execution of the source that has ended; read a page at a time."""
        after = 0
        while page := self._database.read_now(
            partial(store.places, run_id=self._source, after=after, most=_PAGE)
        ):
            after = page[-1].row
            for row, key, number, repetition in page:
                self._rows[key, repetition] = row
                yield WorkItem(self._run, key, number, repetition, self.cases[key].input)

    async def prepare(self, tasks: Sequence[Task]) -> list[Ready]:
        """As `Executor.prepare`: reads the outputs of `tasks`."""
        rows = [self._rows.pop((task.item.key, task.item.repetition)) for task in tasks]
        found = await self._database.read(lambda connection: self._stored(connection, tasks, rows))
        return [partial(self._outcome, one) for one in found]

    def _stored(
        self, connection: Connection, tasks: Sequence[Task], rows: Sequence[int]
    ) -> list[StoredOutput]:
        """What `tasks` came to, with the answers of the model where it gave them: a re-scoring has none."""
        asked, direct = self._reader is not None, self._answered == self._source
        found = store.outputs(connection, rows, raw=asked and direct)
        if not asked or direct:
            return [found[row] for row in rows]
        places = [(task.item.key, task.item.repetition) for task in tasks]
        answers = answers_in(connection, self._answered, [key for key, _ in places])
        return [
            found[row]._replace(received=answers.get(place)) for row, place in zip(rows, places, strict=True)
        ]

    async def _outcome(self, stored: StoredOutput, begin: Begin) -> Outcome:
        del begin
        return Outcome(
            stored.state,
            stored.stop_reason or "",
            None if stored.output is None else decoded(unpack(stored.output)),
            self._raw_text(stored),
            tuple(stored.problems.split("\n")) if stored.problems else (),
            stored.error,
        )

    def _raw_text(self, stored: StoredOutput) -> str | None:
        if stored.received is None or self._reader is None:
            return None
        try:
            return self._reader.read(stored.received).text
        except ProviderError:  # what was no answer then is none now; the execution ended with an error
            return None
