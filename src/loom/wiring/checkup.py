"""What works on this machine, and what to do about what does not. Shows nothing: doors do."""

import asyncio
import platform
import shutil
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from dataclasses import dataclass

from loom import __version__
from loom.calls.path import Route
from loom.catalog.library import Library, Source
from loom.core.config import check_file
from loom.core.endpoint_config import EndpointConfig, EndpointKind
from loom.core.errors import ConfigError, Fault, LoomError, ProviderError
from loom.core.settings import Settings, load_settings
from loom.core.worker_config import Tier
from loom.evaluation.suites.files import check_suite
from loom.wiring.app import App, open_app

__all__ = ["Finding", "check", "check_machine"]

_LOW_SPACE = 200 << 20
_MOST_MODELS = 5
_PATIENCE_S = 10.0
"""As long as a test of an endpoint in the Workshop."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    good: bool
    detail: str
    """What was found, and what to do when it is not good."""


async def check_machine() -> AsyncIterator[Finding]:
    """Look at everything, also at what can still be looked at when something before it is broken.

    Each finding comes as soon as it is known, those of endpoints in the order in which they answer.
    """
    yield _version()
    library = Library()
    try:
        settings = load_settings()
    except ConfigError as error:
        for problem in error.problems:
            yield Finding("settings", good=False, detail=str(problem))
    else:
        library = Library(apps_dir=settings.apps_dir)
        yield _settings(settings)
        yield _space(settings)
        try:
            async with open_app(settings) as app:
                async for found in _services(app):
                    yield found
        except LoomError as error:
            yield Finding("database", good=False, detail=str(error))
    yield _content(library)


async def check(app: App) -> list[Finding]:
    """Look at an open Loom: its settings, disk, database, endpoints, tiers and content."""
    here = [_version(), _settings(app.settings), _space(app.settings)]
    found = [finding async for finding in _services(app)]
    return [*here, *found, await asyncio.to_thread(_content, app.library())]


def _version() -> Finding:
    detail = f"loom {__version__}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    return Finding("version", good=True, detail=detail)


def _settings(settings: Settings) -> Finding:
    path = settings.config_path
    file = str(path) if path.exists() else f"{path} (not there, which is fine)"
    changed = sorted(
        f"{name} from {origin}" for name, origin in settings.origins.items() if origin != "default"
    )
    warnings = [str(problem) for problem in settings.warnings]
    return Finding("settings", good=not warnings, detail="; ".join([file, *changed, *warnings]))


def _space(settings: Settings) -> Finding:
    folder = settings.data_dir
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return Finding(
            "disk", good=False, detail=f"{folder}: {error.strerror}; set DATA_DIR to a folder of yours"
        )
    remedy = "" if free > _LOW_SPACE else "; free some, or set DATA_DIR"
    return Finding("disk", good=not remedy, detail=f"{free / 1e9:,.1f} GB free at {folder}{remedy}")


async def _services(app: App) -> AsyncIterator[Finding]:
    """Asks every endpoint once, all at the same time."""
    endpoints = await app.endpoints.all()
    yield Finding("database", good=True, detail=app.database.url)
    async with asyncio.TaskGroup() as group:
        asked = {one.name: group.create_task(_models(app, one)) for one in endpoints}
        tiers = [group.create_task(_tier(app, tier, asked)) for tier in Tier]
        for answered in asyncio.as_completed(asked.values()):
            yield _endpoint(await answered)
        for leads in tiers:
            yield await leads


@dataclass(frozen=True, slots=True)
class _Listed:
    """What an endpoint says that it has."""

    endpoint: EndpointConfig
    models: Sequence[str] = ()
    problem: str = ""


async def _models(app: App, endpoint: EndpointConfig) -> _Listed:
    try:
        async with asyncio.timeout(_PATIENCE_S):
            return _Listed(endpoint, await app.endpoints.models(endpoint.name))
    except TimeoutError:
        problem = f"{endpoint.url} does not answer within {_PATIENCE_S:g} s"
    except LoomError as error:
        problem = f"{error}{_start(endpoint, error)}"
    return _Listed(endpoint, problem=problem)


def _endpoint(found: _Listed) -> Finding:
    endpoint, models, name = found.endpoint, found.models, f"endpoint {found.endpoint.name}"
    if found.problem:
        return Finding(name, good=False, detail=found.problem)
    where = f"{endpoint.kind} at {endpoint.url}, " if endpoint.url else ""
    more = len(models) - _MOST_MODELS
    shown = ", ".join(models[:_MOST_MODELS]) + (f" and {more} more" if more > 0 else "")
    return Finding(name, good=True, detail=f"{where}{len(models)} models: {shown}")


def _start(endpoint: EndpointConfig, error: Exception) -> str:
    """How the most common silence ends."""
    silent = isinstance(error, ProviderError) and error.fault is Fault.UNSENT
    return "; start it with `ollama serve`" if silent and endpoint.kind is EndpointKind.OLLAMA else ""


async def _tier(app: App, tier: Tier, asked: Mapping[str, Awaitable[_Listed]]) -> Finding:
    try:
        async with asyncio.timeout(_PATIENCE_S):
            route = await app.endpoints.route(tier=tier)
    except TimeoutError:
        return Finding(f"tier {tier}", good=False, detail="its endpoint does not answer")
    except LoomError as error:
        return Finding(f"tier {tier}", good=False, detail=str(error))
    missing = _missing(route, await asked[route.keys.endpoint])
    notes = ", simulated" * route.simulated + ", price unknown" * (route.price is None)
    detail = f"{route.model} of endpoint {route.keys.endpoint}{notes}{missing}"
    return Finding(f"tier {tier}", good=not missing, detail=detail)


def _missing(route: Route, found: _Listed) -> str:
    """What to do when a server lists all that it has, and the model is not among it."""
    if found.endpoint.kind is not EndpointKind.OLLAMA:
        return ""
    if found.problem:
        return ", which does not answer"
    if {route.model, f"{route.model}:latest"} & set(found.models):
        return ""
    return f", which the server does not have; `ollama pull {route.model}`, or set OLLAMA_MODEL"


def _content(library: Library) -> Finding:
    workers, suites = library.workers(), library.suites()
    broken = [
        *(one.name for one in workers if one.source is Source.OWN and check_file(one.path).errors),
        *(one.name for one in suites if one.source is Source.OWN and check_suite(one.path).errors),
    ]
    names = ", ".join(found.name for found in workers)
    detail = f"{len(suites)} suites; {len(workers)} workers: {names}"
    if broken:
        detail = f"{len(broken)} cannot be used: {', '.join(broken)}; see loom validate --all. {detail}"
    return Finding("content", good=bool(workers) and not broken, detail=detail)
