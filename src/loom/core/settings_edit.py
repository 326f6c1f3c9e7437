"""Adds endpoints to the text of a settings file, and says what tiers mean, leaving all else as its owner wrote it."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from loom.core.errors import ConfigError, Problem
from loom.core.jsonvalue import Json
from loom.core.yamlfile import Document, YamlError, parse_yaml

__all__ = ["edited", "snippet"]

_PLAIN = re.compile(r"[A-Za-z][\w./@+-]*(?::[\w./@+-]+)*|https?://[\w.:/-]+", re.ASCII)
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off"})
_ITEM = re.compile(r"( *)- ")
_KEY = re.compile(r"( *)\S")


def edited(text: str, endpoints: Sequence[Json], tiers: Mapping[str, str], file: str) -> str:
    """`text` with `endpoints` at the end of its own, and with these `tiers` (`endpoint/model`) in the place of its own.

    Raises:
        ConfigError: when its layout does not allow that. The message says what to add by hand.
    """
    wanted = dict(_mapping(text, file))
    if endpoints:
        wanted["endpoints"] = [*(wanted.get("endpoints") or []), *endpoints]
    if tiers:
        wanted["tiers"] = {**(wanted.get("tiers") or {}), **tiers}
    try:
        result = _added(text, endpoints, tiers, file)
        if _mapping(result, file) == wanted:
            return result
    except YamlError:
        pass  # what was added broke the file: the same remedy
    what = "is laid out in a way that cannot be added to"
    remedy = f"add this yourself:\n{snippet(endpoints, tiers)}"
    raise ConfigError(Problem(what, file=file, remedy=remedy))


def snippet(endpoints: Sequence[Json], tiers: Mapping[str, str]) -> str:
    """The same as a text of its own."""
    lines = (
        ["endpoints:", *(line for entry in endpoints for line in _entry(entry, "  "))] if endpoints else []
    )
    lines += ["tiers:", *(f"  {tier}: {_scalar(target)}" for tier, target in tiers.items())] if tiers else []
    return "\n".join(lines)


def _document(lines: Sequence[str], file: str) -> Document:
    content = any(line.strip() and not line.lstrip().startswith("#") for line in lines)
    return parse_yaml("\n".join(lines) + "\n", file) if content else Document(file, {})


def _mapping(text: str, file: str) -> Json:
    return _document(text.splitlines(), file).mapping or {}


def _added(text: str, endpoints: Sequence[Json], tiers: Mapping[str, str], file: str) -> str:
    lines = text.splitlines()
    if endpoints:
        lines = _with_endpoints(lines, _document(lines, file), endpoints)
    for tier, target in tiers.items():
        lines = _with_tier(lines, _document(lines, file), tier, target)
    return "\n".join(lines) + "\n"


def _with_endpoints(lines: list[str], document: Document, endpoints: Sequence[Json]) -> list[str]:
    first, end = _section(lines, document, "endpoints")
    if first is None:
        return [*_spaced(lines), "endpoints:", *(line for entry in endpoints for line in _entry(entry, "  "))]
    head = re.sub(r"\s*\[\s*\]", "", lines[first]) if end == first + 1 else lines[first]
    items = [found[1] for line in lines[first + 1 : end] if (found := _ITEM.match(line))]
    indent = items[0] if items else "  "
    added = [line for entry in endpoints for line in _entry(entry, indent)]
    return [*lines[:first], head, *lines[first + 1 : end], *added, *lines[end:]]


def _with_tier(lines: list[str], document: Document, tier: str, target: str) -> list[str]:
    first, end = _section(lines, document, "tiers")
    if first is None:
        return [*_spaced(lines), "tiers:", f"  {tier}: {_scalar(target)}"]
    there: Any = (document.mapping or {}).get("tiers")
    if isinstance(there, dict) and tier in there:
        return _replaced(lines, document, tier, target, end)
    keys = [found[1] for line in lines[first + 1 : end] if (found := _KEY.match(line))]
    indent = min(keys, key=len) if keys else "  "
    head = re.sub(r"\s*\{\s*\}", "", lines[first]) if end == first + 1 else lines[first]
    return [*lines[:first], head, *lines[first + 1 : end], f"{indent}{tier}: {_scalar(target)}", *lines[end:]]


def _replaced(lines: list[str], document: Document, tier: str, target: str, end: int) -> list[str]:
    """The line of the tier with another value; what it said in further, deeper lines goes."""
    place = (document.locate_key(("tiers", tier)).line or 1) - 1
    found = re.match(r"(\s*[\"']?\w+[\"']?:)[^#]*?(\s+#.*)?$", lines[place])
    if found is None:
        return lines
    depth = len(lines[place]) - len(lines[place].lstrip())
    after = place + 1
    while after < end and lines[after].startswith(" " * (depth + 1)):
        after += 1
    return [*lines[:place], f"{found[1]} {_scalar(target)}{found[2] or ''}", *lines[after:]]


def _section(lines: Sequence[str], document: Document, key: str) -> tuple[int | None, int]:
    """The line of a key at the top, and the line after the last that belongs to it."""
    if key not in (document.mapping or {}):
        return None, len(lines)
    first = (document.locate_key((key,)).line or 1) - 1
    end = first + 1
    for place in range(first + 1, len(lines)):
        line = lines[place]
        if line.strip() and not line.startswith((" ", "-", "#")):
            break
        if line.strip() and not line.startswith("#"):
            end = place + 1
    return first, end


def _spaced(lines: list[str]) -> list[str]:
    return [*lines, ""] if lines and lines[-1].strip() else lines


def _entry(entry: Json, indent: str) -> list[str]:
    pairs = [f"{key}: {_scalar(str(value))}" for key, value in entry.items()]
    return [f"{indent}{'  ' if number else '- '}{pair}" for number, pair in enumerate(pairs)]


def _scalar(text: str) -> str:
    return text if _PLAIN.fullmatch(text) and text.lower() not in _WORDS else json.dumps(text)
