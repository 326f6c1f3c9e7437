"""What someone named in a form or a body, found: a worker and its version, where its calls go, a word of a list."""

from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from loom.access.models import Principal
from loom.calls.path import Route
from loom.catalog.library import Library
from loom.catalog.service import Catalog
from loom.core.config import Kind
from loom.core.errors import NotFoundError, Problem, UsageError
from loom.core.worker_config import Tier, WorkerConfig, WorkerKind, load_worker
from loom.wiring.app import App

__all__ = ["one_of", "route_of", "version_of", "worker_named"]

E = TypeVar("E", bound=StrEnum)


def worker_named(files: Library, name: str) -> WorkerConfig:
    """The worker called `name`; only what the library has, never a path.

    Raises:
        NotFoundError: when there is none.
        ConfigError: when it is broken.
    """
    found = next((one for one in files.workers() if one.name == name), None)
    if found is None:
        raise NotFoundError(f"there is no worker '{name[:80]}'; `/workers` lists them")
    return load_worker(found.path)


async def version_of(catalog: Catalog, worker: WorkerConfig, asker: Principal) -> bytes | None:
    """The hash of the text that defines `worker`, now in its history; None for a file that is in no catalog."""
    if worker.file is None:
        return None
    found = await catalog.record(Kind.WORKER, Path(worker.file), asker)
    return found.hash if found else None


async def route_of(
    services: App, worker: WorkerConfig, *, tier: str, model: str, endpoint: str
) -> Route | None:
    """Where the calls of `worker` go; what is empty is as it says. None for a processor.

    Raises:
        InputError: when there is no such tier, model or endpoint, or it is a processor and asks none.
    """
    if worker.worker_kind is WorkerKind.PROCESSOR:
        for field, value in (("tier", tier), ("model", model)):
            if value:
                what = f"names a model, and '{worker.name}' is a processor: it asks none"
                raise UsageError(Problem(what, field, value=value, remedy="leave it out"))
        return None
    return await services.endpoints.route(
        tier=one_of(Tier, "tier", tier) or worker.default_model_tier,
        model=model or worker.model,
        endpoint=endpoint or worker.endpoint,
    )


def one_of(words: type[E], field: str, given: str) -> E | None:
    """The one of `words` that was given for `field`; None for nothing.

    Raises:
        UsageError: when it is none of them.
    """
    if given and given not in list(words):
        remedy = f"use one of {', '.join(words)}"
        raise UsageError(Problem("is not known", field, value=given, remedy=remedy))
    return words(given) if given else None
