"""JSON as a type, and the one canonical spelling of it that is hashed and sent.

Refuses what has no single meaning in JSON: NaN, infinities, keys that are not text.
"""

import json
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
"""A JSON object: a payload, a schema, a configuration as read."""

JsonValue: TypeAlias = Any
"""Any JSON value."""

_canonical = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
).encode


def canonical(value: JsonValue) -> bytes:
    """The one spelling of `value`: keys sorted, no spaces, UTF-8.

    Raises:
        ValueError: for NaN, an infinity, or a reference cycle.
        TypeError: for what is not JSON.
    """
    return _canonical(value).encode("utf-8", "surrogatepass")


def pretty(value: JsonValue) -> str:
    """`value` for people: two spaces of indent, text left readable."""
    return json.dumps(value, ensure_ascii=False, indent=2)
