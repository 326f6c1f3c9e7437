"""The scorer for meaning: how near the output is to a reference, as the cosine of their embeddings.

Without a model the vectors are hashed words and trigrams, made here: no call, no network. With one they are calls.
"""

from dataclasses import dataclass
from math import sqrt
from operator import mul
from typing import ClassVar

from loom.calls.models import Purpose
from loom.core.jsonvalue import Json
from loom.evaluation.scorers.base import AnyScorer, ScoreContext, ScoreInput, ScoreResult
from loom.evaluation.scorers.calling import RouteWish, Vector
from loom.evaluation.scorers.fields import expected_text, spelled, text_of
from loom.evaluation.scorers.match import NOTHING_EXPECTED

__all__ = ["EmbeddingSimilarity", "HashedSimilarity", "cosine", "make_similarity"]

HASHED = "hashed"


def make_similarity(
    reference: str | None = None,
    field: str | None = None,
    model: str | None = None,
    endpoint: str | None = None,
) -> AnyScorer:
    """By `model`, or by hashing when none is named, or `hashed`."""
    if model in (None, HASHED) and endpoint is None:
        return HashedSimilarity(reference, field)
    return EmbeddingSimilarity(reference, field, model, endpoint)


def cosine(left: Vector, right: Vector) -> float:
    """From -1 to 1; 0 when either is all zeros."""
    size = sqrt(sum(map(mul, left, left)) * sum(map(mul, right, right)))
    return min(1.0, max(-1.0, sum(map(mul, left, right)) / size)) if size else 0.0


@dataclass(frozen=True, slots=True)
class HashedSimilarity:
    """The cosine of hashed embeddings: texts that share words and spellings are near."""

    name: ClassVar[str] = "embedding_similarity"
    version: ClassVar[int] = 1
    reference: str | None = None
    field: str | None = None

    @property
    def params(self) -> Json:
        """Reference and field, and that it is hashed."""
        return {"reference": self.reference, "field": self.field, "model": HASHED, "endpoint": None}

    def score(self, item: ScoreInput) -> ScoreResult:
        """Compare with the reference, or with the expected output without one."""
        texts = _texts(item, self.reference, self.field)
        if isinstance(texts, ScoreResult):
            return texts
        from loom.calls.simulated.embedding import embed  # with it comes the whole family

        left, right = embed(texts)
        return _result(tuple(left), tuple(right), HASHED)


@dataclass(frozen=True, slots=True)
class EmbeddingSimilarity:
    """The cosine of a model's embeddings."""

    name: ClassVar[str] = "embedding_similarity"
    version: ClassVar[int] = 1
    reference: str | None
    field: str | None
    model: str | None
    endpoint: str | None

    @property
    def params(self) -> Json:
        """Reference and field, and who embeds."""
        return {
            "reference": self.reference,
            "field": self.field,
            "model": self.model,
            "endpoint": self.endpoint,
        }

    @property
    def routes(self) -> tuple[RouteWish, ...]:
        """The embedding model."""
        return (RouteWish(Purpose.EMBED, self.model, self.endpoint),)

    async def score(self, item: ScoreInput, context: ScoreContext) -> ScoreResult:
        """Compare with the reference, or with the expected output without one."""
        texts = _texts(item, self.reference, self.field)
        if isinstance(texts, ScoreResult):
            return texts
        left, right = await context.caller.embed(texts, *self.routes)
        return _result(left, right, self.model or "")


def _texts(item: ScoreInput, reference: str | None, field: str | None) -> tuple[str, str] | ScoreResult:
    """The two texts, or what is to be said without them."""
    wanted = expected_text(item, field) if reference is None else reference
    if wanted is None or not wanted.strip():
        return ScoreResult.unscored(NOTHING_EXPECTED)
    found = text_of(item, field)
    if field is None and reference is None and not isinstance(item.expected, str) and item.output is not None:
        found = spelled(item.output)  # JSON is compared with JSON in one spelling
    if found is None or not found.strip():
        return ScoreResult(0.0, "there is no text to compare")
    return found, wanted


def _result(left: Vector, right: Vector, model: str) -> ScoreResult:
    """Opposite meanings are no nearer than unrelated ones: what is below 0 counts as 0."""
    near = cosine(left, right)
    return ScoreResult(max(0.0, near), f"cosine {near:.3f}", {"cosine": near, "model": model})
