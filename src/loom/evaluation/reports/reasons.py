"""Why a case came out as it did: in a line, and field by field beside what was expected. Judges nothing anew."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from loom.core.jsonvalue import Json, JsonValue, canonical
from loom.evaluation.results.case_results import CaseResult
from loom.evaluation.scorers.base import ScoreInput
from loom.evaluation.scorers.match import FieldMatch

__all__ = ["Field", "fields", "why"]

_MATCHERS = ("differs in ", "not equal", "whole output compared")
"""How the reasons begin of scorers that compare with the expected output."""

_MOST_FIELDS = 4
_LONGEST = 40


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an output beside what was expected of it."""

    name: str
    expected: JsonValue
    got: JsonValue
    is_expected: bool
    is_there: bool
    is_wrong: bool


def why(result: CaseResult) -> str:
    """Why a case did not pass, in a line."""
    if result.error:
        return result.error
    if result.problems:
        return "; ".join(result.problems)
    said = [reason for value, reason in result.scores.values() if value != 1 and reason]
    compared = "; ".join(_differences(result)) if any(map(_compares, said)) else ""
    others = [reason for reason in said if not (compared and _compares(reason))]
    return "; ".join(filter(None, (compared, *others)))


def fields(result: CaseResult) -> tuple[Field, ...]:
    """Every field that was expected or came, those that were expected first; empty unless both are objects."""
    expected, output = result.case.expected_output, result.output
    if not isinstance(expected, dict) or not isinstance(output, dict):
        return ()
    wanted, came = cast("Json", expected), cast("Json", output)
    scores: Json = FieldMatch().score(ScoreInput({}, came, wanted)).details.get("fields", {})
    return tuple(
        Field(name, wanted.get(name), came.get(name), name in wanted, name in came, scores.get(name, 1) < 1)
        for name in dict.fromkeys((*wanted, *came))
    )


def _compares(reason: str) -> bool:
    return reason.startswith(_MATCHERS)


def _differences(result: CaseResult) -> Iterator[str]:
    """The expected fields that are not as expected, each with what came instead."""
    expected, output = result.case.expected_output, result.output
    if not isinstance(expected, dict) or not isinstance(output, dict):
        yield f"expected {_brief(expected)}, got {_brief(output)}"
        return
    wrong = [field for field in fields(result) if field.is_wrong]
    for field in wrong[:_MOST_FIELDS]:
        got = _brief(field.got) if field.is_there else "nothing"
        yield f"{field.name}: expected {_brief(field.expected)}, got {got}"
    if len(wrong) > _MOST_FIELDS:
        yield f"and {len(wrong) - _MOST_FIELDS} more"
    if not wrong:
        yield "not equal to what is expected"


def _brief(value: JsonValue) -> str:
    text = f"'{value}'" if isinstance(value, str) else canonical(value).decode("utf-8", "replace")
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
