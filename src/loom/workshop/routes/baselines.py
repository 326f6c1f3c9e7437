"""`/baselines`: the runs that later ones are held against."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from loom.access.models import Role
from loom.core.errors import NotFoundError
from loom.workshop.deps import Asker, Services
from loom.workshop.pages.addresses import worker_address
from loom.workshop.pages.baselines import Baselined, baselines_page, baselines_table
from loom.workshop.rendering import respond
from loom.workshop.views.exports import as_csv, as_json

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


async def listed(services: Services, asker: Asker) -> list[Baselined]:
    """Every baseline, with its run and the last one beside it."""
    reading = services.reading
    kept = await services.baselines.all()
    runs = await reading.some([one.run for one in kept], asker)
    found: list[Baselined] = []
    for one in kept:
        if one.run in runs:
            newest = (await reading.trend(one.worker, one.suite, asker))[::-1]
            alike = [
                item for item in newest if item.sealed is runs[one.run].sealed
            ]  # others share no case with it
            last = alike[0] if alike and alike[0].run.id != one.run else None
            found.append(Baselined(one, runs[one.run], last))
    return found


Listed = Annotated[list[Baselined], Depends(listed)]


@router.get("/baselines")
async def baselines(request: Request, found: Listed, asker: Asker) -> Response:
    """The list."""
    page = baselines_page(found, may_run=asker.role.covers(Role.RUN))
    return respond(request, "baselines/list.html", page)


@router.get("/baselines.json")
async def baselines_json(found: Listed) -> Response:
    """The list for programs."""
    return JSONResponse(as_json(baselines_table(found)))


@router.get("/baselines.csv")
async def baselines_csv(found: Listed) -> Response:
    """The list for spreadsheets."""
    return Response(as_csv(baselines_table(found)), media_type="text/csv; charset=utf-8")


@router.post("/baselines/remove")
async def remove(
    services: Services, asker: Asker, worker: Annotated[str, Form()], suite: Annotated[str, Form()]
) -> Response:
    """Take a baseline away; the run stays."""
    await services.baselines.clear(worker, suite, asker)
    return RedirectResponse("/baselines", 303)


@router.post("/workers/{name}/eval/remove-baseline")
async def remove_of_worker(
    services: Services, asker: Asker, name: str, suite: Annotated[str, Form()] = ""
) -> Response:
    """Take the baselines of a worker away; with `suite` only that one."""
    own = [one for one in await services.baselines.all() if one.worker == name and suite in ("", one.suite)]
    if not own:
        raise NotFoundError(f"{name[:80]} has no baseline")
    for one in own:
        await services.baselines.clear(one.worker, one.suite, asker)
    return RedirectResponse(worker_address(name, "/eval"), 303)
