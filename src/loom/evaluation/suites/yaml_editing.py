"""Edits the text of a YAML suite in place: comments, order and style stay. Knows no files.

What it cannot edit gives None; whether an edit says what was wanted is for the caller to check.
"""

import re
from collections.abc import Mapping
from typing import cast

from loom.core.jsonvalue import Json
from loom.core.yamlfile import parse_yaml
from loom.core.yamlvalues import Mark
from loom.evaluation.models import Split
from loom.evaluation.suites.yaml_files import yaml_text

__all__ = ["ended", "yaml_cases_with_split", "yaml_with_case", "yaml_with_change", "yaml_with_splits"]

_DASH = re.compile(r"( *)- +")
_NOTHING = re.compile(r"\s*(#.*)?")
_VALUE = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"|\w+")


def ended(text: str) -> str:
    """`text` with a line end behind its last line."""
    return text if not text or text.endswith("\n") else text + "\n"


def yaml_with_case(text: str, case: Json) -> str | None:
    """`text` with `case` behind the last one of a list with dashes."""
    root = parse_yaml(text).root
    items = _items(root)
    if root is None or not items:
        return None
    lines = text.split("\n")
    dash = _DASH.fullmatch(lines[items[0].line][: items[0].column])
    if dash is None:
        return None
    at = _end_of_list(root, items, lines)
    item = [dash[1] + line if line else line for line in yaml_text([case]).splitlines()]
    end = "\r" if "\r\n" in text else ""
    return "\n".join([*lines[:at], *(line + end for line in item), *lines[at:]])


def yaml_with_change(text: str, number: int, case: Json | None) -> str | None:
    """`text` with `case` in place of the one that is numbered, from 0; without it where there is none."""
    root = parse_yaml(text).root
    items = _items(root)
    if root is None or not number < len(items) or (case is None and len(items) == 1):
        return None
    lines = text.split("\n")
    dash = _DASH.fullmatch(lines[items[number].line][: items[number].column])
    if dash is None:
        return None
    begin, last = items[number].line, number + 1 == len(items)
    end = _end_of_list(root, items, lines) if last else items[number + 1].line
    while end > begin + 1 and _NOTHING.fullmatch(lines[end - 1]):  # comments above the next case belong to it
        end -= 1
    item = (
        [] if case is None else [dash[1] + line if line else line for line in yaml_text([case]).splitlines()]
    )
    close = "\r" if "\r\n" in text else ""
    return "\n".join([*lines[:begin], *(line + close for line in item), *lines[end:]])


def yaml_with_splits(text: str, splits: Mapping[int, Split]) -> str | None:
    """`text` with a key `split` in the cases that are numbered in `splits`, from 0."""
    items = _items(parse_yaml(text).root)
    starts = _line_starts(text)
    for number in sorted(splits, reverse=True):  # from the end, so that earlier places stay where they are
        edited = _with_split(text, starts, items[number], splits[number])
        if edited is None:
            return None
        text = edited
    return text


def yaml_cases_with_split(text: str) -> set[int]:
    """The numbers, from 0, of the cases that have a key `split`."""
    items = _items(parse_yaml(text).root)
    return {number for number, case in enumerate(items) if "split" in cast("dict[str, Mark]", case.children)}


def _items(root: Mark | None) -> list[Mark]:
    children = root.children if root else None
    if isinstance(children, dict):
        children = children["cases"].children if "cases" in children else None
    return children if isinstance(children, list) else []


def _end_of_list(root: Mark, items: list[Mark], lines: list[str]) -> int:
    """The line before which an item is added to the list of cases."""
    keys = root.children.values() if isinstance(root.children, dict) else ()
    later = [mark.key[0] for mark in keys if mark.key and mark.key[0] > items[-1].line]
    at = min(later, default=len(lines) - 1)
    while later and _NOTHING.fullmatch(lines[at - 1]):  # comments above the next key belong to it
        at -= 1
    return at


def _line_starts(text: str) -> list[int]:
    return [0, *(found.end() for found in re.finditer("\n", text))]


def _with_split(text: str, starts: list[int], case: Mark, split: Split) -> str | None:
    keys = cast("dict[str, Mark]", case.children)
    present = keys.get("split")
    if present is not None:
        at = starts[present.line] + present.column
        old = _VALUE.match(text, at)
        return f"{text[:at]}{split.value}{text[old.end() :]}" if old else None
    marks = [mark for mark in keys.values() if mark.key]
    following = marks[1] if len(marks) > 1 and next(iter(keys)) == "name" else marks[0]
    line, column = cast("tuple[int, int]", following.key)
    if text[starts[case.line] + case.column] == "{":
        at = starts[line] + column
        return f"{text[:at]}split: {split.value}, {text[at:]}"
    return _with_line(text, starts, (marks[0], following), split)


def _with_line(text: str, starts: list[int], around: tuple[Mark, Mark], split: Split) -> str:
    """`text` with a line for the split below the first of two keys, or, if they are one, above it."""
    first, following = around
    line, column = cast("tuple[int, int]", following.key)
    end = "\r\n" if "\r\n" in text else "\n"
    below = first.line + 1
    between = text[starts[below] : starts[line]].split("\n") if below <= line else ["?"]
    if first is not following and all(_NOTHING.fullmatch(part) for part in between):
        at = starts[below]
        return f"{text[:at]}{' ' * column}split: {split.value}{end}{text[at:]}"
    at = starts[line] + column
    return f"{text[:at]}split: {split.value}{end}{' ' * column}{text[at:]}"
