"""What someone named at a door, found: a definition, its version, where its calls go, a word of a list.

Knows no door: what a field is called there, and whether a name may be a path, the door says.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from loom.core.errors import Look, NotFoundError, Problem, UsageError
from loom.core.spelling import suggestion

if TYPE_CHECKING:
    from loom.access.models import Principal
    from loom.calls.endpoints import Endpoints
    from loom.calls.path import Route
    from loom.catalog.library import Found, Library
    from loom.catalog.service import Catalog
    from loom.catalog.unchanged import Unchanged
    from loom.core.kinds import Kind
    from loom.core.worker_config import WorkerConfig

__all__ = ["Destination", "named", "one_of", "route_of", "version_of", "worker_at", "worker_named"]

E = TypeVar("E", bound=StrEnum)
_MOST_WORKERS = 1_000


@dataclass(frozen=True, slots=True)
class Destination:
    """Where calls are to go as someone says it; what is None or empty is as the worker says."""

    tier: str | None = None
    model: str | None = None
    endpoint: str | None = None


def named(files: "Library", kind: "Kind", name: str) -> "Found":
    """The definition of `kind` called `name`; only what the library has, never a path.

    Raises:
        NotFoundError: when there is none.
    """
    found = files.named(kind, name)
    if found is None:
        raise NotFoundError(f"there is no {kind} '{name[:80]}'", Look(f"{kind}s"))
    return found


def worker_named(files: "Library", name: str) -> "WorkerConfig":
    """The worker called `name`, read.

    Raises:
        NotFoundError: when there is none.
        ConfigError: when it is broken.
    """
    from loom.core.kinds import Kind

    return worker_at(named(files, Kind.WORKER, name).path)


def worker_at(place: Path) -> "WorkerConfig":
    """The worker defined in the file at `place`, not read again until that changes.

    Raises:
        ConfigError: when it is broken.
    """
    from loom.core.worker_config import load_worker

    return _workers().of(place, place, lambda: load_worker(place))


@cache
def _workers() -> "Unchanged[Path, WorkerConfig]":
    from loom.catalog.unchanged import Unchanged

    return Unchanged(_MOST_WORKERS)


async def version_of(catalog: "Catalog", worker: "WorkerConfig", asker: "Principal") -> bytes | None:
    """The hash of the text that defines `worker`, now in its history; None for a file that is in no catalog."""
    from loom.core.kinds import Kind

    if worker.file is None:
        return None
    found = await catalog.record(Kind.WORKER, Path(worker.file), asker)
    return found.hash if found else None


async def route_of(
    endpoints: "Endpoints", worker: "WorkerConfig", wish: Destination, prefix: str = ""
) -> "Route | None":
    """Where the calls of `worker` go; None for a processor. `prefix` stands before the names of the wish's fields.

    Raises:
        UsageError: when there is no such tier, model or endpoint, or it is a processor and asks none.
        ProviderError: when the endpoint's list of models is needed and cannot be had.
    """
    from loom.core.worker_config import Tier, WorkerKind

    if worker.worker_kind is WorkerKind.PROCESSOR:
        what = f"names a model, and '{worker.name}' is a processor: it asks none"
        given = {"tier": wish.tier, "model": wish.model, "endpoint": wish.endpoint}
        problems = [
            Problem(what, prefix + field, value=value, remedy="leave it out")
            for field, value in given.items()
            if value
        ]
        if problems:
            raise UsageError(problems)
        return None
    return await endpoints.route(
        tier=one_of(Tier, f"{prefix}tier", wish.tier) or worker.default_model_tier,
        model=wish.model or worker.model,
        endpoint=wish.endpoint or worker.endpoint,
    )


def one_of(words: type[E], field: str, given: str | None) -> E | None:
    """The one of `words` that was given for `field`; None when nothing was.

    Raises:
        UsageError: when it is none of them.
    """
    if given is None:
        return None
    if given in list(words):
        return words(given)
    remedy = suggestion(given, words, "") or None
    raise UsageError(Problem(f"is not one of {', '.join(words)}", field, value=given, remedy=remedy))
