"""What differs between the configurations of two runs, path by path. Says nothing of what it did."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from loom.catalog.diff import TextDiff, compare_texts
from loom.core.jsonvalue import Json, JsonValue
from loom.evaluation.reading.run_material import RunMaterial

__all__ = ["Change", "configuration_of", "differences"]

_LONG = 60


@dataclass(frozen=True, slots=True)
class Change:
    """One value that is another."""

    path: str
    """Dotted, as `output_schema.required`."""

    before: JsonValue
    """None where there was nothing."""

    after: JsonValue
    diff: TextDiff | None
    """Line by line, of texts that are long."""


def configuration_of(run: RunMaterial) -> Json:
    """All that was chosen for a run."""
    made = run.evaluation
    return {
        "worker": made.worker,
        "model": run.run.model,
        "endpoint": run.run.endpoint,
        **made.snapshot,
        "suite": run.run.suite,
        "suite version": made.suite.hex()[:12],
        "split": made.selection.split,
        "tags": list(made.selection.tags),
        "limit": made.selection.limit,
        "scorers": list(made.scorers),
        "judge": made.judge.model if made.judge else None,
        "repetitions": made.repetitions,
    }


def differences(before: Json, after: Json) -> tuple[Change, ...]:
    """Every value of `before` that is another in `after`, in the order in which they stand."""
    return tuple(_changes("", before, after))


def _changes(path: str, before: JsonValue, after: JsonValue) -> Iterator[Change]:
    if before == after and type(before) is type(after):
        return
    if isinstance(before, dict) and isinstance(after, dict):
        a, b = cast("Json", before), cast("Json", after)
        for key in dict.fromkeys((*a, *b)):
            yield from _changes(f"{path}.{key}" if path else key, a.get(key), b.get(key))
        return
    yield Change(path, before, after, _diff(before, after))


def _diff(before: JsonValue, after: JsonValue) -> TextDiff | None:
    a, b = _text(before), _text(after)
    long = max(len(a), len(b)) > _LONG or "\n" in a + b
    return compare_texts(a, b) if long else None


def _text(value: JsonValue) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
