"""How a stage is spelled in YAML: as its author wrote it where that fits, else in our own words. Knows no pipeline."""

import json
from collections.abc import Sequence
from typing import Any, cast

from loom.core.errors import ConfigError, Problem
from loom.core.jsonvalue import Json
from loom.core.yamlfile import Document, parse_yaml

__all__ = ["author_lines", "indented", "own_lines", "own_text", "read_stage", "spelled_like"]


def read_stage(text: str) -> Json:
    """The one stage that `text` defines: a mapping, or a list that holds just that.

    Raises:
        ConfigError: when it defines anything else.
    """
    document = parse_yaml(text, "stage")
    value: Any = document.value
    items = cast("list[Any]", value) if isinstance(value, list) else [value]
    value = items[0] if len(items) == 1 else None
    if not isinstance(value, dict):
        problem = Problem(
            "is no stage", None, "stage", 1, 1, value, "write 'name: ...' and 'worker_type: ...'"
        )
        raise ConfigError(problem)
    return cast("Json", value)


def author_lines(text: str) -> list[str]:
    """The lines of a stage as `text` has them, comments too, with nothing before its first key; without ends."""
    document = parse_yaml(text)
    line, column = _begin(document)
    lines = text.splitlines()
    above = [one.strip() for one in lines[:line] if one.lstrip().startswith("#")]
    own = [lines[line][column:]]
    for one in lines[line + 1 :]:
        if one.rstrip() == "...":
            break
        own.append(one[column:] if not one[:column].strip() else one.lstrip())
    while own and not own[-1].strip():
        own.pop()
    return [*above, *own]


def own_lines(stage: Json) -> list[str]:
    """`stage` in block style, without ends."""
    lines: list[str] = []
    for key, value in stage.items():
        if isinstance(value, dict) and key == "input_mapping" and value:
            inner = cast("Json", value).items()
            lines += [f"{key}:", *(f"  {_spelled(name)}: {_spelled(path)}" for name, path in inner)]
        else:
            lines.append(f"{_spelled(key)}: {_spelled(cast('object', value))}")
    return lines


def own_text(stage: Json) -> str:
    """The same as one text."""
    return "\n".join(own_lines(stage)) + "\n"


def spelled_like(node: Any, value: str) -> str:
    """`value` in the kind of quotes that the scalar at `node` has."""
    if node.style == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    return json.dumps(value, ensure_ascii=False) if node.style else _spelled(value)


def _begin(document: Document) -> tuple[int, int]:
    """Where the mapping of the stage begins."""
    root = document.root
    assert root is not None
    first: Any = root.children[0] if isinstance(root.children, list) else root
    return first.line, first.column


def _reads_plain(value: str) -> bool:
    try:
        return parse_yaml(f"[{value}]").value == [value]  # what holds in brackets holds everywhere
    except ConfigError:
        return False


def _spelled(value: object) -> str:
    """`value` on one line: plain where that is safe, else as JSON, which YAML reads."""
    plain = isinstance(value, str) and _reads_plain(value)
    return str(value) if plain else json.dumps(value, ensure_ascii=False)


def indented(lines: Sequence[str], dash: int, content: int) -> list[str]:
    """`lines` as an item of a list whose dashes stand in column `dash`; comments at their head above it."""
    first = next((number for number, line in enumerate(lines) if not line.startswith("#")), 0)
    above = [" " * dash + line for line in lines[:first]]
    item = [" " * content + line if line.strip() else "" for line in lines[first:]]
    item[0] = " " * dash + "-" + item[0][dash + 1 :]
    return [*above, *item]
