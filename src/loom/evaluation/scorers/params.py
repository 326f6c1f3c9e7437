"""How scorers describe their parameters: kinds of value, and the check that finds every problem at once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, cast

from loom.core.errors import ConfigError, Problem
from loom.core.jsonvalue import Json, JsonValue
from loom.core.spelling import suggestion
from loom.evaluation.json_text import is_number

__all__ = [
    "ABOVE_0",
    "AT_LEAST_0",
    "COUNT",
    "FLAG",
    "OBJECT",
    "SHARE",
    "TEXT",
    "TEXTS",
    "Kind",
    "Param",
    "known_params",
    "named",
    "one_of",
    "problems_of",
    "texts",
    "whole",
]


@dataclass(frozen=True, slots=True)
class Kind:
    """What values a parameter takes."""

    short: str
    """In a table."""

    words: str
    """As in "give ..."."""

    fits: Callable[[JsonValue], bool]
    schema: Json
    """The same as a JSON Schema, for editors and forms; at most more lenient."""


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter of a scorer, as people read about it and as it is checked."""

    name: str
    kind: Kind
    help: str
    _: KW_ONLY
    default: JsonValue = None
    """As documented; the factory's own is what counts, and a test compares the two."""

    required: bool = False
    aliases: tuple[str, ...] = ()
    lines: bool = False
    """Of a text: it usually has several."""


def _is_text(value: JsonValue) -> bool:
    return isinstance(value, str) and value.strip() != ""


def _are_texts(value: JsonValue) -> bool:
    return isinstance(value, list) and value != [] and all(map(_is_text, cast("list[JsonValue]", value)))


_A_TEXT: Json = {"type": "string", "pattern": r"\S"}

TEXT = Kind("text", "a text that is not empty", _is_text, _A_TEXT)
TEXTS = Kind(
    "texts",
    "a text, or a list of texts",
    lambda value: _is_text(value) or _are_texts(value),
    {"anyOf": [_A_TEXT, {"type": "array", "minItems": 1, "items": _A_TEXT}]},
)
FLAG = Kind("true, false", "true or false", lambda value: isinstance(value, bool), {"type": "boolean"})
AT_LEAST_0 = Kind(
    "number",
    "a number of at least 0",
    lambda value: is_number(value) and value >= 0,
    {"type": "number", "minimum": 0},
)
ABOVE_0 = Kind(
    "number",
    "a number above 0",
    lambda value: is_number(value) and value > 0,
    {"type": "number", "exclusiveMinimum": 0},
)
SHARE = Kind(
    "0 to 1",
    "a number from 0 to 1",
    lambda value: is_number(value) and 0 <= value <= 1,
    {"type": "number", "minimum": 0, "maximum": 1},
)
COUNT = Kind(
    "whole number",
    "a whole number of at least 0",
    lambda value: type(value) is int and 0 <= value <= 10**9,
    {"type": "integer", "minimum": 0},
)
OBJECT = Kind("mapping", "a mapping", lambda value: isinstance(value, dict), {"type": "object"})


def whole(low: int, high: int) -> Kind:
    """A whole number in a range."""
    return Kind(
        f"{low} to {high}",
        f"a whole number from {low} to {high}",
        lambda value: type(value) is int and low <= value <= high,
        {"type": "integer", "minimum": low, "maximum": high},
    )


def one_of(*words: str) -> Kind:
    """One of a few words."""
    return Kind(
        "word",
        f"one of {', '.join(words)}",
        lambda value: isinstance(value, str) and value in words,
        {"enum": list(map(str, words))},
    )


def texts(value: JsonValue) -> tuple[str, ...]:
    """What `TEXTS` lets through, as a tuple; nothing for None."""
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(cast("list[str]", value))


def known_params(params: Sequence[Param]) -> Mapping[str, Param]:
    """By every name they have."""
    return {name: param for param in params for name in (param.name, *param.aliases)}


def named(given: Json, params: Sequence[Param]) -> Json:
    """`given` under the parameters' own names.

    Raises:
        ConfigError: for a parameter given under two of its names.
    """
    known = known_params(params)
    found: Json = {}
    for key, value in given.items():
        name = known[key].name if key in known else key
        if name in found:
            raise ConfigError(
                Problem(f"is another name of '{name}', which is given too", key, remedy="remove one")
            )
        found[name] = value
    return found


def problems_of(given: Json, params: Sequence[Param], others: Iterable[str] = ()) -> list[Problem]:
    """Everything that is wrong with `given`; `others` are words that may have been meant besides."""
    known = known_params(params)
    found = [
        Problem("is missing", field=param.name, remedy=f"add it: {param.help}")
        for param in params
        if param.required and not any(name in given for name in (param.name, *param.aliases))
    ]
    for key, value in cast("dict[Any, JsonValue]", given).items():
        param = known.get(key)
        if param is None:
            remedy = suggestion(str(key), (*known, *others), _listed(params))
            found.append(
                Problem("is not a parameter of this scorer", field=str(key), value=value, remedy=remedy)
            )
        elif not param.kind.fits(value):
            remedy = f"give {param.kind.words}"
            found.append(Problem("has the wrong value", field=key, value=value, remedy=remedy))
    return found


def _listed(params: Sequence[Param]) -> str:
    names = ", ".join(param.name for param in params)
    return f"remove it; its parameters are {names}" if names else "remove it"
