"""JSON values in a line, and field by field beside what was expected."""

import json
from typing import cast

from loom.core.jsonvalue import Json, JsonValue
from loom.workshop.views.diff import Words, plain_words, word_change

__all__ = ["FieldRow", "brief", "fields_beside"]

FieldRow = tuple[str, Words, Words]
"""A field, what was expected of it and what came."""

_MOST = 300
_NOTHING = "–"


def brief(value: JsonValue) -> str:
    """`value` on one line: the values of an object without their names, cut at a few hundred characters."""
    line = " ".join(_values(value).split())
    return line if len(line) <= _MOST else f"{line[: _MOST - 1]}…"


def _values(value: JsonValue) -> str:
    if not isinstance(value, dict):
        return _text(value)
    parts = [_values(one) for one in cast("Json", value).values()]
    return " · ".join([part for part in parts if part and not part.isspace()])


def fields_beside(expected: JsonValue, got: JsonValue) -> tuple[FieldRow, ...]:
    """Every field of two objects side by side; other values as a whole. What is not expected is not marked."""
    if isinstance(expected, dict) and isinstance(got, dict):
        wanted, came = cast("Json", expected), cast("Json", got)
        return tuple(_row(name, wanted, came) for name in dict.fromkeys((*wanted, *came)))
    new, old = word_change(_text(got), _text(expected))
    return (("output", old, new),)


def _row(name: str, expected: Json, got: Json) -> FieldRow:
    if name not in expected:
        return name, plain_words(_NOTHING), plain_words(_text(got[name]))
    wanted = _text(expected[name])
    if name not in got:
        came, wanted_words = word_change(_NOTHING, wanted)
        return name, wanted_words, came
    came, wanted_words = word_change(_text(got[name]), wanted)
    return name, wanted_words, came


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
