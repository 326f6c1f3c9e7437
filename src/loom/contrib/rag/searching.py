"""One question to a store, checked before and explained after: for the command line and the Workshop."""

from collections.abc import Sequence
from dataclasses import dataclass

from loom.contrib.rag.schemas import SimilarityResult
from loom.contrib.rag.vectorstore.base import VectorStore
from loom.contrib.rag.vectorstore.embedding import is_hashed
from loom.core.bounds import RESULTS
from loom.core.errors import Problem, UsageError
from loom.core.jsonvalue import Json

__all__ = ["Found", "Question", "ask", "made_by"]

_LONGEST = 10_000


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for.

    Raises:
        UsageError: when it cannot be asked.
    """

    query: str
    limit: int = 10
    min_score: float = 0.0
    channel_ids: Sequence[int] = ()

    def __post_init__(self) -> None:
        rules = (
            (self.query.strip() != "", "query", "is empty", None, "write what to look for"),
            (
                len(self.query) <= _LONGEST,
                "query",
                f"has more than {_LONGEST:,} characters",
                None,
                "ask in fewer",
            ),
            (0 <= self.min_score <= 1, "min_score", "is not from 0 to 1", self.min_score, "0 finds the most"),
            (
                all(abs(one) < 2**63 for one in self.channel_ids),
                "channel_ids",
                "has a number too large",
                None,
                "give the id of a channel",
            ),
        )
        problems = [
            Problem(what, field, value=value, remedy=remedy)
            for holds, field, what, value, remedy in rules
            if not holds
        ]
        if not RESULTS.holds(self.limit):
            problems.append(RESULTS.broken("limit", self.limit))
        if problems:
            raise UsageError(problems)


@dataclass(frozen=True, slots=True)
class Found:
    """The answer."""

    results: tuple[SimilarityResult, ...]
    notes: tuple[str, ...]
    """What to know about it: who made the vectors, and what was not searched."""

    bare: bool = False
    """There was nothing to be searched: nothing has been brought in yet."""

    def json(self, question: Question) -> Json:
        """The answer for programs."""
        return {
            "query": question.query,
            "results": [one.model_dump() for one in self.results],
            "notes": list(self.notes),
        }


def ask(store: VectorStore, question: Question) -> Found:
    """What `store` has that is near.

    Raises:
        NotFoundError: when nothing in it has a vector.
        ProviderError: when the question cannot be embedded.
    """
    channels = list(question.channel_ids) or None
    results = store.search(question.query.strip(), question.limit, question.min_score, channels)
    stats = store.stats()
    bare = not stats["total_chunks"]
    return Found(
        tuple(results), ("Nothing has been brought in yet.",) if bare else tuple(_notes(stats)), bare
    )


def made_by(model: str) -> str:
    """Who makes the vectors, in words."""
    return f"{model}: shared words and spellings, no model" if is_hashed(model) else model


def _notes(stats: Json) -> list[str]:
    notes: list[str] = []
    if model := stats.get("embedding_model"):
        notes.append(f"Vectors by {made_by(model)}.")
    bare = stats["total_chunks"] - stats.get("embedded_chunks", stats["total_chunks"])
    if bare:
        notes.append(f"{bare:,} of {stats['total_chunks']:,} chunks have no vector and were not searched.")
    return notes
