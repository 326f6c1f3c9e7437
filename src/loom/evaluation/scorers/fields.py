"""Reads a dotted path out of a JSON value; list items by number, as in `lines.0.total`."""

from typing import cast

from loom.core.jsonvalue import Json, JsonValue
from loom.evaluation.models import ABSENT

__all__ = ["pick"]


def pick(value: JsonValue, path: str | None) -> JsonValue:
    """The value at `path`; `value` itself without a path, ABSENT when there is nothing."""
    for part in path.split(".") if path else ():
        if isinstance(value, dict):
            value = cast("Json", value).get(part, ABSENT)
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(cast("list[JsonValue]", value)):
            value = cast("list[JsonValue]", value)[int(part)]
        else:
            return ABSENT
    return value
