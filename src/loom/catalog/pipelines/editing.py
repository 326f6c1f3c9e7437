"""Edits the stages of a pipeline in its text: comments, order and layout of everything else stay. Knows no file.

Every edit is checked as a pipeline first and read back after: when the text does not say exactly what was wanted, it
is refused.
"""

import json
from collections.abc import Iterator, Sequence

from loom.catalog.pipelines.edits import STAGES, Branch, Edit, Insert, Remove, applied, index_of
from loom.catalog.pipelines.layout import Layout, layout_of
from loom.catalog.pipelines.spelling import author_lines, indented, own_lines
from loom.catalog.pipelines.values import with_values
from loom.core.errors import ConfigError, Problem
from loom.core.jsonvalue import Json
from loom.core.pipeline_config import check_pipeline
from loom.core.yamlfile import Document, YamlError, parse_yaml

__all__ = ["edited"]

_BYTE_ORDER_MARK = "\ufeff"


def edited(text: str, edit: Edit, file: str) -> str:
    """`text` after `edit`; `file` stands in messages.

    Raises:
        UsageError: when there is no such stage, or others wait for it.
        ConfigError: when the text is not YAML, what comes of it is no valid pipeline, or its layout forbids the edit.
    """
    before = parse_yaml(text, file).mapping
    if before is None:
        raise ConfigError(Problem("is no mapping", file=file, line=1, remedy="start with 'name: ...'"))
    wanted = applied(before, edit)
    check_pipeline(Document(file, wanted)).require_valid()
    mark = _BYTE_ORDER_MARK if text.startswith(_BYTE_ORDER_MARK) else ""
    layout = layout_of(text.removeprefix(mark))
    for candidate in _candidates(layout, edit, before, wanted) if layout else ():
        if _says(candidate, wanted):
            return mark + candidate
    what = "is laid out in a way that cannot be edited stage by stage"
    raise ConfigError(Problem(what, STAGES, file, remedy="edit the YAML"))


def _says(text: str, wanted: Json) -> bool:
    try:
        return parse_yaml(text).value == wanted
    except YamlError:
        return False


def _candidates(layout: Layout, edit: Edit, before: Json, wanted: Json) -> Iterator[str]:
    """Texts that should say what is wanted, the best first."""
    stages = before[STAGES]
    if isinstance(edit, Remove):
        yield _without(layout, index_of(stages, edit.stage))
    elif isinstance(edit, Insert | Branch):
        after = edit.after if isinstance(edit, Insert) else None
        at = len(stages) - 1 if after is None else index_of(stages, after)
        if layout.stages:
            if edit.spelling:
                yield _with(layout, at, author_lines(edit.spelling))
            yield _with(layout, at, own_lines(edit.stage))
        else:
            yield _with_item(layout, at, edit.stage)
    else:
        yield with_values(layout, stages, wanted[STAGES])


def _with(layout: Layout, at: int, stage: Sequence[str]) -> str:
    """The text with the lines of a stage behind the one with the index `at`."""
    place, lines, end = layout.stages[at], layout.lines, layout.line_end
    after = place.end
    while not lines[after - 1].strip():
        after -= 1
    added = [line + end for line in indented(stage, place.dash, place.content)]
    above = [*lines[:after]]
    if not above[-1].endswith(("\n", "\r")):
        above[-1] += end
    return "".join([*above, *([end] if layout.spaced else []), *added, *lines[after:]])


def _with_item(layout: Layout, at: int, stage: Json) -> str:
    """The same for stages in brackets."""
    end = layout.sequence.value[at].end_mark.index
    return f"{layout.text[:end]}, {json.dumps(stage, ensure_ascii=False)}{layout.text[end:]}"


def _without(layout: Layout, at: int) -> str:
    if not layout.stages:
        return _without_item(layout, at)
    place, lines = layout.stages[at], layout.lines
    begin = place.begin
    rest = lines[place.end :]
    if place is layout.stages[-1] and not (rest and rest[0].strip()):
        while not lines[begin - 1].strip():
            begin -= 1
    return "".join([*lines[:begin], *rest])


def _without_item(layout: Layout, at: int) -> str:
    nodes, text = layout.sequence.value, layout.text
    if at + 1 < len(nodes):
        return text[: nodes[at].start_mark.index] + text[nodes[at + 1].start_mark.index :]
    return text[: nodes[at - 1].end_mark.index] + text[nodes[at].end_mark.index :]
