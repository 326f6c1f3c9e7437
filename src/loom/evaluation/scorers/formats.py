"""The formats a text may have: for each a check that says what is wrong with it. Knows no scorer."""

import csv
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, cast

from loom.core.contracts import MAX_DATA_DEPTH
from loom.evaluation.json_text import parse_json

__all__ = ["FORMATS", "Form", "fault_of"]

_LONGEST_YAML = 100_000
_FENCE = "```"
_BULLET = re.compile(r"\s{0,12}[-*+•]\s+\S")
_NUMBERED = re.compile(r"\s{0,3}(\d{1,4})[.)]\s+\S")
_CONTINUED = re.compile(r"\s{2,}\S")
_BLOCK = re.compile(r"#{1,6}\s+\S|\s{0,12}(?:[-*+]|\d{1,4}[.)])\s+\S|>\s|```|\|.*\|")
_INLINE = re.compile(r"\*\*\S|__\S|`[^`]|\[[^\[\]\n]{1,200}\]\(")
_SENTENCE_END = re.compile(r"[.!?…]+[\"'\u201d\u2019)\]]*(?=\s|$)")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|no|approx|dr|mr|mrs|ms|prof|st|inc|ltd)|\b[a-z])\Z", re.IGNORECASE
)
_EMAIL = re.compile(r"[^@\s<>\"]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,63}")
_URL = re.compile(r"https?://[\w.-]{1,253}(?::\d{1,5})?(?:[/?#]\S{0,4000})?")
_LONGEST_WORD = 20


@dataclass(frozen=True, slots=True)
class Form:
    """What a text is checked for."""

    format: str
    min_items: int | None = None
    max_items: int | None = None
    date_format: str | None = None
    delimiter: str = ","


@dataclass(frozen=True, slots=True)
class _Found:
    """What a check found."""

    fault: str | None = None
    items: int | None = None
    """Bullets, rows, sentences, elements, where the format has such."""


def fault_of(text: str, form: Form) -> str | None:
    """What keeps `text` from being of that form; None when nothing does."""
    found = _CHECKS[form.format](text, form)
    if found.fault or found.items is None:
        return found.fault
    name = _ITEMS.get(form.format, "items")
    if form.min_items is not None and found.items < form.min_items:
        return f"{found.items} {name}, at least {form.min_items} wanted"
    if form.max_items is not None and found.items > form.max_items:
        return f"{found.items} {name}, at most {form.max_items} wanted"
    return None


def _json(text: str, _form: Form) -> _Found:
    try:
        value = parse_json(text)
    except ValueError as error:
        return _Found(f"it is not JSON: {error}")
    return _Found(items=len(cast("list[Any]", value)) if isinstance(value, dict | list) else None)


def _json_object(text: str, form: Form) -> _Found:
    return _starting("{", "a JSON object", text, form)


def _json_list(text: str, form: Form) -> _Found:
    return _starting("[", "a JSON list", text, form)


def _starting(bracket: str, name: str, text: str, form: Form) -> _Found:
    found = _json(text, form)
    return found if found.fault or text.lstrip().startswith(bracket) else _Found(f"it is not {name}")


