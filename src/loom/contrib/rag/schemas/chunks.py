"""A piece of a post: as text, with its vector, and as something that was found."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["ChunkStrategy", "EmbeddedChunk", "SimilarityResult", "TextChunk"]


class ChunkStrategy(StrEnum):
    """Where posts are cut."""

    WHOLE_POST = "whole_post"
    PARAGRAPH = "paragraph"
    SENTENCE = "sentence"
    FIXED_CHAR = "fixed_char"


class _Chunk(BaseModel):
    """What every chunk tells of itself."""

    model_config = ConfigDict(extra="allow")

    chunk_id: str
    """`{post}:{number}`."""

    source_global_id: str
    source_channel_id: int
    source_channel_name: str = ""
    timestamp_unix: int = 0
    text: str
    char_start: int = 0
    """Where it begins in the post's clean text."""

    char_end: int = 0
    """Where it ends, exclusive."""

    chunk_index: int = 0
    total_chunks: int = 0
    """How many the post has; 0 when that is not known."""

    strategy: ChunkStrategy = ChunkStrategy.SENTENCE


class TextChunk(_Chunk):
    """A piece of a post."""

    overlap_chars: int = 0
    """How much of it the chunk before ends with."""


class EmbeddedChunk(_Chunk):
    """A piece of a post, with its vector."""

    embedding: list[float] | None
    """None for a chunk that is kept without one, and cannot be searched."""

    model: str = ""
    dimensions: int = 0
    embedded_at: datetime = Field(default_factory=lambda: datetime.now(UTC))

    @classmethod
    def of(cls, chunk: TextChunk, embedding: list[float] | None = None, model: str = "") -> Self:
        """`chunk` with the vector that `model` made of it, or with none."""
        known = {name: getattr(chunk, name) for name in _Chunk.model_fields}
        return cls(**known, embedding=embedding, model=model, dimensions=len(embedding or ()))


class SimilarityResult(BaseModel):
    """A chunk that was found."""

    chunk_id: str
    text: str
    score: float = Field(ge=0, le=1)
    """Cosine of the angle between it and the question, 0 for all that point away."""

    source_channel_id: int
    source_global_id: str
    metadata: dict[str, Any] = Field(default_factory=dict[str, Any])
    """`source_channel_name`, `timestamp_unix`, `strategy`."""
