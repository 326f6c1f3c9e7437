"""The application: its routes put together, behind the guard and the policy."""

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
from loom.workshop.deps import admit
from loom.workshop.desks.suites import Undos
from loom.workshop.guard.bodies import WholeBodies
from loom.workshop.guard.policy import missing
from loom.workshop.guard.recognition import Recognition
from loom.workshop.guard.security import Guard, hosts_of
from loom.workshop.live.tests import LiveTests
from loom.workshop.options import WorkshopOptions
from loom.workshop.styles import ORDER

__all__ = ["build", "create_app"]

_MOST_BYTES = 64 * 1024 * 1024
"""Of a request: a suite to import, an app to deploy."""


def create_app(
    configs_dir: str | Path = "configs/",
    db_path: str | Path | None = None,
    *,
    settings: Settings | None = None,
) -> FastAPI:
    """A Workshop over the definitions in `configs_dir`.

    `db_path` names an SQLite file, in place of the database of `settings`; those are the process's own by default.

    Raises:
        ConfigError: when the settings are wrong.
    """
    settings = settings or load_settings()
    if db_path is not None:
        settings = replace(settings, database_url=f"sqlite:///{Path(db_path).expanduser()}")
    return build(WorkshopOptions(settings, Path(configs_dir)))


def build(options: WorkshopOptions) -> FastAPI:
    """The application; its services open when it starts, and close when it ends."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with open_app(options.settings) as services:
            app.state.services = services
            await services.hosting.start()
            services.upkeep.start()
            try:
                yield
            finally:
                await app.state.live_tests.aclose()

    app = FastAPI(
        title="Loom",
        version=__version__,
        lifespan=lifespan,
        max_body_size=_MOST_BYTES,
        openapi_url=None,  # a route of our own, behind the policy
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(admit)],
    )
    app.state.options = options
    app.state.undos = Undos()
    app.state.live_tests = LiveTests(SystemClock())
    app.state.assets = Assets(ORDER)
    _add_routes(app, debug=options.debug)
    errors.install(app)
    app.add_middleware(GZipMiddleware, minimum_size=1000)
    app.add_middleware(Recognition)
    app.add_middleware(WholeBodies)
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
