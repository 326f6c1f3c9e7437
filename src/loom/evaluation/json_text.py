"""Strict JSON: no NaN, no infinity, no duplicate keys, and one kind of failure whatever the text is."""

import json
import math
from collections.abc import Sequence
from typing import Any

import orjson

from loom.core.jsonvalue import Json, JsonValue, decoded

__all__ = ["is_number", "parse_all", "parse_json", "scan_json"]

_MARK = '"--next--"'


def parse_json(text: str) -> JsonValue:
    """The JSON value in `text`.

    Raises:
        ValueError: `json.JSONDecodeError` (which knows the place) for bad syntax, else with the reason alone.
    """
    try:
        value = decoded(text, _DECODER.decode)
        return value if _has_all(value, text) else _DECODER.decode(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def parse_all(texts: Sequence[str]) -> list[JsonValue] | None:
    """The JSON value in each of many texts, in less time than one by one; None when each needs a look.

    Between any two stands a mark that is in none of them. So a text that is less or more than one value shifts it.
    """
    joined = f",{_MARK},".join(texts)
    if joined.count(_MARK) != len(texts) - 1:
        return None
    try:
        values = parse_json(f"[{joined}]")
    except ValueError:
        return None
    marks = [_MARK[1:-1]] * (len(texts) - 1)
    return values[::2] if len(values) == 2 * len(texts) - 1 and values[1::2] == marks else None


def scan_json(text: str, start: int) -> tuple[JsonValue, int]:
    """The JSON value that begins at `start` of `text`, and where it ends. Raises as `parse_json`."""
    try:
        return _DECODER.raw_decode(text, start)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def is_number(value: JsonValue) -> bool:
    """Whether `value` is a number that arithmetic can use: finite, not a bool, not an integer beyond floats."""
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:
        return False


def _has_all(value: JsonValue, text: str) -> bool:
    """Whether it can be told at a glance that `value` has every key that `text` gives it.

    Each has a colon, which only an escape can spell otherwise; of two equal ones, `value` lacks one.
    """
    try:
        spelled = orjson.dumps(value)
    except TypeError:
        return False
    return spelled.count(b":") == text.count(":") and ("\\" not in text or "\\u003" not in text)


def _unique(pairs: list[tuple[str, Any]]) -> Json:
    value = dict(pairs)
    if len(value) == len(pairs):
        return value
    keys = [key for key, _ in pairs]
    raise ValueError(f"it has the key {next(key for key in keys if keys.count(key) > 1)!r} twice")


def _finite(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise ValueError(f"{digits} is too large a number")
    return value


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_float=_finite, parse_constant=_no_constant)
