"""JSON read strictly: what has no single meaning in JSON, or nests too deep, is refused."""

import json
import math
from typing import NoReturn, TypeGuard

from loom.core.contracts import MAX_DATA_DEPTH, too_deep
from loom.core.jsonvalue import Json, JsonValue, decoded

__all__ = ["is_object", "read"]

_TOO_DEEP = f"more than {MAX_DATA_DEPTH} levels of nesting"


def read(text: str) -> JsonValue:
    """The value that `text` spells. Of equal keys the last counts.

    Raises:
        ValueError: for what is not JSON, NaN and infinities (`1e999` too), and nesting deeper than 100.
    """
    try:
        value = decoded(text, _DECODER.decode)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    if text.count("[") + text.count("{") > MAX_DATA_DEPTH and too_deep(value):
        raise ValueError(_TOO_DEEP)
    return value


def is_object(value: JsonValue) -> TypeGuard[Json]:
    """Whether `value` is a JSON object."""
    return isinstance(value, dict)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


_DECODER = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite)
