"""REST: what runs, waits and is over; how one stands; steering; its events, by cursor."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from loom.core.bounds import IN_FLIGHT
from loom.core.ids import JobId, text
from loom.core.jsonvalue import Json
from loom.core.money import MOST_USD, nano_usd
from loom.delivery.models import job_stream
from loom.engine.models import JobState
from loom.evaluation.reading.runs import RunQuery
from loom.evaluation.reading.runs_store import RunFilter
from loom.evaluation.reports.values import run_json
from loom.evaluation.running.standing import Standing
from loom.wiring.app import App
from loom.wiring.hosting import Terms
from loom.workshop.deps import Asker, Services
from loom.workshop.sent.ids import JobPath
from loom.workshop.sent.paging import Size

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["jobs"])

Usd = Annotated[float, Field(ge=0, le=MOST_USD, description="In all, what it has spent included.")]


class ResumeIn(BaseModel):
    """What is different from when the job was opened."""

    model_config = ConfigDict(extra="forbid")

    budget_usd: Usd | None = None
    concurrency: int | None = Field(
        default=None, ge=IN_FLIGHT.least, le=IN_FLIGHT.most, description="Calls in flight at most."
    )


class BudgetIn(BaseModel):
    """What a job may spend."""

    model_config = ConfigDict(extra="forbid")

    budget_usd: Usd


@router.get("/jobs")
async def jobs(
    services: Services,
    asker: Asker,
    *,
    state: JobState | None = None,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    size: Size = 50,
) -> Json:
    """Evaluations and re-scorings, newest first."""
    found = await services.reading.runs(RunQuery(RunFilter(state=state), cursor=cursor, size=size), asker)
    now = services.clock.now_us()
    return {"items": [run_json(one.run, now) for one in found.items], "next": found.next}


@router.get("/jobs/{job}")
async def job(services: Services, asker: Asker, job: JobPath) -> Json:
    """One, with how it stands as of the event `seq`."""
    run = await services.reports.find(text(job))
    standing = await services.standings.of(run, asker)
    return {**run_json(run, services.clock.now_us()), "progress": _standing(standing)}


@router.get("/jobs/{job}/events")
async def events(
    services: Services,
    asker: Asker,
    *,
    job: JobPath,
    after: Annotated[int, Query(ge=0, le=2**62)] = 0,
    size: Size = 500,
) -> Json:
    """What happened in it behind `after`; `next` is where to go on. `/events/job:ID` tells them as they happen."""
    stream = job_stream(job)
    tip = await services.events.tip(stream, asker)
    found = await services.events.read(stream, asker, after=after, limit=size)
    following = found[-1].seq if found else min(after, tip.last)
    items = [one.to_json() for one in found]
    return {"items": items, "next": str(following), "last": tip.last, "closed": tip.closed}


@router.post("/jobs/{job}/pause", status_code=202)
async def pause(services: Services, asker: Asker, job: JobPath) -> Json:
    """Start nothing more of it for now; what is in flight ends."""
    await services.hosting.pause(job, asker)
    return await _shown(services, job)


@router.post("/jobs/{job}/stop", status_code=202)
async def stop(services: Services, asker: Asker, job: JobPath) -> Json:
    """Start nothing more of it, for good."""
    await services.hosting.stop(job, asker)
    return await _shown(services, job)


@router.post("/jobs/{job}/resume", status_code=202)
async def resume(services: Services, asker: Asker, job: JobPath, body: ResumeIn | None = None) -> Json:
    """Go on with one that is paused, or begin one that nobody has."""
    given = body or ResumeIn()
    budget = None if given.budget_usd is None else nano_usd(given.budget_usd)
    await services.hosting.submit(job, asker, Terms(given.concurrency, budget))
    return await _shown(services, job)


@router.put("/jobs/{job}/budget")
async def budget(services: Services, asker: Asker, job: JobPath, body: BudgetIn) -> Json:
    """What it may spend in all, from now on; while it runs as well."""
    await services.hosting.limit(job, nano_usd(body.budget_usd), asker)
    return await _shown(services, job)


async def _shown(services: App, job: JobId) -> Json:
    return run_json(await services.reports.find(text(job)), services.clock.now_us())


def _standing(standing: Standing) -> Json:
    rates, money = standing.rates(), standing.money
    return {
        "seq": standing.seq,
        "done": standing.done,
        **{str(outcome): number for outcome, number in sorted(standing.counts.items())},
        "cached": standing.cached,
        "per_second": None if rates is None else rates.late,
        "spent_usd": None if money.unpriced else money.spent_nano / 1e9,
        "unpriced_attempts": money.unpriced,
        "reserved_usd": money.reserved_nano / 1e9,
        "budget_usd": None if money.limit_nano is None else money.limit_nano / 1e9,
    }
