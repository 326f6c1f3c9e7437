"""What flows through the room, from a message of an export to a found passage."""

from loom.contrib.rag.schemas.chunks import ChunkStrategy, EmbeddedChunk, SimilarityResult, TextChunk
from loom.contrib.rag.schemas.posts import ChannelBias, ChannelEditorProfile, Language, NormalizedPost
from loom.contrib.rag.schemas.streams import MuxedStream, MuxEntry, MuxWindowConfig
from loom.contrib.rag.schemas.telegram import (
    RawTelegramMessage,
    ReactionCount,
    TelegramChannel,
    TelegramMediaType,
    TextEntity,
)

__all__ = [
    "ChannelBias",
    "ChannelEditorProfile",
    "ChunkStrategy",
    "EmbeddedChunk",
    "Language",
    "MuxEntry",
    "MuxWindowConfig",
    "MuxedStream",
    "NormalizedPost",
    "RawTelegramMessage",
    "ReactionCount",
    "SimilarityResult",
    "TelegramChannel",
    "TelegramMediaType",
    "TextChunk",
    "TextEntity",
]
