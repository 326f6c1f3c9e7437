"""What every provider's embeddings must be to be used: as many as the texts, of finite numbers, of one length."""

import math
from typing import cast

from loom.calls.reading import malformed
from loom.core.jsonvalue import JsonValue

__all__ = ["read_vectors"]


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
    if not all(type(number) in (int, float) and math.isfinite(number) for number in numbers):
        raise malformed("with an embedding that is not a list of finite numbers")
    return tuple(map(float, numbers))
