"""`loom workshop`: the pages and the REST API, served from this machine."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loom.cli.options import ConfigsDir, on_command_line

if TYPE_CHECKING:
    from loom.core.settings import Settings
    from loom.wiring.app import App
    from loom.workshop.options import WorkshopOptions
    from loom.workshop.server import Started

__all__ = ["serve_with", "workshop"]


def workshop(
    context: typer.Context,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, metavar="PORT", help="Default 8080; 0 takes a free one.")
    ] = None,
    host: Annotated[
        str | None, typer.Option(metavar="HOST", help="Default 127.0.0.1: this machine alone.")
    ] = None,
    configs_dir: ConfigsDir = Path("configs"),
    db_path: Annotated[
        Path | None, typer.Option(metavar="FILE", help="An SQLite file, in place of DATABASE_URL.")
    ] = None,
    apps_dir: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where deployed apps are, in place of APPS_DIR.")
    ] = None,
    nats_url: Annotated[
        str | None, typer.Option(metavar="URL", help="The mesh whose dead letters are shown.")
    ] = None,
    rag_db_path: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The vector store of the RAG pages, in place of RAG_DB_PATH."),
    ] = None,
    rag_store_class: Annotated[
        str | None, typer.Option(metavar="CLASS", help="Another store than DuckDB: package.module.Class.")
    ] = None,
    rag_channel_registry: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What is known of channels, as YAML.")
    ] = None,
    demo: Annotated[
        bool,
        typer.Option("--demo", help="With finished runs of the simulated model, in a folder of its own."),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Also serve /gallery, every component.")] = False,
) -> None:
    """Start the LLM Worker Workshop, the pages and the REST API.

    Define workers, test them, evaluate and compare them; the same store as the command line, at the same time.
    """
    from loom.core.settings import load_settings

    serve, settings = _server(), load_settings()
    if demo:
        _refuse_beside_demo(context)
        settings, configs_dir = _filled(settings)
    url = f"sqlite:///{db_path.expanduser()}" if db_path else None
    changes = {
        "host": host,
        "port": port,
        "database_url": url,
        "apps_dir": apps_dir,
        "nats_url": nats_url,
        "rag_db_path": rag_db_path,
        "rag_vector_store": rag_store_class,
        "rag_channel_registry": rag_channel_registry,
    }
    settings = replace(settings, **{name: value for name, value in changes.items() if value is not None})
    serve(_options(settings, configs_dir, debug=debug), _say)


def serve_with(settings: "Settings") -> None:
    """The Workshop as `settings` wish it, until someone ends it."""
    _server()(_options(settings, Path("configs"), debug=False), _say)


def _refuse_beside_demo(context: typer.Context) -> None:
    """Raises UsageError for a folder or a store of the user's own: the demo has its own of both."""
    from loom.core.errors import Problem, UsageError

    for name in sorted(on_command_line(context) & {"configs_dir", "db_path"}):
        option, value = f"--{name.replace('_', '-')}", str(context.params[name])
        remedy = "leave one of them out; DATA_DIR says where the demo is kept"
        raise UsageError(Problem("cannot be given with --demo", option, value=value, remedy=remedy))


def _say(started: "Started") -> None:
    from loom.cli.show.console import put

    elsewhere = ", and at every other address of this machine" if started.everywhere else ""
    put(f"the Workshop is at {started.address}{elsewhere}; Ctrl+C ends it", label=("✓ ", "pass"))
    if started.setup is not None:
        put(f"make yourself its administrator, with this address and nobody watching: {started.setup}")


async def _say_added(app: "App") -> None:
    """What was connected to the demo at an earlier start."""
    from loom.cli.show.console import put

    added = [one.config.name for one in await app.endpoint_book.all() if one.entry is not None]
    if added:
        asked = {target.endpoint for target in (await app.endpoints.leads()).values()}
        what = f"endpoints were added to this demo: {', '.join(added)}; its workers ask {' and '.join(sorted(asked))}"
        put(f"{what} (Settings, Endpoints)", label=("! ", "warn"))


def _server() -> "Callable[[WorkshopOptions, Callable[[Started], None]], None]":
    from loom.core.errors import Problem, UsageError

    try:
        from loom.workshop.server import serve
    except ImportError as error:
        remedy = "install it with: pip install 'loom-ai[workshop]'"
        what = f"needs the extra 'workshop' ({error.name} is missing)"
        raise UsageError(Problem(what, "loom workshop", remedy=remedy)) from None
    return serve


def _options(settings: "Settings", configs_dir: Path, *, debug: bool) -> "WorkshopOptions":
    from loom.workshop.options import WorkshopOptions

    return WorkshopOptions(settings, configs_dir, debug=debug)


def _filled(settings: "Settings") -> "tuple[Settings, Path]":
    """The settings of a Workshop with something to see, and nothing connected; and its folder of definitions."""
    import asyncio

    from loom.core.settings import load_settings
    from loom.wiring.app import open_app
    from loom.wiring.demo import fill

    folder = settings.data_dir / "demo"
    apart = load_settings({"DATA_DIR": str(folder)}, folder / "config.yaml")

    async def filling() -> None:
        async with open_app(apart, concurrency=16) as app:
            await fill(app)
            await _say_added(app)

    asyncio.run(filling())
    kept = ("host", "port", "allowed_hosts", "api_key", "jwt_secret")
    return replace(apart, **{name: getattr(settings, name) for name in kept}), folder / "configs"
