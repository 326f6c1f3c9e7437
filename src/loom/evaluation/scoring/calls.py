"""The model calls of scorers: which model serves a wish, and one caller per execution. Knows no scorer by name."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypedDict, TypeVar

from msgspec import structs

from loom.calls.attempts import refuse_unpriced
from loom.calls.embedding import EmbeddingPath, Vector
from loom.calls.journal import Journal
from loom.calls.models import ModelAnswer, ModelRequest, Purpose
from loom.calls.path import CallPath, Route
from loom.calls.store import StoredAnswer, answered_calls
from loom.core.errors import Problem, UsageError
from loom.core.ids import ExecutionId
from loom.core.worker_config import Tier
from loom.evaluation.scorers.base import DEFAULT_TIMEOUT_S, ConfiguredScorer, JudgeChoice
from loom.evaluation.scorers.calling import Caller, RouteWish
from loom.evaluation.scoring.routes import Routes
from loom.storage.database import Database

__all__ = [
    "Judge",
    "ScoringCalls",
    "choose_judge",
    "default_judge",
    "find_routes",
    "judge_wishes",
    "judges_among",
]

Begin = Callable[[], None]
Path = TypeVar("Path")


class _Options(TypedDict):
    use_cache: bool
    in_flight: int


@dataclass(frozen=True, slots=True)
class Judge:
    """A model that judges, as it was found when its job was opened."""

    model: str
    endpoint: str
    simulated: bool
    """It is one of the embedded family: what it says is no real judgement."""


async def default_judge(routes: Routes, wanted: JudgeChoice) -> JudgeChoice:
    """`wanted` with a model and an endpoint: what it names, else the model of tier `standard`.

    Raises:
        UsageError: when that is no model, or too little to choose.
    """
    try:
        route = await routes.route(tier=Tier.STANDARD, model=wanted.model, endpoint=wanted.endpoint)
    except UsageError as error:
        raise UsageError(_for_the_judge(problem) for problem in error.problems) from None
    return JudgeChoice(route.model, route.keys.endpoint, wanted.prompt)


def _for_the_judge(problem: Problem) -> Problem:
    remedy = (problem.remedy or "name one with --model").replace("--model", "--judge-model")
    field = f"judge_{problem.field}" if problem.field else None
    return replace(problem, field=field, what=f"{problem.what} (wanted as the judge)", remedy=remedy)


def judge_wishes(scorers: Iterable[ConfiguredScorer]) -> list[RouteWish]:
    """The wishes for a judge among those of `scorers`."""
    return [wish for scorer in scorers for wish in scorer.routes if wish.purpose is Purpose.JUDGE]


async def choose_judge(
    routes: Routes, scorers: Iterable[ConfiguredScorer], wanted: JudgeChoice | None
) -> JudgeChoice | None:
    """Who judges where a scorer does not say; `wanted` as it is when every scorer says or none asks.

    Raises:
        UsageError: as `default_judge`.
    """
    if any(wish.model is None and wish.endpoint is None for wish in judge_wishes(scorers)):
        return await default_judge(routes, wanted or JudgeChoice())
    return wanted


async def find_routes(
    routes: Routes, scorers: Iterable[ConfiguredScorer], *, budgeted: bool
) -> dict[RouteWish, Route]:
    """A route for every wish of `scorers`.

    Raises:
        UsageError: when a wish names nothing that exists.
        LimitError: when `budgeted` and a price is unknown.
    """
    wishes = dict.fromkeys(wish for scorer in scorers for wish in scorer.routes)
    found = {wish: await _find(routes, wish) for wish in wishes}
    for route in found.values():
        refuse_unpriced(route.price, route.model, budgeted=budgeted)
    return found


def judges_among(routes: Mapping[RouteWish, Route]) -> tuple[Judge, ...]:
    """The models among `routes` that judge, each once."""
    judging = (route for wish, route in routes.items() if wish.purpose is Purpose.JUDGE)
    return tuple(dict.fromkeys(Judge(one.model, one.keys.endpoint, one.simulated) for one in judging))


async def _find(routes: Routes, wish: RouteWish) -> Route:
    return await routes.route(tier=Tier.STANDARD, model=wish.model, endpoint=wish.endpoint)


class ScoringCalls:
    """What the scorers of one job may ask, on the job's account."""

    def __init__(
        self,
        routes: Mapping[RouteWish, Route],
        journal: Journal,
        database: Database,
        *,
        use_cache: bool = True,
        in_flight: int = 1024,
    ) -> None:
        """At most `in_flight` calls to each model are on the wire at a time, besides those of others."""
        self._database = database
        self._known: dict[ExecutionId, dict[bytes, StoredAnswer]] = {}
        self._chats: dict[RouteWish, CallPath] = {}
        self._embeddings: dict[RouteWish, EmbeddingPath] = {}
        chats: dict[tuple[str, str], CallPath] = {}
        embeddings: dict[tuple[str, str], EmbeddingPath] = {}
        options: _Options = {"use_cache": use_cache, "in_flight": in_flight}
        for wish, route in routes.items():
            place = route.keys.endpoint, route.model  # one path for each, so that equal calls share a flight
            if wish.purpose is Purpose.EMBED:
                embedding = embeddings.setdefault(place, EmbeddingPath(route, journal, database, **options))
                self._embeddings[wish] = embedding
            else:
                self._chats[wish] = chats.setdefault(place, CallPath(route, journal, database, **options))

    async def recall(self, executions: Sequence[ExecutionId]) -> None:
        """Have at hand what interrupted `executions` were answered before: it is not asked again."""
        if self._chats or self._embeddings:
            self._known = await self._database.read(lambda connection: answered_calls(connection, executions))

    def caller(self, execution: ExecutionId, begin: Begin) -> Caller:
        """Calls for `execution`; `begin` is called before the first that may be paid."""
        return _ExecutionCaller(self, execution, begin, self._known.pop(execution, {}))

    def chat(self, wish: RouteWish) -> CallPath:
        """The path that serves `wish`."""
        return _announced(self._chats, wish)

    def embedding(self, wish: RouteWish) -> EmbeddingPath:
        """The path that serves `wish`."""
        return _announced(self._embeddings, wish)


