"""`loom doctor`: what works on this machine, and what to do about what does not."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from loom.cli.options import AsJson

if TYPE_CHECKING:
    from loom.core.endpoint_config import EndpointConfig
    from loom.core.settings import Settings
    from loom.wiring.app import App

__all__ = ["doctor"]

_LOW_SPACE = 200 << 20


@dataclass(frozen=True, slots=True)
class _Finding:
    what: str
    good: bool
    detail: str


def doctor(as_json: AsJson = False) -> None:
    """Check settings, database, disk, endpoints and shipped content; exit 1 when something needs care."""
    from dataclasses import asdict

    from loom.cli.context import print_json, with_app
    from loom.core.settings import load_settings

    settings = load_settings()
    findings = [_python(), _settings(settings), _space(settings)]
    findings += with_app(_services)
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        _print(findings)
    if not all(finding.good for finding in findings):
        raise typer.Exit(1)


def _python() -> _Finding:
    import platform
    import sqlite3

    from loom import __version__

    detail = f"loom {__version__}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    return _Finding("version", good=True, detail=detail)


def _settings(settings: "Settings") -> _Finding:
    file = f"{settings.config_path}" + (
        "" if settings.config_path.exists() else " (not there, which is fine)"
    )
    changed = sorted(
        f"{name} from {origin}" for name, origin in settings.origins.items() if origin != "default"
    )
    warnings = [str(problem) for problem in settings.warnings]
    return _Finding("settings", good=not warnings, detail="; ".join([file, *changed, *warnings]))


def _space(settings: "Settings") -> _Finding:
    import shutil

    settings.data_dir.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.data_dir).free
    remedy = "" if free > _LOW_SPACE else "; free some, or set DATA_DIR"
    return _Finding("disk", free > _LOW_SPACE, f"{free / 1e9:,.1f} GB free at {settings.data_dir}{remedy}")


async def _services(app: "App") -> list[_Finding]:
    from loom.core.worker_config import Tier

    findings = [_Finding("database", good=True, detail=app.database.url)]
    findings += [await _endpoint(app, endpoint) for endpoint in app.endpoints.endpoints()]
    findings += [await _tier(app, tier) for tier in Tier]
    return [*findings, _content()]


async def _endpoint(app: "App", endpoint: "EndpointConfig") -> _Finding:
    from loom.core.errors import LoomError

    try:
        models = await app.endpoints.models(endpoint.name)
    except LoomError as error:
        return _Finding(f"endpoint {endpoint.name}", good=False, detail=str(error))
    shown = ", ".join(models[:5]) + (f" and {len(models) - 5} more" if len(models) > 5 else "")
    return _Finding(
        f"endpoint {endpoint.name}", good=True, detail=f"answers with {len(models)} models: {shown}"
    )


async def _tier(app: "App", tier: str) -> _Finding:
    from loom.core.errors import LoomError
    from loom.core.worker_config import Tier

    try:
        route = await app.endpoints.route(tier=Tier(tier))
    except LoomError as error:
        return _Finding(f"tier {tier}", good=False, detail=str(error))
    note = ", simulated: set OPENAI_BASE_URL and OPENAI_API_KEY to ask a real one" if route.simulated else ""
    price = "" if route.price else ", price unknown"
    return _Finding(f"tier {tier}", good=True, detail=f"{route.model} at {route.keys.endpoint}{price}{note}")


def _content() -> _Finding:
    from loom.catalog.library import Library

    library = Library()
    workers, suites = library.workers(), library.suites()
    names = ", ".join(found.name for found in workers)
    return _Finding("content", bool(workers), f"{len(workers)} workers ({names}), {len(suites)} suites")


def _print(findings: list[_Finding]) -> None:
    from rich.markup import escape
    from rich.table import Table

    from loom.cli.show.console import console

    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(style="accent", no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        mark = "[pass]✓[/pass]" if finding.good else "[fail]✗[/fail]"

        table.add_row(mark, finding.what, escape(finding.detail))
    console().print(table)
