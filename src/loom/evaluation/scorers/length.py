"""The scorer for how long a text is: in characters, words or tokens."""

from dataclasses import asdict, dataclass
from typing import ClassVar

from loom.core.errors import ConfigError, Problem
from loom.core.jsonvalue import Json
from loom.evaluation.scorers.base import ScoreInput, ScoreResult
from loom.evaluation.scorers.fields import text_of
from loom.worker.prompt import estimated_tokens

__all__ = ["Length"]

_UNITS = ("chars", "words", "tokens")


@dataclass(frozen=True, slots=True)
class Length:
    """1 when the text keeps every bound, else 0; `graded` gives the share by which it misses."""

    name: ClassVar[str] = "length"
    version: ClassVar[int] = 1
    min_chars: int | None = None
    max_chars: int | None = None
    min_words: int | None = None
    max_words: int | None = None
    min_tokens: int | None = None
    max_tokens: int | None = None
    """Estimated, as everywhere before a call: providers count differently."""

    field: str | None = None
    graded: bool = False

    def __post_init__(self) -> None:
        """Refuse bounds that say nothing or cannot be kept.

        Raises:
            ConfigError: for none, or a minimum above its maximum.
        """
        bounds = [(unit, *self._bounds(unit)) for unit in _UNITS]
        if all(low is None and high is None for _, low, high in bounds):
            raise ConfigError(Problem("has no bound", "length", remedy="give max_words, or another bound"))
        crossed = [unit for unit, low, high in bounds if low is not None and high is not None and low > high]
        if crossed:
            raise ConfigError(
                Problem(f"is above max_{unit}", f"min_{unit}", remedy="exchange them") for unit in crossed
            )

    @property
    def params(self) -> Json:
        """All bounds, the field, and whether it is graded."""
        return asdict(self)

    def score(self, item: ScoreInput) -> ScoreResult:
        """Measure the text; without one the score is 0."""
        text = text_of(item, self.field)
        if text is None:
            return ScoreResult(0.0, "there is no text to measure")
        value, faults, found = 1.0, list[str](), dict[str, int]()
        for unit in _UNITS:
            low, high = self._bounds(unit)
            if low is None and high is None:
                continue
            size = found[unit] = _size(text, unit)
            if low is not None and size < low:
                faults.append(f"{size} {unit}, at least {low} wanted")
                value = min(value, size / low)
            elif high is not None and size > high:
                faults.append(f"{size} {unit}, at most {high} wanted")
                value = min(value, high / size)
        if not faults:
            return ScoreResult(1.0, "within the bounds", dict(found))
        return ScoreResult(value if self.graded else 0.0, "; ".join(faults), dict(found))

    def _bounds(self, unit: str) -> tuple[int | None, int | None]:
        return getattr(self, f"min_{unit}"), getattr(self, f"max_{unit}")


def _size(text: str, unit: str) -> int:
    if unit == "chars":
        return len(text)
    return len(text.split()) if unit == "words" else estimated_tokens(text)
