"""Reads the JSON skeleton that a prompt shows as its output format, however loosely it is written."""

import re
from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["Leaf", "Node", "read_skeleton"]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value as written: `text` without its quotes, `type` as a JSON type, the remark that follows it."""

    text: str
    type: str
    remark: str = ""


Node: TypeAlias = "Leaf | list[Node] | dict[str, Node]"

_KEY = re.compile(r"""\s*(?://[^\n]*\n\s*)*(?:"([^"\n]+)"|'([^'\n]+)'|([A-Za-z_]\w*))\s*\??\s*:\s*""")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"|\'([^\'\n]*)\'')
_BARE = re.compile(r"(?:<[^>]*>|[^,\n}\]<])*")
_REMARK = re.compile(r"""[ \t]*((?:or|\||//|#|\(|—|-)(?:(?!,\s*["'][\w -]+["']\s*:)[^\n}\]])*)?""")
_GAP = re.compile(r"[\s,]*")
_MAX_DEPTH = 6
_NUMERIC = re.compile(r"-?\d+(?:\.\d+)?(?:\s*(?:-|to|\.\.\.?|\u2013)\s*\d+(?:\.\d+)?)?")
_WORD_TYPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("boolean", re.compile(r"\b(?:true|false|bool(?:ean)?)\b", re.IGNORECASE)),
    ("integer", re.compile(r"\b(?:int(?:eger)?|whole number|total number|number of|count)\b", re.IGNORECASE)),
    ("number", re.compile(r"\b(?:number|float|decimal|numeric)\b", re.IGNORECASE)),
)


def read_skeleton(text: str, start: int) -> tuple[dict[str, Node], int] | None:
    """The object that opens at `text[start]` and where it ends; None when it is not one with keys."""
    found = _object(text, start, 0)
    return found if found and found[0] else None


def _object(text: str, at: int, depth: int) -> tuple[dict[str, Node], int] | None:
    fields: dict[str, Node] = {}
    at += 1
    while depth < _MAX_DEPTH:
        at = _skip(_GAP, text, at)
        if text[at : at + 1] == "}":
            return fields, at + 1
        key = _KEY.match(text, at)
        if key is None:
            return None
        value = _value(text, key.end(), depth)
        if value is None:
            return None
        fields[key[1] or key[2] or key[3]], at = value
    return None


def _value(text: str, at: int, depth: int) -> tuple[Node, int] | None:
    opening = text[at : at + 1]
    if opening == "{":
        return _object(text, at, depth + 1)
    if opening == "[":
        return _array(text, at, depth)
    return _leaf(text, at)


def _array(text: str, at: int, depth: int) -> tuple[list[Node], int] | None:
    items: list[Node] = []
    at = _skip(_GAP, text, at + 1)
    while at < len(text) and text[at] != "]":
        if text.startswith("...", at):
            at = _skip(_GAP, text, at + 3)
            continue
        value = _value(text, at, depth + 1)
        if value is None or value[1] == at:
            return None
        items.append(value[0])
        at = _skip(_GAP, text, value[1])
    return items, _skip(_REMARK, text, at + 1) if at < len(text) else at


def _leaf(text: str, at: int) -> tuple[Leaf, int]:
    quoted = _STRING.match(text, at)
    if quoted is None:
        bare = _BARE.match(text, at)
        assert bare is not None
        written = bare[0].split("//")[0].strip().strip("<>")
        return Leaf(written, _bare_type(written), bare[0].strip()), bare.end()
    written = quoted[1] if quoted[1] is not None else quoted[2]
    remark = _REMARK.match(text, quoted.end())
    assert remark is not None
    return Leaf(written, _quoted_type(written), (remark[1] or "").strip()), remark.end()


def _bare_type(written: str) -> str:
    if _NUMERIC.fullmatch(written):
        return "number" if "." in written else "integer"
    return next((name for name, cue in _WORD_TYPES if cue.search(written)), "string")


def _quoted_type(written: str) -> str:
    spec = written.strip("<> ").lower()
    return spec if spec in {"number", "integer", "boolean"} else "string"


def _skip(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at
