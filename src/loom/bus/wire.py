"""Messages as bytes, and bytes that are none."""

import json
import logging
from collections.abc import Iterable
from typing import cast

from loom.core.errors import BusError
from loom.core.jsonvalue import Json, JsonValue

__all__ = ["MOST_BYTES", "from_wire", "to_wire"]

MOST_BYTES = 8 * 1024 * 1024
"""Of one message; a NATS server allows 1 MB where nobody told it otherwise."""

_MOST_DEPTH = 200
_log = logging.getLogger("loom.bus")


def to_wire(subject: str, data: Json) -> bytes:
    """`data` as it travels.

    Raises:
        BusError: when it is too large, or is not JSON.
    """
    try:
        body = json.dumps(data, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise BusError(f"a message to {subject} is not JSON: {error}") from None
    if len(body) > MOST_BYTES:
        raise BusError(f"a message to {subject} has {len(body):,} bytes; {MOST_BYTES:,} are allowed")
    return body


def from_wire(subject: str, body: bytes) -> Json | None:
    """What `body` says; None, with a line in the log, when that is no message."""
    if len(body) > MOST_BYTES:
        _log.warning("passed over a message of %s bytes on %s: too large", len(body), subject)
        return None
    try:
        data = json.loads(body, parse_constant=_no_number)
        if b"\\ud" in body.lower():  # half a character is no text; nothing could be shown or stored of it
            data = json.loads(json.dumps(data, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict) or _too_deep(cast("Json", data)):
        _log.warning(
            "passed over a message on %s that is no JSON object, or a very deep one: %r", subject, body[:80]
        )
        return None
    return cast("Json", data)


def _too_deep(data: Json) -> bool:
    """What is nested so far breaks whoever walks through it."""
    level: list[JsonValue] = [data]
    for _ in range(_MOST_DEPTH):
        if not level:
            return False
        level = [inner for one in level for inner in _inside(one)]
    return True


def _inside(value: JsonValue) -> Iterable[JsonValue]:
    if isinstance(value, dict):
        return cast("Json", value).values()
    return cast("list[JsonValue]", value) if isinstance(value, list) else ()


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is not JSON")
