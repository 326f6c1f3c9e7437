"""The front door, the state of the server, and the static files."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from loom import __version__
from loom.core.jsonvalue import Json
from loom.core.worker_config import Tier
from loom.workshop.assets import Assets
from loom.workshop.deps import Services
from loom.workshop.pages.reference import reference_page
from loom.workshop.rendering import respond

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.get("/")
async def root() -> Response:
    """Where people begin."""
    return RedirectResponse("/workers")


@router.get("/health")
async def health(services: Services) -> Json:
    """`{"status", "version", "backends"}`: the tiers that have a model. A look at the database is part of it."""
    await services.database.read(lambda connection: connection.exec_driver_sql("SELECT 1").scalar())
    return {"status": "ok", "version": __version__, "backends": [str(tier) for tier in Tier]}


@router.get("/static/{path:path}")
def static(request: Request, path: str) -> Response:
    """A file of the pages."""
    assets: Assets = request.app.state.assets
    return assets.serve(request, path)


@router.get("/api/v1")
def reference(request: Request) -> Response:
    """The REST API, described for people."""
    return respond(
        request, "reference/reference.html", reference_page(request.app.openapi(), str(request.base_url))
    )


@router.get("/api/v1/openapi.json")
def openapi(request: Request) -> Json:
    """The REST API, described for programs."""
    return request.app.openapi()
