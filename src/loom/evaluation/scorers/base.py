"""The one signature of a scorer, and the guard that turns its failures into `unscored`."""

from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from loom.core.hashing import hash_json
from loom.core.jsonvalue import Json, JsonValue
from loom.evaluation.json_text import is_number
from loom.evaluation.models import ABSENT

__all__ = ["ConfiguredScorer", "ScoreInput", "ScoreResult", "Scorer"]

DEFAULT_THRESHOLD = 0.5


@dataclass(frozen=True, slots=True)
class ScoreInput:
    """What a scorer may look at."""

    input: Json
    output: JsonValue
    """The parsed output; None when there is none."""

    expected: JsonValue = ABSENT
    raw_text: str | None = None
    """The model's answer as it came."""


@dataclass(frozen=True, slots=True)
class ScoreResult:
    """A score with its reason. `value` is in [0, 1], or None: *unscored*, neither a pass nor a failure."""

    value: float | None
    reason: str = ""
    details: Json = field(default_factory=dict[str, JsonValue])

    @staticmethod
    def unscored(reason: str) -> "ScoreResult":
        """No verdict, and why."""
        return ScoreResult(None, reason)


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
        """Judge one output."""
        ...


@dataclass(frozen=True, slots=True)
class ConfiguredScorer:
    """A scorer as a run uses it: guarded, with the threshold of a pass and its weight among others."""

    scorer: Scorer
    threshold: float = DEFAULT_THRESHOLD
    weight: float = 1.0

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

    def score(self, item: ScoreInput) -> ScoreResult:
        """The scorer's result; unscored when it raises or leaves [0, 1]."""
        try:
            result = self.scorer.score(item)
            value = result.value
        except Exception as error:  # noqa: BLE001 - anyone's code; its bug is not the worker's
            return ScoreResult.unscored(f"{self.name} failed: {type(error).__name__}: {error}")
        if value is not None and not (is_number(value) and 0 <= value <= 1):
            return ScoreResult.unscored(f"{self.name} gave a value that is not in [0, 1]")
        return result

    def passed(self, result: ScoreResult) -> bool | None:
        """Whether `result` reaches the threshold; None when unscored."""
        return None if result.value is None else result.value >= self.threshold
