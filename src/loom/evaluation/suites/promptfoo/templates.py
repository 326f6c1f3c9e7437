"""The simple part of nunjucks: `{{ name }}` and `{{ name.field }}`. Evaluates nothing else."""

import json
import re
from collections.abc import Collection
from typing import cast

from loom.core.jsonvalue import Json, JsonValue

__all__ = ["beyond_simple", "fill", "variables"]

_SIMPLE = re.compile(r"\{\{-?\s*([A-Za-z_]\w*(?:\.\w+)*)\s*-?\}\}")
_WORD = re.compile(r"[A-Za-z_]\w*")
_ANY = re.compile(r"\{\{[^{}]*\}\}|\{%[^%]*%\}|\{#[^#]*#\}")
"""In linear time, so not around braces or signs of its own: what is left of those is `_OPEN`."""

_OPEN = re.compile(r"\{[{%#].{0,40}")


def variables(text: str, known: Collection[str] = ()) -> tuple[str, ...]:
    """The variables that `text` uses, each once, in their order: those that stand alone, and of what is more than that
    the words that are `known` variables. `env` is none."""
    names: dict[str, None] = {}
    for found in _ANY.finditer(text):
        simple = _SIMPLE.fullmatch(found[0])
        if simple:
            names[simple[1].partition(".")[0]] = None
        else:
            names |= {word: None for word in _WORD.findall(found[0]) if word in known}
    return tuple(name for name in names if name != "env")


def beyond_simple(text: str) -> tuple[str, ...]:
    """What in `text` is more than a variable: filters, loops, conditions, the environment."""
    found = [
        one[0]
        for one in _ANY.finditer(text)
        if not (simple := _SIMPLE.fullmatch(one[0])) or simple[1].split(".")[0] == "env"
    ]
    return (*found, *_OPEN.findall(_ANY.sub("", text)))


def fill(value: JsonValue, given: Json) -> JsonValue:
    """`value` with the variables in its texts filled in; unknown ones stay as they are."""
    if isinstance(value, str):
        return _SIMPLE.sub(lambda found: _found(found, given), value)
    if isinstance(value, list):
        return [fill(item, given) for item in cast("list[JsonValue]", value)]
    if isinstance(value, dict):
        return {key: fill(item, given) for key, item in cast("Json", value).items()}
    return value


def _found(found: re.Match[str], given: Json) -> str:
    value: JsonValue = given
    for key in found[1].split("."):
        if not isinstance(value, dict) or key not in value:
            return found[0]
        value = cast("Json", value)[key]
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
