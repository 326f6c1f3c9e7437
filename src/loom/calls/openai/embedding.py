"""Embeddings in the OpenAI spelling: texts out, checked vectors back in order. Knows no transport."""

from typing import cast

from loom.calls.backend import Embedded
from loom.calls.reading import as_object, malformed
from loom.calls.reading import count as token_count
from loom.calls.refusals import reported_under_success
from loom.calls.vectors import read_vectors
from loom.core.jsonvalue import Json, JsonValue

__all__ = ["read_embedding"]


def read_embedding(body: bytes, count: int) -> Embedded:
    """The vectors of `count` texts.

    Raises:
        ProviderError: `MALFORMED`, or what an error reported in place of an answer says.
    """
    document = as_object(body)
    if document.get("error"):
        raise reported_under_success(document)
    model = document.get("model")
    vectors = read_vectors(_in_order(document.get("data"), count), count)
    return Embedded(vectors, _tokens(document), model if isinstance(model, str) else "")


def _in_order(data: JsonValue, count: int) -> list[JsonValue]:
    if not isinstance(data, list):
        raise malformed("without a list of embeddings")
    found: dict[int, JsonValue] = {}
    data = cast("list[JsonValue]", data)
    for place, entry in enumerate(data):
        if not isinstance(entry, dict):
            raise malformed("with an embedding that is not an object")
        index: JsonValue = cast("Json", entry).get("index", place)
        found[index if type(index) is int else -1] = cast("Json", entry).get("embedding")
    if len(found) != len(data) or set(found) != set(range(count)):
        raise malformed("with embeddings whose indexes do not match the texts")
    return [found[index] for index in range(count)]


def _tokens(document: Json) -> int | None:
    usage = document.get("usage")
    return token_count(cast("Json", usage).get("prompt_tokens")) if isinstance(usage, dict) else None
