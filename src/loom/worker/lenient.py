"""Reads answers that are nearly JSON: YAML mappings, one damaged object. Gives up on long and deep ones."""

import json
import re
from typing import Any

from loom.core.contracts import MAX_DATA_DEPTH
from loom.core.jsonvalue import Json, JsonValue
from loom.worker import strict

__all__ = ["mapping"]

_LONGEST = 10_000
"""Characters: 10 ms of work for each 1,000 at worst."""

_MOST_BRACKETS = 300
_FIRST_KEY = re.compile(r"\s*(?:---\s*\n\s*)?[\"']?[A-Za-z_][\w -]*[\"']?:(?:\s|$)")
_PLAIN_KEY = re.compile(r"[A-Za-z_][\w-]*")
_LOWER_KEY = re.compile(r"[a-z_][a-z0-9_]*")
_QUOTED_KEY = re.compile(r"\{\s*(?:\"[^\"\n]*\"|'[^'\n]*'|“[^”\n]*”)\s*:")
_BARE_KEY = re.compile(r"\{\s*[A-Za-z_]\w*\s*:")
_NO_NUMBER = re.compile(r"[:\[,]\s*-?(?:NaN|Infinity)\b", re.IGNORECASE)
_BRACKET = re.compile(r"[{}\[\]]")


def mapping(raw: str, fenced: tuple[str, ...], braced: str) -> Json | None:
    """The mapping that `raw` means to be; None when that is not plain.

    `fenced` are the blocks of `raw` between fences, `braced` is its part from the first `{` to the last `}`.
    """
    block = next((block for block in fenced if _FIRST_KEY.match(block)), "")
    return _yaml_mapping(block) or _whole_yaml(raw) or _mended(raw, braced)


def _readable(text: str) -> bool:
    return 0 < len(text) <= _LONGEST and text.count("{") + text.count("[") <= _MOST_BRACKETS


def _whole_yaml(raw: str) -> Json | None:
    """A mapping with nothing around it. Prose with a colon is no mapping, so keys have to look like keys."""
    found = _yaml_mapping(raw)
    if not found:
        return None
    key_like = _LOWER_KEY if len(found) == 1 else _PLAIN_KEY
    return found if all(key_like.fullmatch(key) for key in found) else None


def _yaml_mapping(text: str) -> Json | None:
    if not (_readable(text) and _FIRST_KEY.match(text)):
        return None
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        value = _value(yaml.compose(text, Loader=loader), 0, set())
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    return value if strict.is_object(value) else None


def _value(node: Any, depth: int, seen: set[int]) -> JsonValue:
    """A YAML node as JSON. Tags, and YAML's many spellings of yes, no and dates, mean nothing here."""
    if node is None or depth > MAX_DATA_DEPTH or id(node) in seen:
        raise ValueError("not a plain tree")
    seen.add(id(node))
    match node.id:
        case "scalar":
            return _scalar(node)
        case "mapping":
            return {_key(key): _value(value, depth + 1, seen) for key, value in node.value}
        case _:
            return [_value(item, depth + 1, seen) for item in node.value]


def _key(node: Any) -> str:
    if node.id != "scalar":
        raise ValueError("a key is not text")
    return node.value


def _scalar(node: Any) -> JsonValue:
    """A quoted scalar is text; a plain one is what it is in JSON, in any case, or else text."""
    text: str = node.value
    if node.style:
        return text
    if text in ("", "~"):
        return None
    try:
        return strict.read(text.lower())
    except ValueError:
        return text


def _mended(raw: str, braced: str) -> Json | None:
    """One object whose quotes or commas are wrong.

    What was cut off is not guessed, and `{x: y}` in prose is no answer.
    """
    if not _readable(braced) or _NO_NUMBER.search(braced) or not _is_one_object(braced):
        return None
    alone = len(raw.strip()) == len(braced)
    if not (_QUOTED_KEY.match(braced) or (alone and _BARE_KEY.match(braced))):
        return None
    import json_repair

    try:
        value = strict.read(json.dumps(json_repair.loads(braced, skip_json_loads=True)))
    except (ValueError, RecursionError):
        return None
    return value if strict.is_object(value) else None


def _is_one_object(braced: str) -> bool:
    """Whether the brackets close exactly at the end. Those within strings count too: rather too strict."""
    depth = 0
    for bracket in _BRACKET.finditer(braced):
        depth += 1 if bracket[0] in "{[" else -1
        if depth == 0:
            return bracket.end() == len(braced)
    return False
