"""How much work a schema makes of one value: subschemas that refer to each other twice double it at every step."""

from collections.abc import Iterator
from typing import Final, cast
from urllib.parse import unquote

from loom.core.jsonvalue import Json, JsonValue

__all__ = ["MOST_SUBSCHEMAS", "applied_to_one"]

MOST_SUBSCHEMAS: Final = 10_000
"""Real schemas apply a few dozen to one value."""

_ONE = ("$ref", "$dynamicRef", "not", "if", "then", "else")
_SEVERAL = ("allOf", "anyOf", "oneOf")


def applied_to_one(schema: Json) -> int:
    """How many subschemas may be applied to one and the same value, of the part of `schema` where that is most.

    References are followed within the schema. What comes back to itself counts once.
    """
    try:
        return _Weights(schema).most
    except RecursionError:  # thousands of references, one after the other
        return MOST_SUBSCHEMAS + 1


class _Weights:
    def __init__(self, schema: Json) -> None:
        self._root = schema
        self._known: dict[int, int] = {}
        parts = list(_objects(schema))
        self._named = {f"#{name}": part for part in parts if isinstance(name := part.get("$anchor"), str)}
        self._named |= {name: part for part in parts if isinstance(name := part.get("$id"), str)}
        self.most = max(map(self._weight, parts))

    def _weight(self, part: JsonValue) -> int:
        if not isinstance(part, dict):
            return 0
        known = self._known.get(id(cast("object", part)))
        if known is None:
            self._known[id(cast("object", part))] = 0  # until it is known: what comes back here adds nothing
            known = 1 + sum(map(self._weight, self._beside(cast("Json", part))))
            self._known[id(cast("object", part))] = known = min(known, MOST_SUBSCHEMAS + 1)
        return known

    def _beside(self, part: Json) -> Iterator[JsonValue]:
        """The subschemas that `part` applies to the value it is applied to itself."""
        for key in _ONE:
            found = part.get(key)
            yield self._referred(found) if isinstance(found, str) else found
        for key in _SEVERAL:
            found = part.get(key)
            yield from cast("list[JsonValue]", found) if isinstance(found, list) else ()
        found = part.get("dependentSchemas")
        yield from cast("Json", found).values() if isinstance(found, dict) else ()

    def _referred(self, reference: str) -> JsonValue:
        if not reference.startswith("#") or reference in self._named:
            return self._named.get(reference)
        place: JsonValue = self._root
        for written in filter(None, unquote(reference[1:]).split("/")):
            step = written.replace("~1", "/").replace("~0", "~")
            if isinstance(place, dict):
                place = cast("Json", place).get(step)
            elif (
                isinstance(place, list)
                and step.isdecimal()
                and int(step) < len(cast("list[JsonValue]", place))
            ):
                place = cast("list[JsonValue]", place)[int(step)]
            else:
                return None
        return place


def _objects(schema: JsonValue) -> Iterator[Json]:
    """Every mapping in `schema`, itself included."""
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            yield cast("Json", part)
            waiting += cast("Json", part).values()
        elif isinstance(part, list):
            waiting += cast("list[JsonValue]", part)
