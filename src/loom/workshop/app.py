"""The application: its routes put together, behind the guard and the policy."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from fastapi import Depends, FastAPI
from starlette.middleware.gzip import GZipMiddleware

from loom import __version__
from loom.core.clock import SystemClock
from loom.core.settings import Settings, load_settings
from loom.wiring.app import open_app
from loom.workshop import api, errors, routes
from loom.workshop.assets import Assets
from loom.workshop.db import WorkshopDB
from loom.workshop.deps import admit
from loom.workshop.desks.suites import Undos
from loom.workshop.guard.policy import missing
from loom.workshop.guard.recognition import Recognition
from loom.workshop.guard.security import Guard, hosts_of
from loom.workshop.live.tests import LiveTests
from loom.workshop.options import WorkshopOptions
from loom.workshop.rag_manager import manager_of
from loom.workshop.sent.parameters import only_known
from loom.workshop.sent.sound import only_sound
from loom.workshop.styles import ORDER

__all__ = ["build", "create_app"]

_MOST_BYTES = 64 * 1024 * 1024
"""Of a request: a suite to import, an app to deploy."""


def create_app(  # noqa: PLR0913, PLR0917 - the signature that guides show
    configs_dir: str | Path = "configs/",
    db_path: str | Path | None = None,
    nats_url: str | None = None,
    apps_dir: str | Path | None = None,
    rag_db_path: str | Path | None = None,
    rag_store_class: str | None = None,
    rag_channel_registry: str | Path | None = None,
    *,
    settings: Settings | None = None,
) -> FastAPI:
    """A Workshop over the definitions in `configs_dir`.

    What is not given is as `settings` say, by default those of the process. `db_path` names an SQLite file, or is
    `:memory:` for a store that ends with the application; `nats_url` is where the mesh is that has dead letters;
    `apps_dir` is where deployed apps are; the `rag_` three are the vector store, the class that opens it, and what is
    known of channels. Scripts find the store as `app.state.db`.

    Raises:
        ConfigError: when the settings are wrong.
        UsageError: when `db_path` is the DuckDB file of Loom 0.9.
    """
    settings = settings or load_settings()
    db = WorkshopDB(db_path, url=settings.database_url)
    changes = {
        "database_url": db.url,
        "nats_url": nats_url,
        "apps_dir": _path(apps_dir),
        "rag_db_path": _path(rag_db_path),
        "rag_vector_store": rag_store_class,
        "rag_channel_registry": _path(rag_channel_registry),
    }
    settings = replace(settings, **{name: value for name, value in changes.items() if value is not None})
    return build(WorkshopOptions(settings, Path(configs_dir)), db)


def _path(given: str | Path | None) -> Path | None:
    return None if given is None else Path(given).expanduser()


def build(options: WorkshopOptions, db: WorkshopDB | None = None) -> FastAPI:
    """The application; its services open when it starts, and close when it ends. `db` is the store, for scripts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with open_app(options.settings, configs_dir=options.configs_dir) as services:
            app.state.services = services
            await services.hosting.start()
            await services.mesh.start()
            app.state.dead_letter_consumer = services.mesh.consumer
            services.upkeep.start()
            try:
                yield
            finally:
                await app.state.live_tests.aclose()
        await asyncio.to_thread(app.state.db.close)

    app = FastAPI(
        title="Loom",
        version=__version__,
        lifespan=lifespan,
        max_body_size=_MOST_BYTES,
        openapi_url=None,  # a route of our own, behind the policy
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(admit), Depends(only_known), Depends(only_sound)],
    )
    app.state.options = options
    app.state.db = db or WorkshopDB(url=options.settings.database_url)
    app.state.rag = manager_of(options.settings)
    app.state.undos = Undos()
    app.state.live_tests = LiveTests(SystemClock())
    app.state.assets = Assets(ORDER)
    _add_routes(app, debug=options.debug)
    errors.install(app)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=3)
    app.add_middleware(Recognition)
    app.add_middleware(Guard, hosts=hosts_of(options.settings.host, options.settings.allowed_hosts))
    return app


def _add_routes(app: FastAPI, *, debug: bool) -> None:
    for router in (*routes.ROUTERS, *api.ROUTERS):
        app.include_router(router)
    if debug:
        from loom.workshop.routes import gallery

        app.include_router(gallery.router)
    unnamed = missing(app.routes)
    if unnamed:
        raise RuntimeError(f"routes without a line in policy.py: {unnamed}")
