"""Says what keeps a text from being JSON, in JSON's words: where, what stands there, how to mend it."""

import json
import math
import re
from dataclasses import dataclass

from loom.core.errors import Problem

__all__ = ["JsonFault", "fault_of", "oddity_in", "place_in"]

_DEEPEST = 50
_MOST_DIGITS = 4300
"""Of more, Python makes no integer."""

_LONGEST_SHOWN = 40
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}]|[^\s"\[\]{},:]+', re.DOTALL)
_COLON = re.compile(r"[ \t\n\r]*:")
_MAYBE_HALF = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")
_HALF = re.compile(r"[\ud800-\udfff]")
_NUMBER = re.compile(r"-?\d")
_CUT = "is not JSON: it ends too early"
_CUT_OFF = "if the file was cut off, write it again"
_REMEDIES = {
    "Expecting value": "write a value: text in double quotes, a number, true, false, null, a list or a mapping",
    "Expecting property name enclosed in double quotes": "put the key in double quotes, with no comma before }",
    "Expecting ':' delimiter": "put a colon after the key",
    "Expecting ',' delimiter": "put a comma between the values, or close the bracket",
    "Invalid control character at": r"close the quote; within a text write it as an escape, as \n",
    r"Invalid \escape": "double the backslash",
    r"Invalid \uXXXX escape": r"write four hexadecimal digits, as in \u00e9",
    "Extra data": "take it out; a file with a value on each line is .jsonl",
}
_TOO_MANY_COMMAS = "take out the comma before it"


@dataclass(frozen=True, slots=True)
class JsonFault:
    """The first fault of a text that should be JSON."""

    what: str
    at: int
    """How many characters come before it."""

    value: str | None = None
    """What stands there; None at the end of the text."""

    remedy: str = "mend the syntax"

    def problem(self, file: str | None, line: int, column: int) -> Problem:
        """The fault, at its place in a file."""
        return Problem(self.what, None, file, line, column, self.value, self.remedy)


def fault_of(text: str, error: Exception, start: int = 0) -> JsonFault:
    """Why a strict reader raised `error` at the JSON value that begins at `start` of `text`."""
    if isinstance(error, json.JSONDecodeError):
        return _of_grammar(text, error)
    return oddity_in(text, start) or JsonFault(f"cannot be read: {error}", start, None, "write plain JSON")


def place_in(text: str, at: int, line: int = 1, column: int = 1) -> tuple[int, int]:
    """Line and column of the character `at`, where the text begins at `line` and `column`."""
    breaks = text.count("\n", 0, at)
    return line + breaks, at - text.rfind("\n", 0, at) if breaks else column + at


def _of_grammar(text: str, error: json.JSONDecodeError) -> JsonFault:
    reason, at = error.msg.removesuffix(" starting at"), error.pos
    if reason == "Unterminated string":
        return JsonFault(
            "is not JSON: Unterminated string", at, _shown(text, at), f"close the quote; {_CUT_OFF}"
        )
    if not text[at : at + 1].strip() and not text[at:].strip():
        return JsonFault(_CUT, at, None, f"close what is open; {_CUT_OFF}")
    remedy = _REMEDIES.get(reason, "mend the syntax")
    if reason == "Expecting value" and text[at] in "]}":
        remedy = _TOO_MANY_COMMAS
    return JsonFault(f"is not JSON: {reason.removesuffix(' at')}", at, _shown(text, at), remedy)


def _shown(text: str, at: int) -> str:
    return text[at : at + _LONGEST_SHOWN].split("\n", 1)[0] or text[at]


def oddity_in(text: str, start: int = 0) -> JsonFault | None:
    """What the grammar of JSON allows, or Python reads, and Loom does not take: NaN, a key twice, half a character."""
    open_: list[set[str] | None] = []
    for match in _TOKEN.finditer(text, start):
        found, at = match[0], match.start()
        if found in "[{":
            open_.append(set() if found == "{" else None)
            if len(open_) > _DEEPEST:
                return JsonFault(f"is nested more than {_DEEPEST} deep", at, None, "make it flatter")
        elif found in "]}":
            if open_:
                open_.pop()
        else:
            keys = open_[-1] if open_ and _COLON.match(text, match.end()) else None
            fault = _of_text(found, at, keys) if found[0] == '"' else _of_scalar(found, at)
            if fault:
                return fault
        if not open_:
            break
    return None


def _of_text(token: str, at: int, keys: set[str] | None) -> JsonFault | None:
    if keys is None and not _MAYBE_HALF.search(token):
        return None
    text = json.loads(token, strict=False)
    half = _HALF.search(text)
    if half:
        remedy = r"write both halves of the character, as in \ud83d\ude00"
        return JsonFault("is not JSON: half a character", at, half[0], remedy)
    if keys is not None and text in keys:
        return JsonFault("has a key twice", at, text, "keep one of them")
    if keys is not None:
        keys.add(text)
    return None


def _of_scalar(token: str, at: int) -> JsonFault | None:
    if token.lstrip("-") in ("NaN", "Infinity"):
        return JsonFault(f"{token} is not JSON", at, token, "write a number, or null")
    if not _NUMBER.match(token):
        return None
    try:
        beyond = len(token) > _MOST_DIGITS or math.isinf(float(token))
    except ValueError:
        return None
    whole = token.lstrip("-").isdigit()
    if beyond and (len(token) > _MOST_DIGITS or not whole):
        what = "is not a number that JSON can hold"
        return JsonFault(what, at, token[:_LONGEST_SHOWN], "put it in quotes, or write a smaller one")
    return None
