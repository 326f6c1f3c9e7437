"""`/jobs`: what runs, what waits, what is over; how one stands; pausing, resuming, stopping, another budget."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from loom.access.models import Principal, Role
from loom.core.errors import Problem, UsageError
from loom.core.ids import JobId, text
from loom.delivery.models import JOBS
from loom.engine.models import JobState
from loom.evaluation.reading.runs import RunQuery
from loom.evaluation.reading.runs_store import RunFilter
from loom.evaluation.store import RunRow
from loom.wiring.app import App
from loom.workshop.deps import Asker, Services
from loom.workshop.desks.evaluating import BUDGET, read_budget
from loom.workshop.desks.following import standing_of
from loom.workshop.pages.addresses import run_address
from loom.workshop.pages.job_progress import progress_page
from loom.workshop.pages.jobs import jobs_page, jobs_table
from loom.workshop.rendering import respond
from loom.workshop.sent.ids import JobPath
from loom.workshop.sent.paging import Size
from loom.workshop.views.exports import as_csv, as_json
from loom.workshop.views.tables import PAGE_ROWS

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


async def wanted(state: str = "", cursor: str = "", size: Size = PAGE_ROWS) -> RunQuery:
    """Which jobs; a state that there is not asks for any."""
    known = state if state in list(JobState) else None
    return RunQuery(RunFilter(state=known), cursor=cursor or None, size=size)


Wanted = Annotated[RunQuery, Depends(wanted)]


@dataclass(frozen=True, slots=True)
class JobDesk:
    """Someone at the jobs of this Workshop."""

    services: App
    asker: Principal

    async def run(self, job: JobId) -> RunRow:
        """The run of `job`."""
        return await self.services.reports.find(text(job))


async def desk(services: Services, asker: Asker) -> JobDesk:
    """The desk of whoever asks."""
    return JobDesk(services, asker)


Desk = Annotated[JobDesk, Depends(desk)]


@router.get("/jobs")
async def jobs(request: Request, services: Services, asker: Asker, query: Wanted) -> Response:
    """The list."""
    tip = await services.events.tip(JOBS, asker)  # before the list: what changes meanwhile is told again
    page = jobs_page(
        await services.reading.runs(query, asker),
        query,
        now_us=services.clock.now_us(),
        after=tip.last,
        may_run=asker.role.covers(Role.RUN),
    )
    return respond(request, "jobs/list.html", page, block="jobs")


@router.get("/jobs.json")
async def jobs_json(services: Services, asker: Asker, query: Wanted) -> Response:
    """The list for programs."""
    found = await services.reading.runs(query, asker)
    return JSONResponse(as_json(jobs_table(found, query, now_us=services.clock.now_us())))


@router.get("/jobs.csv")
async def jobs_csv(services: Services, asker: Asker, query: Wanted) -> Response:
    """The list for spreadsheets."""
    found = await services.reading.runs(query, asker)
    table = jobs_table(found, query, now_us=services.clock.now_us())
    return Response(as_csv(table), media_type="text/csv; charset=utf-8")


@router.get("/jobs/{job}")
async def job_page(desk: Desk, job: JobPath) -> Response:
    """A job is shown as its run."""
    return RedirectResponse(run_address(await desk.run(job)), 303)


@router.get("/jobs/{job}/progress")
async def progress(request: Request, desk: Desk, job: JobPath, drawn: str = "") -> Response:
    """How it stands: a page, and the block of the pages that follow it."""
    run = await desk.run(job)
    live = await standing_of(desk.services, run, desk.asker, drawn)
    return respond(request, "jobs/progress.html", progress_page(run, live), block="progress")


@router.post("/jobs/{job}/pause")
async def pause(request: Request, desk: Desk, job: JobPath) -> Response:
    """Start nothing more of it, for now."""
    await desk.services.hosting.pause(job, desk.asker)
    return await _back(request, desk, job)


@router.post("/jobs/{job}/stop")
async def stop(request: Request, desk: Desk, job: JobPath) -> Response:
    """Start nothing more of it, for good."""
    await desk.services.hosting.stop(job, desk.asker)
    return await _back(request, desk, job)


@router.post("/jobs/{job}/resume")
async def resume(request: Request, desk: Desk, job: JobPath) -> Response:
    """Go on with it."""
    await desk.services.hosting.submit(job, desk.asker)
    return await _back(request, desk, job)


@router.post("/jobs/{job}/budget")
async def budget(
    request: Request, desk: Desk, job: JobPath, budget_usd: Annotated[str, Form()] = ""
) -> Response:
    """What it may spend in all, from now on."""
    budget_nano = read_budget(budget_usd)
    if budget_nano is None:
        raise UsageError(Problem("is missing", BUDGET, remedy="give dollars, as in 0.50"))
    await desk.services.hosting.limit(job, budget_nano, desk.asker)
    return await _back(request, desk, job)


async def _back(request: Request, desk: JobDesk, job: JobId) -> Response:
    """To the list of jobs where that is where someone came from, else to the run."""
    came_from = urlsplit(request.headers.get("referer", "")).path
    where = "/jobs" if came_from == "/jobs" else run_address(await desk.run(job))
    return RedirectResponse(where, 303)
