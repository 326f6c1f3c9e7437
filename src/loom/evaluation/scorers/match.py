"""Scorers that compare the output with the expected output: whole, or field by field."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import ClassVar

from loom.core.jsonvalue import Json, JsonValue, canonical
from loom.evaluation.models import ABSENT
from loom.evaluation.scorers.base import ScoreInput, ScoreResult

__all__ = ["NOTHING_EXPECTED", "ExactMatch", "FieldMatch", "equal"]

NOTHING_EXPECTED = "no expected output"
_MOST_PATHS = 20


def equal(left: JsonValue, right: JsonValue) -> bool:
    """Whether two JSON values are the same: 1 is 1.0, but true is not 1."""
    kind, other = left.__class__, right.__class__
    if kind is dict:
        return other is dict and _equal_objects(left, right)
    if kind is list:
        return other is list and len(left) == len(right) and all(map(equal, left, right))
    return left == right and (kind is bool) == (other is bool)


def _equal_objects(left: Json, right: Json) -> bool:
    if left != right:  # which takes 1 for true, and else knows
        return False
    others = [key for key, value in left.items() if value.__class__ is not str]
    return not others or all(equal(left[key], right[key]) for key in others)


@dataclass(frozen=True, slots=True)
class ExactMatch:
    """1 when the output is the expected JSON value, else 0."""

    name: ClassVar[str] = "exact_match"
    version: ClassVar[int] = 1
    params: Json = field(default_factory=dict[str, JsonValue])

    def score(self, item: ScoreInput) -> ScoreResult:
        """Compare the whole output."""
        if item.expected is ABSENT:
            return ScoreResult.unscored(NOTHING_EXPECTED)
        if equal(item.expected, item.output):
            return ScoreResult(1.0, "equal")
        return ScoreResult(0.0, "not equal", {"method": self.name, "match": False})


@dataclass(frozen=True, slots=True)
class FieldMatch:
    """The mean over the expected fields; fields that are not expected are ignored.

    A field scores 1 when equal, text compared without case and surrounding space; a list scores the share of
    the expected items that are there, compared as text; anything else 0. A missing field is not an expected
    `null`.
    """

    name: ClassVar[str] = "field_match"
    version: ClassVar[int] = 1
    params: Json = field(default_factory=dict[str, JsonValue])

    def score(self, item: ScoreInput) -> ScoreResult:
        """Compare by field. `details.fields` has a score per field, `differs` the paths inside objects."""
        if item.expected is ABSENT:
            return ScoreResult.unscored(NOTHING_EXPECTED)
        expected, output = item.expected, item.output
        if expected.__class__ is dict:
            return self._by_field(expected, output if output.__class__ is dict else {})
        value = _field_score(expected, output)
        return ScoreResult(value, "whole output compared", {"method": self.name, "fields": {}})

    def _by_field(self, expected: Json, actual: Json) -> ScoreResult:
        if not expected:
            return ScoreResult(1.0, "no field is expected")
        fields = {key: _field_score(value, actual.get(key, ABSENT)) for key, value in expected.items()}
        wrong = [key for key, value in fields.items() if value < 1]
        more = [key for key, value in expected.items() if _has_more(value, actual.get(key))]
        besides = f"; more than expected, which costs nothing, in {', '.join(more)}" if more else ""
        if not wrong:
            return ScoreResult(1.0, f"all fields match{besides}")
        details: Json = {"method": self.name, "fields": fields}
        inner = (path for key in wrong for path in _differs(key, expected[key], actual.get(key, ABSENT)))
        if any(expected[key].__class__ is dict for key in wrong):
            details["differs"] = list(islice(inner, _MOST_PATHS))
        reason = f"differs in {', '.join(wrong)}{besides}"
        return ScoreResult(sum(fields.values()) / len(fields), reason, details)


def _field_score(expected: JsonValue, actual: JsonValue) -> float:
    if expected.__class__ is str:
        return 1.0 if expected == actual or _same_text(expected, actual) else 0.0
    if actual is ABSENT:
        return 0.0
    if expected.__class__ is list and actual.__class__ is list:
        return _overlap(expected, actual)
    return 1.0 if equal(expected, actual) else 0.0


def _same_text(expected: str, actual: JsonValue) -> bool:
    return isinstance(actual, str) and expected.strip().casefold() == actual.strip().casefold()


def _overlap(expected: list[JsonValue], actual: list[JsonValue]) -> float:
    wanted = {_as_text(item) for item in expected}
    if not wanted:
        return 1.0
    return len(wanted.intersection(map(_as_text, actual))) / len(wanted)


def _has_more(expected: JsonValue, actual: JsonValue) -> bool:
    """Whether a list holds an item that is not expected, which `_overlap` does not look at."""
    if expected.__class__ is not list or actual.__class__ is not list:
        return False
    return not {_as_text(item) for item in expected}.issuperset(map(_as_text, actual))


def _as_text(item: JsonValue) -> str:
    return canonical(item).decode("utf-8", "replace") if isinstance(item, dict | list) else str(item)


def _differs(path: str, expected: JsonValue, actual: JsonValue) -> Iterator[str]:
    """The deepest paths at or under `path`, whose values are not equal."""
    if expected.__class__ is not dict or actual.__class__ is not dict:
        yield path
        return
    for key in {**expected, **actual}:
        wanted, found = expected.get(key, ABSENT), actual.get(key, ABSENT)
        if not equal(wanted, found):
            yield from _differs(f"{path}.{key}", wanted, found)
