"""`/apps`: what is deployed, one app, and bundles that come and go."""

from contextlib import suppress
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from loom.access.models import Principal
from loom.catalog.library import Source
from loom.catalog.models import Query
from loom.core.errors import LoomError, NotFoundError
from loom.wiring.app import App
from loom.workshop.deps import Asker, Definitions, Services
from loom.workshop.errors import status_of, wants_json
from loom.workshop.pages.apps import app_address, app_page, apps_page, apps_table
from loom.workshop.rendering import respond
from loom.workshop.sent.upload import uploaded
from loom.workshop.views.exports import as_csv, as_json

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
_LONGEST_SAID = 1_000
"""Letters of an address."""


@router.get("/apps")
async def apps(request: Request, services: Services, asker: Asker) -> Response:
    """The list. What an address says is not shown: anyone can write one."""
    return await _listed(request, services, asker)


@router.get("/apps.json")
async def apps_json(services: Services, asker: Asker) -> Response:
    """The list for programs."""
    return JSONResponse(as_json(apps_table(await services.apps.list(asker))))


@router.get("/apps.csv")
async def apps_csv(services: Services, asker: Asker) -> Response:
    """The list for spreadsheets."""
    table = apps_table(await services.apps.list(asker))
    return Response(as_csv(table), media_type="text/csv; charset=utf-8")


@router.post("/apps/deploy")
async def deploy(request: Request, services: Services, asker: Asker) -> Response:
    """Deploy a bundle; when it is refused, the list says why, and to scripts of 0.9 the address it leads to."""
    try:
        async with uploaded(request, "zip_file") as bundle:
            deployed = await services.apps.deploy(bundle, asker)
    except LoomError as error:
        if wants_json(request):
            raise
        if "text/html" in request.headers.get("accept", ""):
            return await _listed(request, services, asker, error)
        said = str(error)[:_LONGEST_SAID]
        return RedirectResponse(f"/apps?{urlencode({'error': said})}", 303)
    return RedirectResponse(app_address(deployed.manifest.name), 303)


@router.get("/apps/{name}")
async def app(
    request: Request, services: Services, catalog: Definitions, asker: Asker, name: str
) -> Response:
    """One app."""
    found = await services.apps.get(name, asker)
    every = await catalog.list(Query(source=Source.APP), asker)
    entries = [entry for entry in every if entry.path.is_relative_to(found.path)]
    page = app_page(found, entries, await services.apps.previous(name, asker))
    return respond(request, "apps/app.html", page)


@router.post("/apps/{name}/remove")
async def remove(services: Services, asker: Asker, name: str) -> Response:
    """Take an app away; one that is not there is gone already."""
    with suppress(NotFoundError):
        await services.apps.remove(name, asker)
    return RedirectResponse("/apps", 303)


@router.post("/apps/{name}/restore")
async def restore(services: Services, asker: Asker, name: str) -> Response:
    """Put back what was replaced or removed."""
    await services.apps.restore(name, asker)
    return RedirectResponse(app_address(name), 303)


async def _listed(
    request: Request, services: App, asker: Principal, refused: LoomError | None = None
) -> Response:
    """The list, with why a bundle was not deployed just now."""
    found, removed = await services.apps.list(asker), await services.apps.removed(asker)
    page = apps_page(found, removed, str(refused) if refused else "")
    return respond(request, "apps/list.html", page, status=status_of(refused) if refused else 200)
