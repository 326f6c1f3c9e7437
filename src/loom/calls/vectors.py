"""How embeddings are asked for, and what vectors must be to be used: one per text, of finite numbers, of one length."""

import math
from typing import cast

from loom.calls.reading import malformed
from loom.core.jsonvalue import JsonValue, canonical

__all__ = ["encode_embedding", "read_vectors"]


def encode_embedding(model: str, texts: tuple[str, ...]) -> bytes:
    """The canonical body of "a vector for each of these", as most APIs spell it."""
    return canonical({"model": model, "input": texts})


def read_vectors(values: JsonValue, count: int) -> tuple[tuple[float, ...], ...]:
    """`values` as the vectors of `count` texts.

    Raises:
        ProviderError: `MALFORMED`.
    """
    if not isinstance(values, list) or len(cast("list[JsonValue]", values)) != count:
        raise malformed(f"not {count} embeddings")
    vectors = tuple(_vector(value) for value in cast("list[JsonValue]", values))
    if len({len(vector) for vector in vectors}) > 1:
        raise malformed("vectors of different lengths")
    return vectors


def _vector(values: JsonValue) -> tuple[float, ...]:
    if not isinstance(values, list) or not values:
        raise malformed("with an embedding that is not a list of numbers")
    numbers = cast("list[JsonValue]", values)
    if not all(map(_is_finite, numbers)):
        raise malformed("with an embedding that is not a list of finite numbers")
    return tuple(map(float, numbers))


def _is_finite(number: JsonValue) -> bool:
    try:
        return type(number) in (int, float) and math.isfinite(number)
    except OverflowError:  # an integer beyond floats
        return False
