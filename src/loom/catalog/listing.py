"""The list of definitions: what each file says of itself, and which of them are asked for. Keeps no version."""

from loom.catalog.definitions import Definition, read_definition
from loom.catalog.files import Place
from loom.catalog.library import Found, Library
from loom.catalog.models import Entry, Query, Ref
from loom.core.config import Kind, detect_kind
from loom.core.errors import ConfigError, Problem

__all__ = ["list_entries"]


def list_entries(library: Library, kinds: tuple[Kind, ...], query: Query) -> tuple[Entry, ...]:
    """Those that `query` asks for, kind by kind, sorted by name; broken ones with what is wrong with them."""
    entries = (_entry(kind, found) for kind in kinds for found in library.all(kind))
    return tuple(entry for entry in entries if entry is not None and _wanted(entry, query))


def _entry(kind: Kind, found: Found) -> Entry | None:
    """None for what lies beside pipelines and is none."""
    definition = _definition(kind, found)
    if kind is Kind.PIPELINE and detect_kind(definition.mapping) is Kind.ORCHESTRATOR:
        return None
    is_worker = kind is Kind.WORKER
    tier = definition.words("default_model_tier") or definition.words("default_tier") or "standard"
    return Entry(
        Ref(kind, found.name),
        found.path,
        found.source,
        found.hides,
        " ".join((definition.words("description") or "").split()),
        tier if is_worker else None,
        definition.words("worker_kind") or "llm" if is_worker else None,
        definition.errors[0] if definition.errors else None,
    )


def _definition(kind: Kind, found: Found) -> Definition:
    place = Place(found.home.path, found.file)
    try:
        content = place.read()
    except ConfigError as error:
        return Definition({}, None, error.problems)
    if content is None:
        return Definition({}, None, (Problem("File not found", file=str(found.path)),))
    return read_definition(kind, content, str(found.path))


def _wanted(entry: Entry, query: Query) -> bool:
    text = f"{entry.ref.name} {entry.description}".casefold()
    return (
        all(word in text for word in query.search.casefold().split())
        and query.kind in (None, entry.ref.kind, entry.worker_kind)
        and query.tier in (None, entry.tier)
        and query.source in (None, entry.source)
    )
