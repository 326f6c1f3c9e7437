"""What scorers that ask models cost besides their calls: CPU per case, beside the same call made by itself."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.contestants import IN_FLIGHT
from bench.figure import Figure
from bench.setting import Setting
from loom.calls.backend import OnDelta, Received, Wire, WireKind
from loom.calls.journal import Journal
from loom.calls.limits import Limiter, LimitKeys
from loom.calls.models import ModelAnswer, ModelRequest
from loom.calls.openai import OpenAIBackend
from loom.calls.path import Route
from loom.calls.store import keep_account
from loom.core.clock import SystemClock
from loom.core.ids import AccountId, ExecutionId, new_id
from loom.core.money import Price
from loom.evaluation.scorers import ConfiguredScorer, ScoreInput, make_scorer
from loom.evaluation.scorers.base import ScoreContext
from loom.evaluation.scorers.calling import Caller, RouteWish, Vector
from loom.evaluation.scoring.calls import ScoringCalls
from loom.storage.database import open_database

__all__ = ["scorers"]

_BOUND_MS = 0.5
_CASES = 640
_DIMENSIONS = 1024
_VERDICT = json.dumps(
    {
        "reasoning": "The category is right, and the urgency is not what the message says.",
        "criteria": {"correctness": 0.5, "completeness": 1.0, "format_compliance": 1.0},
        "score": 0.6,
    }
)
_TOLD = "Sort the message into a category and say how urgent it is. " * 20


class _Canned(OpenAIBackend):
    """Spells and reads as OpenAI does, and answers from memory."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:9")
        usage = {"prompt_tokens": 900, "completion_tokens": 60, "total_tokens": 960}
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": _VERDICT}}
        self._chat = json.dumps({"id": "x", "model": "m", "choices": [choice], "usage": usage}).encode()
        data = [{"index": at, "embedding": [at / 7 - n / 999 for n in range(_DIMENSIONS)]} for at in (0, 1)]
        self._vectors = json.dumps({"model": "m", "data": data, "usage": usage}).encode()

    async def send(self, wire: Wire, on_delta: OnDelta | None = None) -> Received:
        del on_delta
        return Received(self._chat if wire.kind is WireKind.CHAT else self._vectors)


class _Overheard:
    """A caller that keeps what it is asked."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self.asked: list[tuple[str, object, RouteWish]] = []

    async def ask(
        self, request: ModelRequest, wish: RouteWish, *, sample: int = 0, timeout_s: float | None = None
    ) -> ModelAnswer:
        self.asked.append(("ask", request, wish))
        return await self._caller.ask(request, wish, sample=sample, timeout_s=timeout_s)

    async def embed(
        self, texts: Sequence[str], wish: RouteWish, *, timeout_s: float | None = None
    ) -> tuple[Vector, ...]:
        self.asked.append(("embed", texts, wish))
        return await self._caller.embed(texts, wish, timeout_s=timeout_s)


def scorers(setting: Setting) -> Iterator[Figure]:
    """CPU of the judge and the embedding scorer beyond their calls."""
    for name, spec in (
        ("llm_judge", {"scorer": "llm_judge", "model": "m"}),
        ("embedding_similarity", {"scorer": "embedding_similarity", "model": "m"}),
    ):
        rounds = [
            asyncio.run(_round(setting.folder / f"{name}-{number}.db", make_scorer(spec)))
            for number in range(setting.rounds(5))
        ]
        called_ms = median(one.called_ms for one in rounds)
        added_ms = median(one.scored_ms - one.called_ms for one in rounds)
        yield Figure(
            name="scorers",
            what=f"CPU of {name} beyond its call",
            measured=f"{added_ms:.3f} ms",
            beside=f"{_BOUND_MS} ms (its call: {called_ms:.3f} ms)",
            ratio=added_ms / _BOUND_MS,
            bound=1.0,
            note=f"in {len(rounds)} rounds of {_CASES} cases",
        )


@dataclass(frozen=True, slots=True)
class _Round:
    called_ms: float
    scored_ms: float


async def _round(file: Path, scorer: ConfiguredScorer) -> _Round:
    """The scorer over the cases, and then the same calls without it, each in a database of its own."""
    items = [_item(number) for number in range(_CASES)]
    async with _calls(file.with_suffix(".scored.db"), scorer) as calls:
        heard = [_Overheard(calls.caller(ExecutionId(new_id()), _nothing)) for _ in items]

        async def score(number: int) -> None:
            found = await scorer.score_waiting(items[number], ScoreContext(b"", heard[number]))
            if found.value is None:
                raise RuntimeError(found.reason)

        scored_ms = await _cpu_ms(score)
    async with _calls(file.with_suffix(".called.db"), scorer) as calls:
        callers = [calls.caller(ExecutionId(new_id()), _nothing) for _ in items]

        async def call(number: int) -> None:
            for method, content, wish in heard[number].asked:
                await getattr(callers[number], method)(content, wish)

        called_ms = await _cpu_ms(call)
    return _Round(called_ms, scored_ms)


async def _cpu_ms(case: Callable[[int], Awaitable[None]]) -> float:
    """CPU per case, all threads, of `case` for each number, as many at a time as an evaluation has in flight."""
    began = time.process_time()
    for start in range(0, _CASES, IN_FLIGHT):
        await asyncio.gather(*map(case, range(start, min(start + IN_FLIGHT, _CASES))))
    return 1000 * (time.process_time() - began) / _CASES


@asynccontextmanager
async def _calls(file: Path, scorer: ConfiguredScorer) -> AsyncGenerator[ScoringCalls]:
    """The calls of a job in a new database, over an endpoint that answers at once."""
    database, clock, account = open_database(f"sqlite:///{file}"), SystemClock(), AccountId(new_id())
    await database.writer.commit(keep_account(account, "bench", None, None, 0, 0))
    route = Route(_Canned(), "m", Price(1000, 1000), LimitKeys("canned", "m"), Limiter(clock))
    routes = dict.fromkeys(scorer.routes, route)
    yield ScoringCalls(routes, Journal(database.writer, clock, account), database)
    await database.writer.flush()
    await database.aclose()


def _nothing() -> None:
    """The execution needs no beginning here."""


def _item(number: int) -> ScoreInput:
    expected = {"category": "billing", "urgency": "high", "summary": f"Case {number}. " * 10}
    output = {**expected, "urgency": "normal"}
    text = {"text": f"Message {number}: the kettle is broken and I want my money back. " * 5}
    return ScoreInput(text, output, expected, json.dumps(output), f"case-{number}", _TOLD)
