"""What every store of chunks promises."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from loom.contrib.rag.schemas import EmbeddedChunk, SimilarityResult, TextChunk

__all__ = ["StoredChannel", "VectorStore"]


@dataclass(frozen=True, slots=True)
class StoredChannel:
    """A channel, as far as the store knows it."""

    channel_id: int
    name: str
    posts: int
    chunks: int
    earliest_unix: int
    latest_unix: int


class VectorStore(ABC):
    """Chunks and their vectors. Every method may block; used from one thread at a time, unless it says otherwise."""

    @abstractmethod
    def initialize(self) -> Self:
        """Make the store ready, creating it where there is none."""

    @abstractmethod
    def close(self) -> None:
        """Release what is held."""

    @abstractmethod
    def add_chunks(self, chunks: Sequence[TextChunk], batch_size: int = 64) -> int:
        """Embed and store, `batch_size` texts to a request; how many chunks were new or changed.

        Raises:
            ProviderError: when the vectors cannot be had; what was stored before stays.
        """

    @abstractmethod
    def add_embedded_chunks(self, chunks: Sequence[EmbeddedChunk]) -> int:
        """Store what has its vector already, or shall have none; how many chunks were new or changed."""

    @abstractmethod
    def search(
        self, query: str, limit: int = 10, min_score: float = 0.0, channel_ids: Sequence[int] | None = None
    ) -> list[SimilarityResult]:
        """The chunks nearest to `query`, the nearest first, of all channels or of some.

        Raises:
            NotFoundError: when there are chunks, and none has a vector.
            ProviderError: when the question cannot be embedded.
        """

    @abstractmethod
    def get(self, chunk_id: str) -> EmbeddedChunk | None:
        """One chunk."""

    @abstractmethod
    def delete(self, chunk_id: str) -> bool:
        """Remove one chunk; whether it was there."""

    @abstractmethod
    def delete_by_source(self, gid: str) -> int:
        """Remove the chunks of one post; how many there were."""

    @abstractmethod
    def count(self) -> int:
        """How many chunks there are."""

    @abstractmethod
    def stats(self) -> dict[str, int | float | str | None]:
        """Figures by name: `total_chunks` always, the others when there is a chunk."""

    def channels(self) -> list[StoredChannel]:
        """The channels that have chunks here; none from a store that cannot tell."""
        return []
