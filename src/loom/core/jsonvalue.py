"""JSON as a type, and the one canonical spelling of it that is hashed and sent.

Refuses what has no single meaning in JSON: NaN, infinities, keys that are not text.
"""

import json
from collections.abc import Callable
from functools import lru_cache
from json import encoder as _json_encoder
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
"""A JSON object: a payload, a schema, a configuration as read."""

JsonValue: TypeAlias = Any
"""Any JSON value."""

_REMEMBERED = 32
_PLAIN = frozenset((str, int, bool, type(None)))
_plain = json.JSONEncoder(ensure_ascii=False).encode
_ENCODER = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, allow_nan=False, sort_keys=True, separators=(",", ":")
)


def _made_once(text: Callable[[str], str]) -> Callable[[JsonValue], str]:
    """`_ENCODER.encode`, without making its C part anew for each value, which takes as long as a small value.

    `text` spells a text.
    """
    make = getattr(_json_encoder, "c_make_encoder", None)
    if make is None:  # an interpreter without it
        return _ENCODER.encode
    sort_keys, skip_keys, allow_nan = True, False, False
    spell = make(None, _ENCODER.default, text, None, ":", ",", sort_keys, skip_keys, allow_nan)
    return lambda value: "".join(spell(value, 0))


_spelled = _json_encoder.encode_basestring
_canonical = _made_once(_spelled)
_recurring = _made_once(lru_cache(maxsize=_REMEMBERED)(_spelled))


def canonical(value: JsonValue) -> bytes:
    """The one spelling of `value`: keys sorted, no spaces, UTF-8.

    Raises:
        ValueError: for NaN or an infinity.
        TypeError: for what is not JSON.
    """
    return _canonical(value).encode("utf-8", "surrogatepass")


def canonical_recurring(value: JsonValue) -> bytes:
    """As `canonical`, for values of which many hold the same long text, as requests do their system prompt.

    The texts used last are remembered as spelled: 20 kB of instructions take a twentieth of the time.
    """
    return _recurring(value).encode("utf-8", "surrogatepass")


def pretty(value: JsonValue) -> str:
    """`value` for people and models: two spaces of indent, text left readable."""
    # The standard library indents in Python only, and each case has a payload; most are flat.
    if value.__class__ is dict and value and _PLAIN.issuperset(map(type, value.values())):
        return (
            "{\n  " + ",\n  ".join([f"{_plain(key)}: {_plain(item)}" for key, item in value.items()]) + "\n}"
        )
    return json.dumps(value, ensure_ascii=False, indent=2)
