"""Sealed cases are opened: at their suite, at a run over them, at a comparison of two. Each is counted as a look."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from loom.evaluation.sealed.cases import sealed_in
from loom.workshop.deps import Asker, Services
from loom.workshop.pages.addresses import comparison_address, run_address, suite_address
from loom.workshop.routes.runs import Found
from loom.workshop.routes.suites import Desk

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
_SEE_OTHER = 303


@router.post("/suites/{name}/look")
async def look_at_suite(services: Services, desk: Desk, asker: Asker, name: str) -> Response:
    """Open the sealed cases of a suite to whoever asks."""
    found = await asyncio.to_thread(desk.open, name)
    await services.seals.open(sealed_in(found.suite), asker)
    return RedirectResponse(suite_address(name, split="sealed"), _SEE_OTHER)


@router.post("/runs/{run_id}/look")
async def look_at_run(desk: Found, against: Annotated[str, Form()] = "") -> Response:
    """Open the sealed cases of the suite of a run; then the run, or it beside the run `against`."""
    sealed = await desk.app.reading.sealed(desk.run, desk.asker)
    await desk.app.seals.open(sealed, desk.asker)
    if not against:
        return RedirectResponse(f"{run_address(desk.run)}#cases", _SEE_OTHER)
    other = await desk.app.reading.find(against, desk.asker)
    return RedirectResponse(comparison_address(other.id, desk.run.id), _SEE_OTHER)
