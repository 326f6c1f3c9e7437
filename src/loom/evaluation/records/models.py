"""The values of a run that was measured elsewhere: what it was, and each of its results as it came."""

from dataclasses import asdict, dataclass, field
from typing import Any

from loom.core.ids import RunId
from loom.core.jsonvalue import Json, JsonValue
from loom.evaluation.models import ABSENT, Case

__all__ = ["RecordedResult", "RecordedRun"]

_EXPECTED = "expected"


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """A run as whoever measured it describes it."""

    worker: str
    suite: str
    planned: int
    tier: str = ""
    model: str = ""
    version: bytes | None = None
    """The hash of the text that defined the worker, when it is kept."""

    method: str = ""
    """What scored it, when that is known."""

    metadata: Json = field(default_factory=dict[str, JsonValue])
    started_us: int | None = None
    """None: now."""

    id: RunId | None = None
    """The one that it had elsewhere; None: a new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedResult:
    """What became of one case."""

    name: str
    input: Json
    passed: bool
    expected: JsonValue = ABSENT
    output: JsonValue | None = None
    raw: str | None = None
    problems: tuple[str, ...] = ()
    score: float | None = None
    details: JsonValue | None = None
    latency_ms: int | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    model: str | None = None
    error: str | None = None

    @property
    def case(self) -> Case:
        """The case that it is a result of."""
        return Case(self.name, self.input, self.expected)

    @property
    def value(self) -> float:
        """The score that says `passed`: its own, unless it says the opposite."""
        given = self.score
        if given is None or not 0 <= given <= 1 or (given >= 0.5) != self.passed:
            return float(self.passed)
        return given

    def to_json(self) -> Json:
        """The result as it is kept."""
        kept: Json = {**asdict(self), "problems": list(self.problems)}
        if self.expected is ABSENT:
            del kept[_EXPECTED]
        return kept

    @staticmethod
    def from_json(kept: Json) -> "RecordedResult":
        """What `to_json` gave."""
        known: dict[str, Any] = {**kept, "problems": tuple(kept["problems"])}
        return RecordedResult(**known)
