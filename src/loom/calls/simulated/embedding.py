"""Embeddings without a model: hashed words and character trigrams, normalised to length 1."""

import math
from collections.abc import Sequence
from functools import lru_cache
from zlib import crc32

from loom.calls.simulated.text import STOPWORDS, stem, words

__all__ = ["DIMENSIONS", "embed"]

DIMENSIONS = 256
_WORD_WEIGHT = 1.0
_COMMON_WEIGHT = 0.15
_TRIGRAM_WEIGHT = 0.35


def embed(texts: Sequence[str], dimensions: int = DIMENSIONS) -> list[list[float]]:
    """One unit vector per text; texts that share words and spellings are near. An empty text gives zeros."""
    return [_vector(text, dimensions) for text in texts]


def _vector(text: str, dimensions: int) -> list[float]:
    vector = [0.0] * dimensions
    for word in words(text):
        for position, weight in _features(word):
            vector[position % dimensions] += weight if position & 1 << 31 else -weight
    length = math.sqrt(sum(value * value for value in vector))
    return [value / length for value in vector] if length else vector


@lru_cache(maxsize=16_384)
def _features(word: str) -> tuple[tuple[int, float], ...]:
    """Hashes of the word's stem and of its trigrams, each with its weight; the top bit of a hash is its sign."""
    weight = _COMMON_WEIGHT if word in STOPWORDS else _WORD_WEIGHT
    padded = f"<{word}>"
    trigrams = {padded[place : place + 3] for place in range(len(padded) - 2)}
    share = weight * _TRIGRAM_WEIGHT / math.sqrt(len(trigrams))
    parts = sorted(trigrams)
    return ((crc32(stem(word).encode()), weight), *((crc32(part.encode()), share) for part in parts))
