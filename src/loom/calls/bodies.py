"""The bodies that clients send, read field by field. Knows no API.

What is missing or of the wrong type is a ValueError that names the field.
"""

import json
from typing import cast

from loom.calls.models import Part
from loom.core.jsonvalue import Json, JsonValue

__all__ = [
    "number",
    "object_at",
    "objects_at",
    "parsed_arguments",
    "text_at",
    "text_parts",
    "texts_at",
    "whole",
]

_LARGEST = 2**64


def objects_at(body: Json, key: str) -> list[Json]:
    """The objects in the list at `key`; none when it is absent."""
    values: JsonValue = body.get(key) or []
    if not isinstance(values, list) or not all(
        isinstance(value, dict) for value in cast("list[JsonValue]", values)
    ):
        raise ValueError(f"'{key}' must be an array of objects")
    return cast("list[Json]", values)


def object_at(body: Json, key: str) -> Json | None:
    """The object at `key`."""
    value = body.get(key)
    if value is not None and not isinstance(value, dict):
        raise ValueError(f"'{key}' must be an object")
    return cast("Json | None", value)


def text_at(body: Json, key: str) -> str:
    """The text at `key`, which must not be empty."""
    value = body.get(key)
    if not isinstance(value, str) or not value:
        raise ValueError(f"'{key}' must be a non-empty string")
    return value


def texts_at(body: Json, key: str) -> tuple[str, ...]:
    """The text or texts at `key`."""
    given = body.get(key)
    texts: JsonValue = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not all(
        isinstance(text, str) for text in cast("list[JsonValue]", texts)
    ):
        raise ValueError(f"'{key}' must be a string or an array of strings")
    return tuple(cast("list[str]", texts))


def text_parts(body: Json, key: str = "content") -> tuple[Part, ...]:
    """The content at `key`: a text, or a list of parts with a `text` each."""
    content = body.get(key)
    if isinstance(content, str):
        return (Part(content),)
    parts = objects_at(body, key)
    return tuple(Part(str(part.get("text") or ""), str(part.get("type") or "text")) for part in parts)


def number(body: Json, key: str) -> float | None:
    """The number at `key`."""
    value = body.get(key)
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _LARGEST
    if value is not None and not is_number:
        raise ValueError(f"'{key}' must be a number")
    return None if value is None else float(value)


def whole(body: Json, key: str) -> int | None:
    """The whole number at `key`."""
    found = number(body, key)
    if found is not None and found % 1:
        raise ValueError(f"'{key}' must be a whole number")
    return None if found is None else int(body[key])


def parsed_arguments(written: str) -> Json | None:
    """A tool's arguments as a JSON object; None when they are none."""
    try:
        value: JsonValue = json.loads(written or "{}")
    except (ValueError, RecursionError):
        return None
    return cast("Json", value) if isinstance(value, dict) else None
