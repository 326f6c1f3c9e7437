"""Embeddings over the OpenAI API: batches out, checked vectors back in order. Knows no transport."""

import math
from collections.abc import Awaitable, Callable
from typing import cast

from loom.calls.backend import Embedded
from loom.calls.openai.codec import as_object, malformed
from loom.calls.openai.errors import reported_under_success
from loom.core.jsonvalue import Json, JsonValue, canonical

__all__ = ["embed"]

_BATCH = 32

Ask = Callable[[bytes, int], Awaitable[bytes]]
"""Carries the body of a batch, given its number from 0, and returns the response."""


async def embed(model: str, texts: tuple[str, ...], ask: Ask) -> Embedded:
    """One vector per text, all of one length.

    Batches hold 32 texts, the smallest cap in use among the servers that speak this API.

    Raises:
        ProviderError: what `ask` raises, or `MALFORMED`.
    """
    vectors: list[tuple[float, ...]] = []
    tokens: int | None = 0
    for number, start in enumerate(range(0, len(texts), _BATCH)):
        batch = texts[start : start + _BATCH]
        document = as_object(await ask(canonical({"model": model, "input": list(batch)}), number))
        vectors.extend(_vectors(document, len(batch)))
        spent = _tokens(document)
        tokens = None if tokens is None or spent is None else tokens + spent
    if len({len(vector) for vector in vectors}) > 1:
        raise malformed("vectors of different lengths")
    return Embedded(tuple(vectors), tokens)


def _vectors(document: Json, wanted: int) -> list[tuple[float, ...]]:
    if document.get("error"):
        raise reported_under_success(document)
    data = document.get("data")
    if not isinstance(data, list) or len(cast("list[JsonValue]", data)) != wanted:
        raise malformed(f"not {wanted} embeddings")
    found: dict[int, tuple[float, ...]] = {}
    for place, entry in enumerate(cast("list[JsonValue]", data)):
        if not isinstance(entry, dict):
            raise malformed("with an embedding that is not an object")
        index: JsonValue = cast("Json", entry).get("index", place)
        found[index if type(index) is int else -1] = _vector(cast("Json", entry).get("embedding"))
    if set(found) != set(range(wanted)):
        raise malformed("with embeddings whose indexes do not match the texts")
    return [found[index] for index in range(wanted)]


def _vector(values: JsonValue) -> tuple[float, ...]:
    if not isinstance(values, list) or not values:
        raise malformed("with an embedding that is not a list of numbers")
    numbers = cast("list[JsonValue]", values)
    if not all(type(number) in (int, float) and math.isfinite(number) for number in numbers):
        raise malformed("with an embedding that is not a list of finite numbers")
    return tuple(float(number) for number in numbers)


def _tokens(document: Json) -> int | None:
    usage = document.get("usage")
    count = cast("Json", usage).get("prompt_tokens") if isinstance(usage, dict) else None
    return count if type(count) is int and count >= 0 else None
