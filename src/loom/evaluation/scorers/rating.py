"""The scorer for what only a person can say: unscored until somebody has rated the output."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from loom.core.jsonvalue import Json
from loom.evaluation.scorers.base import ScoreInput, ScoreResult

__all__ = ["WAITS_FOR_A_PERSON", "HumanRating", "Scale"]

WAITS_FOR_A_PERSON = "waits for a person's rating"
"""Why an output is unscored that nobody has rated."""


class Scale(StrEnum):
    """How a person rates."""

    STARS = "stars"
    """1 to 5."""

    THUMBS = "thumbs"
    """`up` or `down`."""

    SHARE = "share"
    """0 to 1."""


_CHOICES: dict[str, tuple[tuple[float, str], ...]] = {
    Scale.STARS: ((1.0, "5 stars"), (0.75, "4 stars"), (0.5, "3 stars"), (0.25, "2 stars"), (0.0, "1 star")),
    Scale.THUMBS: ((1.0, "up"), (0.0, "down")),
    Scale.SHARE: ((1.0, "pass"), (0.0, "fail"), (0.75, "0.75"), (0.5, "0.5"), (0.25, "0.25")),
}


@dataclass(frozen=True, slots=True)
class HumanRating:
    """A person's rating, brought to [0, 1]."""

    name: ClassVar[str] = "human_rating"
    version: ClassVar[int] = 1
    scale: str = Scale.STARS
    question: str | None = None

    @property
    def params(self) -> Json:
        """Scale and question."""
        return {"scale": str(self.scale), "question": self.question}

    @property
    def choices(self) -> tuple[tuple[float, str], ...]:
        """What a page offers: each rating as it counts, and in words."""
        return _CHOICES[self.scale]

    def score(self, item: ScoreInput) -> ScoreResult:
        """Nobody has rated it yet."""
        del item
        return ScoreResult.unscored(WAITS_FOR_A_PERSON)
