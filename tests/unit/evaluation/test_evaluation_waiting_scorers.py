"""The guard of scorers that wait: what raises, hangs or answers nonsense is unscored, and never 0."""

import asyncio
import importlib.metadata
import threading
import time
from typing import Any, ClassVar

import pytest

from loom.calls.models import ModelAnswer, ModelRequest, Purpose
from loom.core.errors import EndpointDownError, Fault, LimitError, ProviderError
from loom.evaluation.scorers import ConfiguredScorer, ScoreInput, ScoreResult, make_scorer
from loom.evaluation.scorers.base import ScoreContext
from loom.evaluation.scorers.calling import RouteWish

ITEM = ScoreInput({}, {"label": "x"})
WISH = RouteWish(Purpose.JUDGE, "m")
ASKED = ModelRequest("", ())


class Model:
    """A caller whose answers take a while, or fail."""

    def __init__(self, takes_s: float = 0.0, fails: Exception | None = None) -> None:
        self._takes_s = takes_s
        self._fails = fails

    async def ask(
        self, request: ModelRequest, wish: RouteWish, *, sample: int = 0, timeout_s: Any = None
    ) -> ModelAnswer:
        await asyncio.sleep(self._takes_s)
        if self._fails is not None:
            raise self._fails
        return ModelAnswer("ok")

    async def embed(self, texts: Any, wish: RouteWish, *, timeout_s: Any = None) -> Any:
        return tuple((1.0,) for _ in texts)


class Does:
    """A scorer that does what a test says."""

    name = "does"
    version = 1
    params: ClassVar[dict[str, Any]] = {}
    routes = (WISH,)

    def __init__(self, do: Any) -> None:
        self._do = do

    async def score(self, item: ScoreInput, context: ScoreContext) -> ScoreResult:
        return await self._do(context.caller)


async def run(do: Any, *, timeout_s: float = 5.0, model: Model | None = None) -> ScoreResult:
    scorer = ConfiguredScorer(Does(do), timeout_s=timeout_s)
    assert scorer.waits
    return await scorer.score_waiting(ITEM, ScoreContext(b"e", model or Model()))


def gives(value: Any, **fields: Any) -> Any:
    async def do(_caller: Any) -> ScoreResult:
        return ScoreResult(value, **fields)

    return do


async def raises(_caller: Any) -> ScoreResult:
    raise KeyError("x")


async def is_cancelled(_caller: Any) -> ScoreResult:
    raise asyncio.CancelledError


async def says_nothing(_caller: Any) -> Any:
    return None


@pytest.mark.parametrize(
    ("do", "reason"),
    [
        (raises, "does failed: KeyError: 'x'"),
        (says_nothing, "does failed: AttributeError"),
        (is_cancelled, "does failed: it was cancelled from within"),
        (gives(float("nan")), "does gave a value that is not in [0, 1]"),
        (gives(1.1), "does gave a value that is not in [0, 1]"),
        (gives(True), "does gave a value that is not in [0, 1]"),
        (gives(0.5, details={"x": float("nan")}), "does failed: ValueError"),
        (gives(0.5, reason={1, 2}), "does failed: TypeError"),
    ],
)
async def test_a_failure_is_unscored_with_its_reason(do, reason):
    found = await run(do)
    assert found.value is None
    assert found.reason.startswith(reason)


async def test_one_that_hangs_is_cancelled():
    ended = asyncio.Event()

    async def hang(_caller: Any) -> ScoreResult:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()
        return ScoreResult(1.0)

    found = await run(hang, timeout_s=0.02)
    assert (found.value, found.reason, ended.is_set()) == (None, "does took longer than 0.02 s", True)


async def test_the_time_of_a_model_call_is_not_the_scorers():
    async def ask(caller: Any) -> ScoreResult:
        await caller.ask(ASKED, WISH)
        await caller.embed(["a"], WISH)
        return ScoreResult(1.0)

    assert (await run(ask, timeout_s=0.03, model=Model(takes_s=0.1))).value == 1


async def test_after_its_call_the_scorers_time_runs_on():
    async def ask_and_hang(caller: Any) -> ScoreResult:
        await asyncio.gather(caller.ask(ASKED, WISH), caller.ask(ASKED, WISH))
        await asyncio.sleep(60)
        return ScoreResult(1.0)

    assert (await run(ask_and_hang, timeout_s=0.02, model=Model(takes_s=0.03))).value is None


async def test_what_stops_the_job_is_passed_on_whatever_the_scorer_makes_of_it():
    async def swallow(caller: Any) -> ScoreResult:
        try:
            await caller.ask(ASKED, WISH)
        except Exception:  # noqa: BLE001 - what a careless scorer does
            return ScoreResult(0.0)
        return ScoreResult(1.0)

    halting = [
        LimitError("the budget has no room"),
        EndpointDownError("down", Fault.SERVER),
        ProviderError("wrong key", Fault.UNAUTHORIZED),
    ]
    for error in halting:
        with pytest.raises(type(error), match=str(error)):
            await run(swallow, model=Model(fails=error))
    refused = ProviderError("too long", Fault.REFUSED)
    assert (await run(swallow, model=Model(fails=refused))).value == 0


async def test_an_error_of_the_scorers_own_does_not_stop_the_job():
    async def limit(_caller: Any) -> ScoreResult:
        raise LimitError("my sandbox has no memory left")

    assert (await run(limit)).reason == "does failed: my sandbox has no memory left"


class Foreign:
    """A plain scorer of another package."""

    name = "foreign"
    version = 3
    params: ClassVar[dict[str, Any]] = {"a": 1}
    release = threading.Event()
    asked = 0

    def score(self, item: ScoreInput) -> ScoreResult:
        Foreign.asked += 1
        if item.output == "hang":
            Foreign.release.wait(30)
        if item.output == "raise":
            raise ValueError("hm")
        return ScoreResult(1.0, threading.current_thread().name)


class Entry:
    name = "foreign"

    def load(self):
        return lambda _params: Foreign()


@pytest.fixture
def foreign(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: [Entry()])
    Foreign.release.clear()
    Foreign.asked = 0
    yield make_scorer({"scorer": "foreign", "timeout_s": 0.05})
    Foreign.release.set()


async def test_a_plain_scorer_of_another_package_cannot_hold_up_the_run(foreign):
    async def score(output: str) -> ScoreResult:
        return await foreign.score_waiting(ScoreInput({}, output), ScoreContext(b"e", Model()))

    assert (foreign.waits, foreign.version, foreign.params) == (True, 3, {"a": 1})
    good = await score("fine")
    assert (good.value, good.reason) == (1, "scorer-foreign")
    assert (await score("raise")).reason == "foreign failed: ValueError: hm"
    began = time.monotonic()
    reasons = [(await score("hang")).reason for _ in range(6)]
    assert reasons[:4] == ["foreign took longer than 0.05 s"] * 4
    assert all("is not asked any more" in reason for reason in reasons[4:])
    assert Foreign.asked == 6
    assert time.monotonic() - began < 5
