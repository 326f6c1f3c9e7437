"""JSON as a type, and the one canonical spelling of it that is hashed and sent.

Refuses what has no single meaning in JSON: NaN, infinities, keys that are not text.
"""

import json
from collections.abc import Callable
from typing import Any, TypeAlias, cast

import msgspec
import orjson

__all__ = ["Json", "JsonValue", "canonical", "decoded", "pretty"]

Json: TypeAlias = dict[str, Any]
"""A JSON object: a payload, a schema, a configuration as read."""

JsonValue: TypeAlias = Any
"""Any JSON value."""

_JSON_ALONE = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME
_CANONICAL = _JSON_ALONE | orjson.OPT_SORT_KEYS
_READABLE = _JSON_ALONE | orjson.OPT_INDENT_2
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
_INDENTED = json.JSONEncoder(ensure_ascii=False, indent=2)
_NULL = b"null"  # bytes are looked for by `find`: `in` asks first whether they are a number, by an exception
_decode = msgspec.json.Decoder().decode  # as fast as orjson's, which makes floats of integers beyond 64 bits


def canonical(value: JsonValue) -> bytes:
    """The one spelling of `value`: keys sorted, no spaces, UTF-8.

    Raises:
        ValueError: for NaN or an infinity.
        TypeError: for what is not JSON.
    """
    try:
        spelled = orjson.dumps(value, option=_CANONICAL)
    except TypeError:  # an integer beyond 64 bits, half of a character, a key that is not plain text
        return _in_parts(value)
    if spelled.find(_NULL) >= 0:
        _ENCODER.encode(value)  # orjson spells what is no number as null
    return b"%b" % spelled  # a copy: this one was cut from a larger block, the rest of which would lie idle


def _in_parts(value: JsonValue) -> bytes:
    """`value` spelled part by part: each as it would be by itself, so that a whole is the sum of its parts."""
    if isinstance(value, dict):
        held = cast("dict[Any, JsonValue]", value)
        if not all(isinstance(key, str) for key in held):
            raise TypeError("a key is no text")
        return b"{%b}" % b",".join(b"%b:%b" % (canonical(key), canonical(held[key])) for key in sorted(held))
    if isinstance(value, list | tuple):
        return b"[%b]" % b",".join(map(canonical, cast("list[JsonValue]", value)))
    return _ENCODER.encode(value).encode("utf-8", "surrogatepass")


def decoded(data: bytes | str, slowly: Callable[[Any], JsonValue] = json.loads) -> JsonValue:
    """The value that `data` spells. Of equal keys the last counts.

    `slowly` reads what has more to it: NaN and halves of characters, where it takes them, encodings beside UTF-8.

    Raises:
        ValueError: and what else `slowly` raises for what is not JSON.
    """
    try:
        return _decode(data)
    except (ValueError, RecursionError):
        return slowly(data)


def pretty(value: JsonValue) -> str:
    """`value` for people and models: two spaces of indent, text left readable."""
    try:
        spelled = orjson.dumps(value, option=_READABLE)
    except TypeError:
        return _INDENTED.encode(value)
    return _INDENTED.encode(value) if spelled.find(_NULL) >= 0 else spelled.decode()
