"""JSON as a type, and the one canonical spelling of it that is hashed and sent.

Refuses what has no single meaning in JSON: NaN, infinities, keys that are not text.
"""

import json
from typing import Any, TypeAlias, cast

Json: TypeAlias = dict[str, Any]
"""A JSON object: a payload, a schema, a configuration as read."""

JsonValue: TypeAlias = Any
"""Any JSON value."""

_PLAIN = frozenset((str, int, bool, type(None)))
_plain = json.JSONEncoder(ensure_ascii=False).encode
_canonical = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, allow_nan=False, sort_keys=True, separators=(",", ":")
).encode


def canonical(value: JsonValue) -> bytes:
    """The one spelling of `value`: keys sorted, no spaces, UTF-8.

    Raises:
        ValueError: for NaN or an infinity.
        TypeError: for what is not JSON.
    """
    return _canonical(value).encode("utf-8", "surrogatepass")


def pretty(value: JsonValue) -> str:
    """`value` for people and models: two spaces of indent, text left readable."""
    if isinstance(value, dict) and value:
        # The standard library indents in Python only, and each case has a payload; most are flat.
        flat = cast("Json", value)
        if all(type(item) in _PLAIN for item in flat.values()):
            return (
                "{\n  "
                + ",\n  ".join([f"{_plain(key)}: {_plain(item)}" for key, item in flat.items()])
                + "\n}"
            )
    return json.dumps(value, ensure_ascii=False, indent=2)
