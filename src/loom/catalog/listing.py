"""The list of definitions: what each file says of itself, and which of them are asked for. Keeps no version."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from loom.catalog.definitions import Definition, read_definition
from loom.catalog.files import Place
from loom.catalog.library import Found, Library
from loom.catalog.models import Entry, Query, Ref
from loom.core.config import Kind, detect_kind
from loom.core.errors import ConfigError, Problem

__all__ = ["list_entries"]


def list_entries(library: Library, kinds: tuple[Kind, ...], query: Query) -> tuple[Entry, ...]:
    """Those that `query` asks for, kind by kind, sorted by name; broken ones with what is wrong with them."""
    asked = [
        kind
        for kind in kinds
        if query.kind in (None, kind) or (query.kind not in kinds and kind is Kind.WORKER)
    ]
    entries = (_entry(kind, found) for kind in asked for found in library.all(kind))
    return tuple(entry for entry in entries if entry is not None and _wanted(entry, query))


def _entry(kind: Kind, found: Found) -> Entry | None:
    """None for what lies beside pipelines and is none."""
    facts = _facts_of(kind, found)
    if facts.kind is Kind.ORCHESTRATOR:
        return None
    return Entry(
        Ref(kind, found.name),
        found.path,
        found.source,
        found.hides,
        facts.description,
        facts.tier,
        facts.worker_kind,
        facts.stages,
        facts.problem,
    )


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a list says of a text."""

    kind: Kind
    description: str = ""
    tier: str | None = None
    worker_kind: str | None = None
    stages: int | None = None
    problem: Problem | None = None


def _facts_of(kind: Kind, found: Found) -> _Facts:
    try:
        content = Place(found.home.path, found.file).read()
    except ConfigError as error:
        return _Facts(kind, problem=error.problems[0])
    if content is None:
        return _Facts(kind, problem=Problem("File not found", file=str(found.path)))
    read = _remembered if len(content) <= _REMEMBERED_BYTES else _read
    return read(kind, content, str(found.path))


def _read(kind: Kind, content: bytes, file: str) -> _Facts:
    definition = read_definition(kind, content, file)
    description = " ".join((definition.words("description") or "").split())
    problem = definition.errors[0] if definition.errors else None
    if kind is Kind.PIPELINE:
        is_other = detect_kind(definition.mapping) is Kind.ORCHESTRATOR
        kind = Kind.ORCHESTRATOR if is_other else kind
        return _Facts(kind, description, stages=_stage_count(definition), problem=problem)
    tier = definition.words("default_model_tier") or definition.words("default_tier") or "standard"
    return _Facts(kind, description, tier, definition.words("worker_kind") or "llm", problem=problem)


_REMEMBERED_BYTES = 16 * 1024
_remembered = lru_cache(maxsize=2_000)(_read)
"""A text says the same each time, and reading 200 of them takes a tenth of a second."""


def _stage_count(definition: Definition) -> int:
    stages: Any = definition.mapping.get("pipeline_stages")
    return len(cast("list[Any]", stages)) if isinstance(stages, list) else 0


def _wanted(entry: Entry, query: Query) -> bool:
    text = f"{entry.ref.name} {entry.description}".casefold()
    return (
        all(word in text for word in query.search.casefold().split())
        and query.kind in (None, entry.ref.kind, entry.worker_kind)
        and query.tier in (None, entry.tier)
        and query.source in (None, entry.source)
    )
