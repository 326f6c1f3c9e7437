"""JSON values in a line, and field by field beside what was expected."""

import json
from collections.abc import Iterable
from typing import cast

from loom.core.jsonvalue import Json, JsonValue
from loom.workshop.views.diff import Words, plain_words, word_change

__all__ = ["FieldRow", "brief", "brief_beside", "fields_beside"]

FieldRow = tuple[str, Words, Words]
"""A field, what was expected of it and what came."""

_MOST = 300
_NOTHING = "–"
_EMPTY: tuple[JsonValue, ...] = ("", [], {}, None)


def brief(value: JsonValue) -> str:
    """`value` on one line: the values of an object without their names, cut at a few hundred characters."""
    line = " ".join(_values(value).split())
    return line if len(line) <= _MOST else f"{line[: _MOST - 1]}…"


def brief_beside(left: JsonValue, right: JsonValue) -> tuple[str, str]:
    """Two values on a line each. Where `left` has several fields, each has its name: first those that differ.

    What is empty on both sides is left out.
    """
    if not isinstance(left, dict) or not isinstance(right, dict):
        return brief(left), brief(right)
    old, new = cast("Json", left), cast("Json", right)
    apart = [name for name in old if name not in new or old[name] != new[name]]
    shown = apart + [name for name in old if name not in apart and old[name] not in _EMPTY]
    if len(old) < 2 or not shown:
        return brief(left), brief(right)
    return _named(old, shown), _named(new, (*shown, *(name for name in new if name not in old)))


def _named(value: Json, names: Iterable[str]) -> str:
    return brief({name: f"{name}: {_values(value[name]) if name in value else _NOTHING}" for name in names})


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
