"""`loom doctor`: what works on this machine, and what to do about what does not."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from loom.cli.options import AsJson

if TYPE_CHECKING:
    from loom.calls.path import Route
    from loom.core.endpoint_config import EndpointConfig
    from loom.core.settings import Settings
    from loom.core.worker_config import Tier
    from loom.wiring.app import App

__all__ = ["doctor"]

_LOW_SPACE = 200 << 20
_MOST_MODELS = 5


@dataclass(frozen=True, slots=True)
class _Finding:
    what: str
    good: bool
    detail: str


def doctor(as_json: AsJson = False) -> None:
    """Check what works on this machine.

    Settings, disk, database, endpoints, tiers and shipped content; exit 1 when something needs care.
    """
    from dataclasses import asdict

    from loom.cli.context import print_json

    findings = [_version(), *_all()]
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        _print(findings)
    if not all(finding.good for finding in findings):
        raise typer.Exit(1)


def _version() -> _Finding:
    import platform
    import sqlite3

    from loom import __version__

    detail = f"loom {__version__}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    return _Finding("version", good=True, detail=detail)


def _all() -> list[_Finding]:
    """What can still be looked at when something before it is broken."""
    from loom.cli.context import with_app
    from loom.core.errors import ConfigError, LoomError
    from loom.core.settings import load_settings

    try:
        settings = load_settings()
    except ConfigError as error:
        faults = [_Finding("settings", good=False, detail=str(problem)) for problem in error.problems]
        return [*faults, _content()]
    findings = [_settings(settings), _space(settings)]
    try:
        findings += with_app(_services)
    except LoomError as error:
        findings.append(_Finding("database", good=False, detail=str(error)))
    return [*findings, _content()]


def _settings(settings: "Settings") -> _Finding:
    path = settings.config_path
    file = str(path) if path.exists() else f"{path} (not there, which is fine)"
    changed = sorted(
        f"{name} from {origin}" for name, origin in settings.origins.items() if origin != "default"
    )
    warnings = [str(problem) for problem in settings.warnings]
    return _Finding("settings", good=not warnings, detail="; ".join([file, *changed, *warnings]))


def _space(settings: "Settings") -> _Finding:
    import shutil

    folder = settings.data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return _Finding(
            "disk", good=False, detail=f"{folder}: {error.strerror}; set DATA_DIR to a folder of yours"
        )
    remedy = "" if free > _LOW_SPACE else "; free some, or set DATA_DIR"
    return _Finding("disk", good=not remedy, detail=f"{free / 1e9:,.1f} GB free at {folder}{remedy}")


async def _services(app: "App") -> list[_Finding]:
    from loom.core.worker_config import Tier

    findings = [_Finding("database", good=True, detail=app.database.url)]
    findings += [await _endpoint(app, endpoint) for endpoint in await app.endpoints.all()]
    return findings + [await _tier(app, tier) for tier in Tier]


async def _endpoint(app: "App", endpoint: "EndpointConfig") -> _Finding:
    from loom.core.errors import LoomError

    name = f"endpoint {endpoint.name}"
    try:
        models = await app.endpoints.models(endpoint.name)
    except LoomError as error:
        return _Finding(name, good=False, detail=f"{error}{_start(endpoint, error)}")
    where = f"{endpoint.kind} at {endpoint.url}, " if endpoint.url else ""
    more = len(models) - _MOST_MODELS
    shown = ", ".join(models[:_MOST_MODELS]) + (f" and {more} more" if more > 0 else "")
    return _Finding(name, good=True, detail=f"{where}{len(models)} models: {shown}")


def _start(endpoint: "EndpointConfig", error: Exception) -> str:
    """How the most common silence ends."""
    from loom.core.endpoint_config import EndpointKind
    from loom.core.errors import Fault, ProviderError

    silent = isinstance(error, ProviderError) and error.fault is Fault.UNSENT
    return "; start it with `ollama serve`" if silent and endpoint.kind is EndpointKind.OLLAMA else ""


async def _tier(app: "App", tier: "Tier") -> _Finding:
    from loom.core.errors import LoomError

    try:
        route = await app.endpoints.route(tier=tier)
        missing = await _missing(app, route)
    except LoomError as error:
        return _Finding(f"tier {tier}", good=False, detail=str(error))
    notes = ", simulated" * route.simulated + ", price unknown" * (route.price is None)
    detail = f"{route.model} of endpoint {route.keys.endpoint}{notes}{missing}"
    return _Finding(f"tier {tier}", good=not missing, detail=detail)


async def _missing(app: "App", route: "Route") -> str:
    """What to do when a server lists all that it has, and the model is not among it."""
    from loom.core.endpoint_config import EndpointKind

    kinds = {endpoint.name: endpoint.kind for endpoint in await app.endpoints.all()}
    if kinds[route.keys.endpoint] is not EndpointKind.OLLAMA:
        return ""
    listed = await app.endpoints.models(route.keys.endpoint)
    if {route.model, f"{route.model}:latest"} & set(listed):
        return ""
    return f", which the server does not have; `ollama pull {route.model}`, or set OLLAMA_MODEL"


def _content() -> _Finding:
    from loom.catalog.library import Library

    library = Library()
    workers, suites = library.workers(), library.suites()
    names = ", ".join(found.name for found in workers)
    return _Finding(
        "content", good=bool(workers), detail=f"{len(suites)} suites; {len(workers)} workers: {names}"
    )


def _print(findings: list[_Finding]) -> None:
    from loom.cli.show.console import put
    from loom.cli.show.table import show_table

    bad = sum(not finding.good for finding in findings)
    put(
        "All is well." if not bad else f"{bad} of {len(findings)} need care.",
        label=_mark(good=not bad),
        hang=3,
    )
    show_table([(_mark(good=one.good), one.what, one.detail) for one in findings])
    if any("simulated" in one.detail for one in findings if one.what.startswith("tier")):
        put(
            "To ask a real model, set OLLAMA_URL, ANTHROPIC_API_KEY or OPENAI_BASE_URL, "
            "or describe endpoints in the settings file."
        )


def _mark(*, good: bool) -> tuple[str, str]:
    return ("✓", "pass") if good else ("✗", "fail")
