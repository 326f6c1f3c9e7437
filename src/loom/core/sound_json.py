"""Finds what a value read as JSON may hold and no JSON may: NaN, infinities, halves of characters. Mends nothing."""

import math
from collections.abc import Iterator
from typing import cast

from loom.core.contracts import too_deep
from loom.core.errors import Problem, UsageError
from loom.core.jsonvalue import Json, JsonValue, canonical

__all__ = ["refuse_unsound"]

_MOST = 20


def refuse_unsound(value: JsonValue, field: str) -> None:
    """Let `value`, given as `field`, be kept and sent.

    Raises:
        UsageError: naming each place that keeps it from it.
    """
    if too_deep(value):
        raise UsageError(Problem("is nested too deeply", field, remedy="make it flatter"))
    try:
        canonical(value).decode("utf-8")
    except ValueError:
        problems = [problem for problem, _ in zip(_unsound(value, field), range(_MOST), strict=False)]
        raise UsageError(problems) from None


def _unsound(value: JsonValue, field: str) -> Iterator[Problem]:
    if isinstance(value, dict):
        for key, item in cast("Json", value).items():
            yield from _half(key, f"a key of {field}")
            yield from _unsound(item, f"{field}.{key}")
    elif isinstance(value, list):
        for number, item in enumerate(cast("list[JsonValue]", value)):
            yield from _unsound(item, f"{field}[{number}]")
    elif isinstance(value, str):
        yield from _half(value, field)
    elif isinstance(value, float) and not math.isfinite(value):
        yield Problem("is no number that JSON knows", field, value=value, remedy="give a number, or null")


def _half(text: str, field: str) -> Iterator[Problem]:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        what = f"holds half of a character, {text[error.start]!r}, at place {error.start + 1}"
        yield Problem(what, field, remedy="write the whole character, or leave it out")
