"""Whether data fits a worker's JSON Schema, and if not, why, in words; knows nothing of workers.

Full JSON Schema 2020-12, or the dialect that `$schema` names; `format` is only an annotation there.
Remote `$ref`s are never fetched, regular expressions cannot hang it, deep nesting is refused, not followed.
"""

from collections import OrderedDict
from collections.abc import Iterator
from itertools import islice
from threading import Lock
from typing import Any, Final, Literal, TypeAlias, cast

import jsonschema_rs

from loom.core.contract_words import explain, located, path_text
from loom.core.errors import InputError, Problem
from loom.core.hashing import hash_json
from loom.core.jsonvalue import Json, JsonValue
from loom.core.schema_weight import MOST_SUBSCHEMAS, applied_to_one

__all__ = [
    "MAX_DATA_DEPTH",
    "Contract",
    "Side",
    "compiled",
    "contract",
    "too_deep",
    "validate_input",
    "validate_output",
]

Side: TypeAlias = Literal["input", "output"]

MAX_DATA_DEPTH: Final = 100
_MAX_MESSAGES = 100
_CACHED = 256
_BOXES: Any = (dict, list, tuple)
_FLAT = frozenset((str, int, float, bool, type(None)))
_LARGE = 200_000  # characters


class Contract:
    """A compiled schema for one side of a worker. Compile once, ask often.

    Raises:
        InputError: when `schema` is not a valid JSON Schema.
    """

    __slots__ = ("_side", "_validator")

    def __init__(self, schema: Json, side: Side) -> None:
        self._side = side
        try:
            self._validator = compiled(schema)
        except ValueError as error:
            reason = str(error).partition("\n")[0]
            problem = Problem(
                f"is not a schema: {reason}", f"{side}_schema", remedy="run `loom validate` on the file"
            )
            raise InputError(problem) from None

    def problems(self, data: JsonValue) -> tuple[str, ...]:
        """Why `data` does not fit; empty if it does. Each starts with `input` or `output`, then the path."""
        if too_deep(data):
            return (f"{self._side}: is nested more than {MAX_DATA_DEPTH} deep",)
        try:
            if self._validator.is_valid(data):
                return ()
            return tuple(self._messages(data))
        except (ValueError, OverflowError) as error:
            return (f"{self._side}: is not JSON: {error}",)

    def _messages(self, data: JsonValue) -> Iterator[str]:
        for number, error in enumerate(islice(_errors(self._validator, data), _MAX_MESSAGES + 1)):
            if number == _MAX_MESSAGES:
                yield f"{self._side}: has more problems than the {_MAX_MESSAGES} above"
                return
            steps, value = located(data, error.instance_path)
            yield f"{self._side}{path_text(steps)}: {explain(error, value)}"


def validate_input(data: JsonValue, schema: Json) -> list[str]:
    """Why `data` does not fit `schema`; an empty list when it does. Messages begin with `input`."""
    return _validate(data, schema, "input")


def validate_output(data: JsonValue, schema: Json) -> list[str]:
    """Why `data` does not fit `schema`; an empty list when it does. Messages begin with `output`."""
    return _validate(data, schema, "output")


def contract(schema: Json, side: Side) -> Contract:
    """`Contract(schema, side)`, from a cache keyed by the schema's content.

    Raises:
        InputError: when `schema` is not a valid JSON Schema.
    """
    return _cache.get(schema, side)


def compiled(schema: JsonValue) -> jsonschema_rs.Validator:
    """A validator for `schema` that never leaves the process.

    Raises:
        ValueError: when `schema` is not a valid JSON Schema.
    """
    if not isinstance(schema, dict) or too_deep(schema):
        msg = "expected a mapping, nested at most 100 deep"
        raise ValueError(msg)
    known = cast("Json", schema)
    if applied_to_one(known) > MOST_SUBSCHEMAS:
        msg = f"applies more than {MOST_SUBSCHEMAS:,} subschemas to one value; let its parts refer to each other less"
        raise ValueError(msg)
    make = jsonschema_rs.validator_for if "$schema" in known else jsonschema_rs.Draft202012Validator
    return make(known, retriever=_refuse)


def too_deep(data: JsonValue) -> bool:
    """Whether `data` nests deeper than the validator may follow. Cycles are too deep."""
    if data.__class__ is dict and _FLAT.issuperset(map(type, data.values())):
        return False  # as most payloads and outputs are
    level: list[Any] = [data] if isinstance(data, _BOXES) else []
    depth = 0
    while level:
        depth += 1
        if depth > MAX_DATA_DEPTH:
            return True
        # By identity, so that a value that contains itself twice cannot double the level each time.
        below: dict[int, Any] = {
            id(item): item
            for box in level
            for item in (cast("Json", box).values() if isinstance(box, dict) else box)
            if isinstance(item, _BOXES)
        }
        level = list(below.values())
    return False


def _validate(data: JsonValue, schema: Json, side: Side) -> list[str]:
    if not schema:
        return []
    try:
        return list(contract(schema, side).problems(data))
    except InputError as error:
        return [f"{side}: {error}"]


class _Cache:
    """The contracts used last; safe to share between threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Side, bytes], Contract] = OrderedDict()
        self._lock = Lock()

    def get(self, schema: Json, side: Side) -> Contract:
        try:
            key = (side, hash_json(schema))
        except (TypeError, ValueError, RecursionError):
            return Contract(schema, side)
        with self._lock:
            kept = self._kept.get(key)
            if kept is None:
                kept = self._kept[key] = Contract(schema, side)
                if len(self._kept) > _CACHED:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
        return kept


_cache = _Cache()


def _refuse(uri: str) -> JsonValue:
    msg = f"{uri} is outside the schema, and Loom never fetches"
    raise ValueError(msg)


def _errors(validator: jsonschema_rs.Validator, data: JsonValue) -> Iterator[jsonschema_rs.ValidationError]:
    """All errors; only the first in very large data, where collecting them takes seconds."""
    if len(repr(data)) < _LARGE:
        return validator.iter_errors(data)
    try:
        validator.validate(data)
    except jsonschema_rs.ValidationError as error:
        return iter((error,))
    return iter(())
