"""Reads the verdict that foreign code or a foreign server gives; knows neither. What is no verdict is unscored."""

from typing import cast

from loom.core.jsonvalue import Json, JsonValue
from loom.evaluation.json_text import is_number
from loom.evaluation.scorers.base import ScoreResult

__all__ = ["verdict_of"]

_LONGEST_REASON = 2000
_KINDS = {bool: "true or false", str: "a text", list: "a list", dict: "a mapping", type(None): "nothing"}


def verdict_of(value: JsonValue, giver: str) -> ScoreResult:
    """The score in `value`: a number, or `{score or value, reason?, details?}` with a number from 0 to 1.

    `giver` begins the sentence that says why there is none.
    """
    if not isinstance(value, dict):
        return _scored(value, giver, "", {})
    given = cast("Json", value)
    score = given.get("score", given.get("value"))
    reason: JsonValue = given.get("reason") or ""
    details: JsonValue = given.get("details") or cast("Json", {})
    if not isinstance(reason, str):
        return ScoreResult.unscored(f"{giver} gave a reason that is {_kind(reason)}, not a text")
    if not isinstance(details, dict):
        return ScoreResult.unscored(f"{giver} gave details that are {_kind(details)}, not a mapping")
    if score is None:
        return ScoreResult.unscored(reason or f"{giver} gave no `score`")
    return _scored(score, giver, reason[:_LONGEST_REASON], cast("Json", details))


def _scored(score: JsonValue, giver: str, reason: str, details: Json) -> ScoreResult:
    if not is_number(score):
        return ScoreResult.unscored(f"{giver} gave {_kind(score)} as the score, not a number from 0 to 1")
    if not 0 <= score <= 1:
        return ScoreResult.unscored(f"{giver} gave {score:g} as the score, which is not from 0 to 1")
    return ScoreResult(float(score), reason, details)


def _kind(value: JsonValue) -> str:
    return next((words for kind, words in _KINDS.items() if isinstance(value, kind)), "a number")
