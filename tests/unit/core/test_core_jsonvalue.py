"""The canonical spelling of JSON, and the readable one."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom.core.jsonvalue import Json, JsonValue, canonical, pretty

_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(min_value=-(2**80), max_value=2**80)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec=None, exclude_categories=()))
)
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
)


class _Kind(StrEnum):
    BUG = "bug"


@dataclass
class _Thing:
    a: int = 1


def _turned(value: JsonValue) -> JsonValue:
    """The same with the keys of every mapping in the opposite order."""
    if isinstance(value, dict):
        return {key: _turned(item) for key, item in reversed(cast("Json", value).items())}
    return [_turned(item) for item in cast("list[JsonValue]", value)] if isinstance(value, list) else value


@given(_VALUES)
def test_a_spelling_gives_the_value_back_whatever_the_order_of_its_keys(value: JsonValue) -> None:
    spelled = canonical(value)
    assert json.loads(spelled.decode("utf-8", "surrogatepass")) == value
    assert canonical(_turned(value)) == spelled
    assert json.loads(pretty(value)) == value


@given(st.lists(_VALUES), st.dictionaries(st.text(), _VALUES))
def test_a_whole_is_spelled_as_its_parts_are(items: list[JsonValue], held: dict[str, JsonValue]) -> None:
    assert canonical(items) == b"[" + b",".join(map(canonical, items)) + b"]"
    pairs = [canonical(key) + b":" + canonical(held[key]) for key in sorted(held)]
    assert canonical(held) == b"{" + b",".join(pairs) + b"}"


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical({"given": None, "n": [number]})


@pytest.mark.parametrize("value", [_Thing(), datetime(2026, 1, 1, tzinfo=UTC), b"x", {1, 2}, {1: "a"}])
def test_what_is_not_json_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        canonical([value])


def test_what_stands_for_a_text_is_spelled_as_text() -> None:
    assert canonical({_Kind.BUG: (_Kind.BUG, 2**70)}) == b'{"bug":["bug",1180591620717411303424]}'
    assert canonical({"b": "é\u2028", "a": _Kind.BUG}) == '{"a":"bug","b":"é\u2028"}'.encode()
