"""Finds the one JSON object in a model's text, or refuses. Knows no schema."""

from itertools import islice

from loom.core.jsonvalue import Json
from loom.worker import strict

__all__ = ["extract_json"]

_MOST_FENCES = 64
_LABELS = frozenset({"", "json", "yaml", "yml"})
_SHOWN = 80


def extract_json(raw: str) -> Json:
    """The JSON object a model answered with.

    Tried in this order: the text as JSON; a fenced block as JSON; from the first `{` to the last `}`;
    a fenced block as a YAML mapping; the text as a YAML mapping; one damaged object, mended. Of equal keys
    the last counts.

    Raises:
        ValueError: (`non-JSON`) for everything else: lists, scalars, prose, several objects, NaN, infinities,
            nesting deeper than 100.
    """
    try:
        answer = strict.read(raw)
    except ValueError:
        answer = _embedded(raw)
    if strict.is_object(answer):
        return answer
    shown = raw if len(raw) <= _SHOWN else raw[: _SHOWN - 1] + "…"
    raise ValueError(f"non-JSON answer, expected one JSON object (got {shown!r})")


def _embedded(raw: str) -> Json | None:
    fenced = _fenced(raw)
    braced = _braced(raw)
    for text in (*fenced, braced):
        try:
            answer = strict.read(text)
        except ValueError:
            continue
        if strict.is_object(answer):
            return answer
    from loom.worker import lenient  # PyYAML and json-repair load only when a model strays

    return lenient.mapping(raw, fenced, braced)


def _fenced(raw: str) -> tuple[str, ...]:
    """What stands between code fences that say JSON, YAML or nothing. Linear in the text."""
    blocks: list[str] = []
    for block in islice(raw.split("```", 2 * _MOST_FENCES), 1, None, 2):
        label, newline, body = block.partition("\n")
        if not newline:
            blocks.append(block)
        elif label.strip().lower() in _LABELS:
            blocks.append(body)
    return tuple(blocks)


def _braced(raw: str) -> str:
    """From the first `{` to the last `}`; empty when there is none, or when it is the inside of a list."""
    start, end = raw.find("{"), raw.rfind("}")
    if start < 0 or end < start:
        return ""
    before = raw[:start].rstrip()
    inside_a_list = before.endswith("[") or (before.endswith(",") and "[" in before)
    return "" if inside_a_list else raw[start : end + 1]
