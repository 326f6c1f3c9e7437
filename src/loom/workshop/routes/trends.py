"""`/workers/{name}/trends`: how a worker did over time."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from loom.evaluation.reading.runs import RunQuery
from loom.evaluation.reading.runs_store import RunFilter
from loom.wiring.named import worker_named
from loom.workshop.deps import Asker, Files, Services
from loom.workshop.pages.trends import trends_page
from loom.workshop.rendering import respond

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
_LOOKED_THROUGH = 200
"""Runs whose suites are shown."""


@router.get("/workers/{name}/trends")
async def trends(request: Request, services: Services, files: Files, asker: Asker, name: str) -> Response:
    """The evaluations of a worker, suite by suite."""
    worker = worker_named(files, name)
    query = RunQuery(RunFilter(worker=worker.name), size=_LOOKED_THROUGH)
    recent = (await services.reading.runs(query, asker)).items
    suites = dict.fromkeys(item.run.suite for item in recent if item.run.suite)
    found = [(suite, await services.reading.trend(worker.name, suite, asker)) for suite in suites]
    return respond(request, "trends/trends.html", trends_page(worker.name, found))