def _yaml(text: str, _form: Form) -> _Found:
    import yaml

    if len(text) > _LONGEST_YAML:
        return _Found(f"it is longer than {_LONGEST_YAML:,} characters of YAML")
    try:
        outline = _outline(yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except (yaml.YAMLError, ValueError) as error:
        return _Found(f"it is not YAML: {str(error).partition(chr(10))[0]}")
    if not outline.startswith(("mapping", "sequence")):
        return _Found("it is no mapping and no list")
    return _Found(items=outline.count(",") // (2 if outline.startswith("mapping") else 1))


def _outline(events: Iterable[Any]) -> str:
    """The kind of the whole, and a comma for each node directly in it. Builds no tree, whose recursion could end us.

    Raises:
        ValueError: when there is more than one document, or the nesting is too deep.
    """
    depth, outline = 0, ""
    for event in events:
        match type(event).__name__.removesuffix("Event"):
            case "DocumentStart" if outline:
                raise ValueError("more than one document")
            case "Scalar" | "Alias" as kind:
                outline += "," if depth == 1 else "" if depth else kind.lower()
            case "MappingStart" | "SequenceStart" as kind:
                outline += "," if depth == 1 else "" if depth else kind.removesuffix("Start").lower()
                depth += 1
            case "MappingEnd" | "SequenceEnd":
                depth -= 1
            case _:
                continue
        if depth > MAX_DATA_DEPTH:
            raise ValueError("it is nested too deeply")
    return outline


def _csv(text: str, form: Form) -> _Found:
    try:
        rows = [row for row in csv.reader(text.splitlines(), delimiter=form.delimiter, strict=True) if row]
    except csv.Error as error:
        return _Found(f"it is not CSV: {error}")
    if not rows or len(rows[0]) < 2:
        return _Found("it has fewer than two columns")
    uneven = next((number for number, row in enumerate(rows, 1) if len(row) != len(rows[0])), None)
    if uneven is not None:
        cells = f"{len(rows[uneven - 1])} cells where the first has {len(rows[0])}"
        return _Found(f"row {uneven} has {cells}")
    return _Found(items=len(rows))


def _markdown(text: str, _form: Form) -> _Found:
    lines = text.splitlines()
    if sum(line.lstrip().startswith(_FENCE) for line in lines) % 2:
        return _Found("a code fence is not closed")
    return _Found(
        None if any(map(_BLOCK.match, lines)) or _INLINE.search(text) else "it has no Markdown in it"
    )


def _bullet_list(text: str, _form: Form) -> _Found:
    lines = [line for line in text.splitlines() if line.strip()]
    items = 0
    for number, line in enumerate(lines, 1):
        if _BULLET.match(line):
            items += 1
        elif not (items and _CONTINUED.match(line)):
            return _Found(f"line {number} is no bullet: {_shown(line)}")
    return _Found(None if items else "it has no bullet", items)


def _numbered_list(text: str, _form: Form) -> _Found:
    items = 0
    for number, line in enumerate((line for line in text.splitlines() if line.strip()), 1):
        found = _NUMBERED.match(line)
        if found:
            items += 1
            if int(found[1]) != items:
                return _Found(f"item {items} has the number {found[1]}")
        elif not (items and _CONTINUED.match(line)):
            return _Found(f"line {number} has no number: {_shown(line)}")
    return _Found(None if items else "it has no numbered item", items)


def _sentences(text: str, _form: Form) -> _Found:
    """A text counts as one sentence more when its last one has no end."""
    ends = [end for end in _SENTENCE_END.finditer(text) if not _abbreviated(text, end.start(), end.group())]
    rest = text[ends[-1].end() :] if ends else text
    return _Found(items=len(ends) + bool(rest.strip()))


def _abbreviated(text: str, place: int, end: str) -> bool:
    word = text[max(0, place - _LONGEST_WORD) : place]
    return (
        end.startswith(".")
        and len(end) == 1
        and _ABBREVIATION.search(word) is not None
        and place + 1 < len(text)
    )


def _one_line(text: str, _form: Form) -> _Found:
    lines = len(text.strip().splitlines())
    return _Found(None if lines == 1 else f"it has {lines} lines")


def _date(text: str, form: Form) -> _Found:
    try:
        if form.date_format is None:
            date.fromisoformat(text.strip())
        else:
            datetime.strptime(text.strip(), form.date_format)  # noqa: DTZ007 - only its form is looked at
    except ValueError:
        wanted = form.date_format or "YYYY-MM-DD"
        return _Found(f"it is no date as {wanted}: {_shown(text)}")
    return _Found()


def _datetime(text: str, form: Form) -> _Found:
    if form.date_format is not None:
        return _date(text, form)
    try:
        datetime.fromisoformat(text.strip())
    except ValueError:
        return _Found(f"it is no date and time in ISO 8601: {_shown(text)}")
    return _Found(None if "T" in text or " " in text.strip() else "it has no time of day")


def _number(text: str, _form: Form) -> _Found:
    try:
        good = math.isfinite(float(text)) and "_" not in text
    except ValueError:
        good = False
    return _Found(None if good else f"it is no number: {_shown(text)}")


def _email(text: str, _form: Form) -> _Found:
    return _Found(None if _EMAIL.fullmatch(text.strip()) else f"it is no e-mail address: {_shown(text)}")


def _url(text: str, _form: Form) -> _Found:
    return _Found(None if _URL.fullmatch(text.strip()) else f"it is no address of the web: {_shown(text)}")


def _shown(text: str, longest: int = 60) -> str:
    line = text.strip()
    return repr(line if len(line) <= longest else line[: longest - 1] + "…")


_CHECKS: Mapping[str, Callable[[str, Form], _Found]] = MappingProxyType(
    {
        "json": _json,
        "json_object": _json_object,
        "json_list": _json_list,
        "yaml": _yaml,
        "csv": _csv,
        "markdown": _markdown,
        "bullet_list": _bullet_list,
        "numbered_list": _numbered_list,
        "sentences": _sentences,
        "one_line": _one_line,
        "date": _date,
        "datetime": _datetime,
        "number": _number,
        "email": _email,
        "url": _url,
    }
)
_ITEMS = MappingProxyType({"sentences": "sentences", "csv": "rows", "yaml": "entries"})
FORMATS = tuple(_CHECKS)
