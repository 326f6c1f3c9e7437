"""REST: sealed cases are opened to whoever asks, which is counted as a look."""

import asyncio

from fastapi import APIRouter

from loom.core.jsonvalue import Json
from loom.evaluation.sealed.cases import sealed_in
from loom.evaluation.sealed.seals import Seal
from loom.workshop.deps import Asker, Services
from loom.workshop.routes.runs import Found
from loom.workshop.routes.suites import Desk

__all__ = ["router"]

router = APIRouter(prefix="/api/v1")


@router.get("/suites/{name}/looks", tags=["suites"])
async def looks(services: Services, desk: Desk, asker: Asker, name: str) -> Json:
    """How often its sealed cases were looked at, and until when they are open to whoever asks."""
    found = await asyncio.to_thread(desk.open, name)
    return _seal(await services.seals.of(sealed_in(found.suite), asker))


@router.post("/suites/{name}/looks", tags=["suites"], status_code=201)
async def look(services: Services, desk: Desk, asker: Asker, name: str) -> Json:
    """Open its sealed cases for an hour. It is a look, and is counted."""
    found = await asyncio.to_thread(desk.open, name)
    return _seal(await services.seals.open(sealed_in(found.suite), asker))


@router.post("/runs/{run_id}/looks", tags=["runs"], status_code=201)
async def look_at_run(desk: Found) -> Json:
    """Open the sealed cases of its suite for an hour. It is a look, and is counted."""
    sealed = await desk.app.reading.sealed(desk.run, desk.asker)
    return _seal(await desk.app.seals.open(sealed, desk.asker))


def _seal(found: Seal) -> Json:
    return {"suite": found.suite, "looks": found.looks, "open_until_us": found.open_until_us}
