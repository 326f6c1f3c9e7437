"""`/find`: anything by name."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from loom.catalog.models import Query
from loom.core.kinds import Kind
from loom.evaluation.reading.runs import RunFilter, RunQuery
from loom.workshop.deps import Asker, Definitions, Files, Services
from loom.workshop.pages.find import Hit, find_page, of_entry, of_run, of_suite
from loom.workshop.rendering import respond

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
_MOST_RUNS = 20


@router.get("/find")
async def find(
    request: Request, *, services: Services, files: Files, catalog: Definitions, asker: Asker, q: str = ""
) -> Response:
    """Definitions, suites and runs."""
    words, hits = q.strip(), list[Hit]()
    if words:
        hits += [of_entry(entry) for entry in await catalog.list(Query(search=words), asker)]
        hits += [
            of_suite(one.name) for one in files.all(Kind.SUITE) if words.casefold() in one.name.casefold()
        ]
        runs = await services.reading.runs(RunQuery(RunFilter(text=words), size=_MOST_RUNS), asker)
        hits += [of_run(item.run) for item in runs.items]
    return respond(request, "find/find.html", find_page(words, hits), block="found")
