"""The scorer for what only a person can say: unscored until somebody has rated the output."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from loom.core.errors import Problem, UsageError
from loom.core.jsonvalue import Json, JsonValue
from loom.evaluation.json_text import is_number
from loom.evaluation.scorers.base import ScoreInput, ScoreResult

__all__ = ["WAITS_FOR_A_PERSON", "HumanRating", "Scale"]

WAITS_FOR_A_PERSON = "waits for a person's rating"
"""Why an output is unscored that nobody has rated."""

_STARS = 5
_THUMBS = {"up": 1.0, "down": 0.0}


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

    def rated(self, rating: JsonValue) -> ScoreResult:
        """The score that a person's `rating` is.

        Raises:
            UsageError: for a rating that the scale does not have.
        """
        return ScoreResult(
            self._value(rating), f"rated {rating}", {"rating": rating, "scale": str(self.scale)}
        )

    def _value(self, rating: JsonValue) -> float:
        if self.scale == Scale.THUMBS:
            if isinstance(rating, str) and rating in _THUMBS:
                return _THUMBS[rating]
            remedy = "give up or down"
        elif self.scale == Scale.STARS:
            if is_number(rating) and 1 <= rating <= _STARS:
                return (rating - 1) / (_STARS - 1)
            remedy = f"give a number from 1 to {_STARS}"
        else:
            if is_number(rating) and 0 <= rating <= 1:
                return float(rating)
            remedy = "give a number from 0 to 1"
        raise UsageError(Problem("is not a rating", value=rating, remedy=remedy))