def _announced(paths: Mapping[RouteWish, Path], wish: RouteWish) -> Path:
    if wish not in paths:
        remedy = "let its `routes` hold every wish it may have"
        raise UsageError(Problem("is asked by a scorer that did not announce it", value=wish, remedy=remedy))
    return paths[wish]


class _ExecutionCaller:
    """`Caller` for one execution."""

    def __init__(
        self, calls: ScoringCalls, execution: ExecutionId, begin: Begin, known: dict[bytes, StoredAnswer]
    ) -> None:
        self._calls = calls
        self._execution = execution
        self._begin = begin
        self._known = known

    async def ask(
        self, request: ModelRequest, wish: RouteWish, *, sample: int = 0, timeout_s: float | None = None
    ) -> ModelAnswer:
        path = self._calls.chat(wish)
        wanted = path.want(
            structs.replace(request, model=path.route.model),
            self._execution,
            repetition=sample,
            purpose=wish.purpose,
            timeout_s=timeout_s or DEFAULT_TIMEOUT_S,
        )
        stored = self._known.pop(wanted.key, None) or (await path.look_up((wanted.key,))).get(wanted.key)
        if stored is not None:
            served = path.serve_stored(wanted, stored)
            path.journal.post(*served.writes)
            return served.answer
        self._begin()
        return (await path.call(wanted, looked_up=True)).answer

    async def embed(
        self, texts: Sequence[str], wish: RouteWish, *, timeout_s: float | None = None
    ) -> tuple[Vector, ...]:
        path = self._calls.embedding(wish)
        patience = timeout_s or DEFAULT_TIMEOUT_S
        known = self._known.values()
        return await path.embed(texts, self._execution, known=known, begin=self._begin, timeout_s=patience)
