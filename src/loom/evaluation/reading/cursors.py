"""Places in lists, as text that stands in an address. Knows nothing of what is listed."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TypeAlias, cast

from loom.core.errors import Problem, UsageError
from loom.core.jsonvalue import JsonValue

__all__ = ["Place", "read_cursor", "write_cursor"]

Place: TypeAlias = tuple[int | str, ...]
"""How many rows came before, then the sort values of the last of them."""

_LONGEST = 600
_LARGEST = 2**63


def write_cursor(place: Place) -> str:
    """`place` for an address."""
    text = json.dumps(place, ensure_ascii=False, separators=(",", ":"))
    return urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode().rstrip("=")


def read_cursor(cursor: str, *types: type[int] | type[str]) -> Place:
    """What `write_cursor` was given: as many values as `types`, after the number of rows before them.

    Raises:
        UsageError: for anything else.
    """
    try:
        padded = cursor[:_LONGEST] + "=" * (-len(cursor) % 4)
        found: JsonValue = json.loads(urlsafe_b64decode(padded.encode("ascii")))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or not _fits(cast("list[JsonValue]", found), (int, *types)):
        remedy = "open the list at its beginning, without 'cursor'"
        raise UsageError(Problem("is no place in this list", "cursor", value=cursor, remedy=remedy))
    return tuple(cast("list[int | str]", found))


def _fits(values: list[JsonValue], types: tuple[type[int] | type[str], ...]) -> bool:
    return len(values) == len(types) and all(
        type(value) is kind and (isinstance(value, str) or abs(value) < _LARGEST)
        for value, kind in zip(values, types, strict=True)
    )
