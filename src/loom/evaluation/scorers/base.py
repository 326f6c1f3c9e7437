"""The one signature of a scorer, plain or waiting, and the guard that turns its failures into `unscored`."""

import asyncio
from dataclasses import dataclass, replace
from inspect import iscoroutinefunction
from typing import ClassVar, Protocol, cast

import msgspec
from msgspec import structs

from loom.core.errors import LoomError
from loom.core.hashing import hash_json
from loom.core.jsonvalue import Json, JsonValue, canonical
from loom.core.value import Value
from loom.evaluation.json_text import is_number
from loom.evaluation.models import ABSENT
from loom.evaluation.scorers.calling import Caller, RouteWish
from loom.evaluation.scorers.patience import Patience

__all__ = [
    "DEFAULT_THRESHOLD",
    "DEFAULT_TIMEOUT_S",
    "AnyScorer",
    "AsyncScorer",
    "ConfiguredScorer",
    "JudgeChoice",
    "ScoreContext",
    "ScoreInput",
    "ScoreResult",
    "Scorer",
]

DEFAULT_THRESHOLD = 0.5
DEFAULT_TIMEOUT_S = 60.0


class ScoreInput(Value):
    """What a scorer may look at."""

    input: Json
    output: JsonValue
    """The parsed output; None when there is none."""

    expected: JsonValue = ABSENT
    raw_text: str | None = None
    """The model's answer as it came."""

    case: str = ""
    """The name of the case."""

    instructions: str = ""
    """What the worker was told to do: its system prompt."""


class ScoreResult(Value):
    """A score with its reason. `value` is in [0, 1], or None: *unscored*, neither a pass nor a failure."""

    value: float | None
    reason: str = ""
    details: Json = msgspec.field(default_factory=dict[str, JsonValue])

    @staticmethod
    def unscored(reason: str) -> "ScoreResult":
        """No verdict, and why."""
        return ScoreResult(None, reason)


@dataclass(frozen=True, slots=True)
class JudgeChoice:
    """Who judges, and by what prompt, where a scorer asks a judge and does not say."""

    model: str | None = None
    endpoint: str | None = None
    prompt: str | None = None
    """None: Loom's own."""


@dataclass(frozen=True, slots=True)
class ScoreContext:
    """What a waiting scorer may use."""

    execution: bytes
    """The id of the execution that is scored."""

    caller: Caller


class Scorer(Protocol):
    """A promise: the same name, version and parameters give the same score for the same input.

    Raise the version whenever scores change: stored scores are found again by `scorer_hash`. A scorer may
    raise; that execution is then unscored.
    """

    name: ClassVar[str]
    version: ClassVar[int]

    @property
    def params(self) -> Json:
        """What decides the score besides the version, defaults included."""
        ...

    def score(self, item: ScoreInput) -> ScoreResult:
        """Judge one output, without waiting for anything."""
        ...


class AsyncScorer(Protocol):
    """A scorer that waits: for a model, a server, a sandbox. Otherwise the promise of `Scorer`.

    It is cancelled when its time is up, unless it says `own_time_bound = True` and sees to that itself. One that has
    `async def aclose(self)` is closed when the run is over. One that has `async def try_out(self)` is asked before
    anything is paid what will keep it from judging: a list of problems. One that has `def foreseen(self, item)` says
    which requests it will make about `item`, so that their price is known beforehand.
    """

    name: ClassVar[str]
    version: ClassVar[int]

    @property
    def params(self) -> Json:
        """As in `Scorer`."""
        ...

    @property
    def routes(self) -> tuple[RouteWish, ...]:
        """The models it asks, so that what is missing is found before anything is paid; often none."""
        ...

    async def score(self, item: ScoreInput, context: ScoreContext) -> ScoreResult:
        """Judge one output."""
        ...


AnyScorer = Scorer | AsyncScorer


@dataclass(frozen=True, slots=True, eq=False)
class ConfiguredScorer:
    """A scorer as a run uses it: guarded, with the threshold of a pass and its weight among others."""

    scorer: AnyScorer
    threshold: float = DEFAULT_THRESHOLD
    weight: float = 1.0
    timeout_s: float = DEFAULT_TIMEOUT_S
    """For a waiting one: what it may take itself, and what each try of a call that it makes may take."""

    @property
    def name(self) -> str:
        """The registered name."""
        return self.scorer.name

    @property
    def version(self) -> int:
        """The scorer's version."""
        return self.scorer.version

    @property
    def params(self) -> Json:
        """The scorer's parameters. Threshold and weight are not among them: they do not change a score."""
        return self.scorer.params

    @property
    def scorer_hash(self) -> bytes:
        """The identity under which scores are stored: name, version, parameters."""
        return hash_json({"name": self.name, "version": self.version, "params": self.params})

    @property
    def waits(self) -> bool:
        """Whether `score_waiting` has to be used: the scorer is an `AsyncScorer`."""
        return iscoroutinefunction(self.scorer.score)

    @property
    def routes(self) -> tuple[RouteWish, ...]:
        """The models that scoring asks."""
        return tuple(getattr(self.scorer, "routes", ())) if self.waits else ()

    def score(self, item: ScoreInput) -> ScoreResult:
        """The result of a plain scorer; unscored when it raises or leaves [0, 1]."""
        try:
            return self._checked(cast("Scorer", self.scorer).score(item))
        except Exception as error:  # noqa: BLE001 - anyone's code; its bug is not the worker's
            return self._failed(error)

    async def score_waiting(self, item: ScoreInput, context: ScoreContext) -> ScoreResult:
        """The result of a waiting scorer; unscored also when it takes too long.

        Raises:
            LoomError: what keeps the job as a whole from going on: a budget, a refused key, a dead endpoint, the disk.
        """
        scorer = cast("AsyncScorer", self.scorer)
        patience = Patience(context.caller, self.timeout_s)
        bound_s = None if getattr(scorer, "own_time_bound", False) else self.timeout_s
        try:
            async with asyncio.timeout(bound_s) as patience.limit:
                result = await scorer.score(item, replace(context, caller=patience))
            result = self._checked(_storable(result))
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            result = ScoreResult.unscored(f"{self.name} failed: it was cancelled from within")
        except Exception as error:  # noqa: BLE001 - anyone's code; its bug is not the worker's
            late = patience.limit is not None and patience.limit.expired()
            result = self._late() if late else self._failed(error)
        if patience.halted is not None:
            raise patience.halted
        return result

    def _checked(self, result: ScoreResult) -> ScoreResult:
        given = result.value
        if given is None or ((given.__class__ is float or is_number(given)) and 0 <= given <= 1):
            return result
        return ScoreResult.unscored(f"{self.name} gave a value that is not in [0, 1]")

    def _failed(self, error: Exception) -> ScoreResult:
        said = str(error) if isinstance(error, LoomError) else f"{type(error).__name__}: {error}"
        return ScoreResult.unscored(f"{self.name} failed: {said}")

    def _late(self) -> ScoreResult:
        return ScoreResult.unscored(f"{self.name} took longer than {self.timeout_s:g} s")


def _storable(result: ScoreResult) -> ScoreResult:
    """`result` when it can be written down.

    Raises:
        TypeError: when it cannot.
        ValueError: when it holds a number that JSON does not have.
    """
    canonical([result.reason, result.details])
    return structs.replace(result, reason=str(result.reason))
