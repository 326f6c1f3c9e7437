"""What an evaluation or a re-scoring will cost before it is paid for: from requests and guessed answers.

One call for each case and what its scorers ask, nothing from the cache.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from msgspec import structs

from loom.calls.models import ModelRequest, Purpose
from loom.calls.path import Route
from loom.core.errors import ContractError
from loom.core.jsonvalue import canonical
from loom.engine.assignment import assignment
from loom.evaluation.models import Case, Split
from loom.evaluation.running.service import Wish
from loom.evaluation.running.specification import Evaluation
from loom.evaluation.scorers import ConfiguredScorer, ScoreInput
from loom.evaluation.scorers.calling import RouteWish
from loom.evaluation.scoring.calls import choose_judge, find_routes
from loom.evaluation.scoring.case_scorers import ScorerSet, passes_by, scorers_asked
from loom.evaluation.scoring.routes import Routes
from loom.worker.loop import CallModel, next_step
from loom.worker.task import WorkerTask

__all__ = ["Estimate", "Scoring", "estimate", "estimate_scoring"]

_LOOKED_AT = 20
_BYTES_PER_TOKEN = 4
_SPARE = 1.25
"""Answers are a little longer than what is expected of them."""

_FORESEEN = "foreseen"
"""The method of a scorer that says what it asks."""

_JUDGEMENT = 100
"""Tokens of a score with a reason in a sentence."""

_UNKNOWN_ANSWER = 200
_UNKNOWN_OUTPUT = "x" * (_UNKNOWN_ANSWER * _BYTES_PER_TOKEN)


@dataclass(frozen=True, slots=True)
class Scoring:
    """What scorers ask of models."""

    scorers: tuple[str, ...]
    """The names of those that ask."""

    judges: bool
    """They ask for judgements alone."""

    models: tuple[str, ...]
    calls: int | None
    """None: one of them does not say how often it asks."""

    nano: int | None
    """In 1e-9 USD; None: nobody can tell."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an evaluation would be; money in 1e-9 USD."""

    cases: int
    repetitions: int
    model: str
    """The worker's; empty when it asks none."""

    simulated: bool
    worker_nano: int | None
    """Of the worker's calls; None: nobody can tell."""

    scoring: Scoring | None
    """None when no scorer asks a model."""

    call_nano: int
    """What the dearest call for the first case may cost at worst: with less no case ends."""

    passes: tuple[str, ...]
    """By what a case passes, in words: each scorer that judges any case, with its threshold."""

    sealed: bool
    """It looks at sealed cases."""

    @property
    def nano(self) -> int | None:
        """Of everything; None when a part of it is unknown."""
        scoring = self.scoring.nano if self.scoring else 0
        return None if scoring is None or self.worker_nano is None else self.worker_nano + scoring

    @property
    def least_budget_nano(self) -> int:
        """A budget that has room for a call, in two digits."""
        digit = 10 ** max(0, len(str(self.call_nano)) - 2)
        return -(-self.call_nano // digit) * digit


async def estimate(wish: Wish, routes: Routes) -> Estimate:
    """What `wish` would be.

    Raises:
        LoomError: when a scorer is misconfigured, or asks for a model that there is not.
    """
    chosen, in_thread = wish.selection, asyncio.to_thread  # a suite may be long
    cases = await in_thread(wish.suite.select, split=chosen.split, tags=chosen.tags, limit=chosen.limit)
    common = scorers_asked(wish.suite, wish.scorers)
    judge = await choose_judge(routes, await in_thread(ScorerSet(common).every, cases), wish.judge)
    scorers = ScorerSet(common, judge)
    every = await in_thread(scorers.every, cases)
    found = await find_routes(routes, every, budgeted=False)
    return await in_thread(_Estimating(wish, scorers, found).of, cases, every)


async def estimate_scoring(made: Evaluation, cases: Sequence[Case], outputs: int, routes: Routes) -> Estimate:
    """What it would be to have so many stored outputs for `cases` judged by the scorers of `made`.

    Raises:
        LoomError: when a scorer asks for a model that there is not.
    """
    scorers = made.scorer_set()
    every = await asyncio.to_thread(scorers.every, cases)
    found = await find_routes(routes, every, budgeted=False)
    judging = _Judging(scorers, found, str(made.snapshot.get("system", "")))
    looked_at = _some_of(cases)
    calls = await asyncio.to_thread(lambda: [list(judging.about(case)) for case in looked_at])
    share = outputs / max(1, len(looked_at))
    return Estimate(
        outputs,
        1,
        "",
        simulated=False,
        worker_nano=0,
        scoring=judging.told(every, [call for one in calls for call in one], share),
        call_nano=max((call.worst_nano for one in calls[:1] for call in one), default=0),
        passes=passes_by(every),
        sealed=made.selection.split is Split.SEALED,
    )


def _some_of(cases: Sequence[Case]) -> Sequence[Case]:
    """Those that stand for all."""
    return cases[:: max(1, len(cases) // _LOOKED_AT)]


class _Call(NamedTuple):
    """A call as it will be; money in 1e-9 USD."""

    likely_nano: int | None
    """What it will cost, about; None: nobody can tell."""

    worst_nano: int
    """What is set aside for it under a budget."""

    @staticmethod
    def of(route: Route, request: ModelRequest, answered: int) -> "_Call":
        """One that is answered by so many tokens, if it may be."""
        price, size = route.price, len(route.backend.encode(request))
        if price is None:
            return _Call(None, 0)
        likely = price.cost(size // _BYTES_PER_TOKEN, min(answered, request.max_tokens or answered))
        return _Call(likely, price.worst(size, request.max_tokens))


class _Asked(NamedTuple):
    """What is asked for one case."""

    worker: Sequence[_Call]
    scoring: Sequence[_Call]

    @property
    def all(self) -> tuple[_Call, ...]:
        """Both."""
        return (*self.worker, *self.scoring)


class _Estimating:
    """An evaluation that is looked at before it begins."""

    def __init__(self, wish: Wish, scorers: ScorerSet, routes: Mapping[RouteWish, Route]) -> None:
        self._wish = wish
        by = assignment(wish.task, wish.route)
        self._judging = _Judging(scorers, routes, str(by.config["snapshot"].get("system", "")))

    def of(self, cases: Sequence[Case], every: Sequence[ConfiguredScorer]) -> Estimate:
        """What `cases` would be, scored by `every`."""
        wish, route = self._wish, self._wish.route
        looked_at = [self._asked(case) for case in _some_of(cases)]
        share = len(cases) / max(1, len(looked_at)) * wish.repetitions
        return Estimate(
            len(cases),
            wish.repetitions,
            "" if route is None else route.model,
            simulated=route is not None and route.simulated,
            worker_nano=_scaled([call for one in looked_at for call in one.worker], share),
            scoring=self._judging.told(every, [call for one in looked_at for call in one.scoring], share),
            call_nano=max((call.worst_nano for one in looked_at[:1] for call in one.all), default=0),
            passes=passes_by(every),
            sealed=wish.selection.split is Split.SEALED,
        )

    def _asked(self, case: Case) -> "_Asked":
        """Nothing of a case whose input is refused."""
        task, route = self._wish.task, self._wish.route
        if route is None or not isinstance(task, WorkerTask):
            return _Asked([], list(self._judging.about(case)))
        try:
            following = next_step(task.open(case.input), task.plan(route.model))
        except ContractError:
            return _Asked([], [])
        if not isinstance(following, CallModel):
            return _Asked([], list(self._judging.about(case)))
        answered = _UNKNOWN_ANSWER
        if case.has_expected:
            answered = round(_SPARE * len(canonical(case.expected_output)) / _BYTES_PER_TOKEN) + 1
        return _Asked([_Call.of(route, following.request, answered)], list(self._judging.about(case)))


class _Judging:
    """What scorers will ask about outputs that nobody has seen yet."""

    def __init__(self, scorers: ScorerSet, routes: Mapping[RouteWish, Route], told: str) -> None:
        """`told` is what the worker was told to do."""
        self._scorers = scorers
        self._routes = routes
        self._told = told

    def told(self, every: Iterable[ConfiguredScorer], calls: Sequence[_Call], share: float) -> Scoring | None:
        """What `every` scorer asks, of whose calls `calls` stand for `share` as many each; None when none asks."""
        asking = [one for one in every if one.routes]
        if not asking:
            return None
        wishes = [wish for one in asking for wish in one.routes]
        foreseen = all(hasattr(one.scorer, _FORESEEN) for one in asking)
        return Scoring(
            tuple(dict.fromkeys(one.name for one in asking)),
            all(wish.purpose is Purpose.JUDGE for wish in wishes),
            tuple(dict.fromkeys(self._routes[wish].model for wish in wishes)),
            round(len(calls) * share) if foreseen else None,
            _scaled(calls, share) if foreseen else None,
        )

    def about(self, case: Case) -> Iterator[_Call]:
        """What is asked about `case`, as far as its scorers say so beforehand."""
        output = case.expected_output if case.has_expected else _UNKNOWN_OUTPUT
        item = ScoreInput(case.input, output, case.expected_output, case=case.name, instructions=self._told)
        for one in self._scorers.of(case):
            foreseen = getattr(one.scorer.scorer, _FORESEEN, None)
            if foreseen is None:
                continue
            for wish in one.scorer.routes:
                route = self._routes[wish]
                for request in foreseen(item):
                    yield _Call.of(route, structs.replace(request, model=route.model), _JUDGEMENT)


def _scaled(calls: Iterable[_Call], share: float) -> int | None:
    """What `calls`, which stand for `share` as many each, will cost; None where a price is unknown."""
    costs = [call.likely_nano for call in calls]
    return None if None in costs else round(sum(cost for cost in costs if cost is not None) * share)
