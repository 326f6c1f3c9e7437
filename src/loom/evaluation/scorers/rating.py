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

    def score(self, item: ScoreInput) -> ScoreResult:
        """Nobody has rated it yet."""
        del item
        return ScoreResult.unscored(WAITS_FOR_A_PERSON)
