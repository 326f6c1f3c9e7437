"""The list of definitions: what each file says of itself, and which of them are asked for. Keeps no version."""

from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

from loom.catalog.definitions import Definition, read_definition
from loom.catalog.files import Place
from loom.catalog.library import Found, Library, Source
from loom.catalog.models import Entry, Query, Ref
from loom.catalog.unchanged import Unchanged
from loom.core.errors import ConfigError, Problem
from loom.core.kinds import Kind, detect_kind

__all__ = ["list_entries"]


def list_entries(library: Library, kinds: tuple[Kind, ...], query: Query) -> tuple[Entry, ...]:
    """Those that `query` asks for, kind by kind as `Library.all` has them, broken ones with what is wrong."""
    asked = [
        kind
        for kind in kinds
        if query.kind in (None, kind) or (query.kind not in kinds and kind is Kind.WORKER)
    ]
    named = ((kind, found) for kind in asked for found in library.all(kind))
    entries = (_entry(*one) for one in named if query.names is None or one[1].name in query.names)
    return tuple(entry for entry in entries if entry is not None and _wanted(entry, query))


def _entry(kind: Kind, found: Found) -> Entry | None:
    """None for what lies beside pipelines and is none."""
    entry = _KNOWN.of((kind, found.home.source, found.path), found.path, partial(_read_entry, kind, found))
    return entry if entry is None or entry.hides == found.hides else replace(entry, hides=found.hides)


def _read_entry(kind: Kind, found: Found) -> Entry | None:
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
        facts.hash,
    )


_KNOWN: Unchanged[tuple[Kind, Source, Path], Entry | None] = Unchanged(4_000)
"""Reading 200 files takes a tenth of a second, and each list asks for all of them."""


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a list says of a text."""

    kind: Kind
    description: str = ""
    tier: str | None = None
    worker_kind: str | None = None
    stages: int | None = None
    problem: Problem | None = None
    hash: bytes | None = None


def _facts_of(kind: Kind, found: Found) -> _Facts:
    try:
        content = Place(found.home.path, found.file).read()
    except ConfigError as error:
        return _Facts(kind, problem=error.problems[0])
    if content is None:
        return _Facts(kind, problem=Problem("File not found", file=str(found.path)))
    facts = _read(kind, content, str(found.path))
    return replace(facts, hash=sha256(content).digest())


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


def _stage_count(definition: Definition) -> int:
    stages: Any = definition.mapping.get("pipeline_stages")
    return len(cast("list[Any]", stages)) if isinstance(stages, list) else 0


def _wanted(entry: Entry, query: Query) -> bool:
    return (
        query.kind in (None, entry.ref.kind, entry.worker_kind)
        and query.tier in (None, entry.tier)
        and query.source in (None, entry.source)
        and (not query.search or _mentions(entry, query.search))
    )


def _mentions(entry: Entry, words: str) -> bool:
    text = f"{entry.ref.name} {entry.description}".casefold()
    return all(word in text for word in words.casefold().split())
