"""Reads the condition of a stage, as in `extract.output.needs_ocr == true`; does not evaluate it."""

import re
from dataclasses import dataclass

from loom.core.jsonvalue import JsonValue

__all__ = ["Condition", "parse_condition"]

_PARTS = re.compile(r"""(\S+)\s+(\S+)\s+('[^']*'|"[^"]*"|\S+)""")
_WORDS = {"true": True, "false": False, "null": None, "none": None}
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]+)?([eE][-+]?[0-9]{1,2})?")


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison of what stands at a path with a literal."""

    path: str
    negated: bool
    """Whether the operator is `!=`."""

    literal: JsonValue


def parse_condition(text: str) -> Condition:
    """The condition written in `text`: a path, `==` or `!=`, and a literal.

    A literal in quotes is text; `true`, `false`, `null` or `none` in any case and numbers are themselves;
    other words are text.

    Raises:
        ValueError: saying what is missing.
    """
    parts = _PARTS.fullmatch(text.strip())
    if parts is None:
        msg = "must have 3 space-separated parts: path, operator, value"
        raise ValueError(msg)
    path, operator, literal = parts.groups()
    if operator not in {"==", "!="}:
        msg = "operator must be '==' or '!='"
        raise ValueError(msg)
    return Condition(path, operator == "!=", _literal(literal))


def _literal(text: str) -> JsonValue:
    if text[0] in "'\"" and text[-1] == text[0] and len(text) > 1:
        return text[1:-1]
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _NUMBER.fullmatch(text):
        return float(text) if set(text) & set(".eE") else int(text)
    return text
