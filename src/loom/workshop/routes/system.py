"""`/settings/system`: what this Loom has done and is made of, and a look at whether everything works."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from loom.wiring.checkup import check
from loom.workshop.deps import Services
from loom.workshop.pages.system import HOME, system_page
from loom.workshop.rendering import respond

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
_PAGE = "settings/system.html"


@router.get(HOME)
async def system(request: Request, services: Services) -> Response:
    """The page."""
    page = system_page(await services.stats.read(), services.settings, services.database.url)
    return respond(request, _PAGE, page)


@router.post(HOME)
async def look(request: Request, services: Services) -> Response:
    """Ask every endpoint, and look at everything else."""
    findings = await check(services)
    page = system_page(await services.stats.read(), services.settings, services.database.url, findings)
    return respond(request, _PAGE, page, block="findings")
