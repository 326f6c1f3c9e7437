"""Finds what a scorer looks at: a value by its dotted path, or the text that stands for a whole output."""

from typing import cast

from loom.core.jsonvalue import Json, JsonValue, canonical
from loom.evaluation.models import ABSENT
from loom.evaluation.scorers.base import ScoreInput

__all__ = ["expected_text", "pick", "spelled", "text_of"]


def pick(value: JsonValue, path: str | None) -> JsonValue:
    """The value at `path`, list items by number as in `lines.0.total`; ABSENT when there is nothing.

    Without a path `value` itself.
    """
    for part in path.split(".") if path else ():
        if isinstance(value, dict):
            value = cast("Json", value).get(part, ABSENT)
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(cast("list[JsonValue]", value)):
            value = cast("list[JsonValue]", value)[int(part)]
        else:
            return ABSENT
    return value


def spelled(value: JsonValue) -> str:
    """`value` as text: a text as it is, anything else as JSON."""
    return value if isinstance(value, str) else canonical(value).decode("utf-8", "surrogatepass")


def text_of(item: ScoreInput, field: str | None) -> str | None:
    """The text at `field` of the output; without a field the answer as it came. None when there is none."""
    if field is None and item.raw_text is not None:
        return item.raw_text
    found = pick(item.output, field)
    return None if found is ABSENT or found is None else spelled(found)


def expected_text(item: ScoreInput, field: str | None) -> str | None:
    """What is expected at `field`, as text. None when nothing is."""
    found = ABSENT if item.expected is ABSENT else pick(item.expected, field)
    return None if found is ABSENT or found is None else spelled(found)
