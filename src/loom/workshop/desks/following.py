"""How a job stands at this moment, for the pages that follow it."""

from dataclasses import replace

from loom.access.models import Principal
from loom.core.ids import text
from loom.engine.models import JobState
from loom.evaluation.store import RunRow
from loom.wiring.app import App
from loom.workshop.pages.jobs import LiveJob, live_job

__all__ = ["follow", "standing_of"]


async def follow(services: App, run: RunRow, asker: Principal) -> LiveJob | None:
    """How `run` stands while it is not over; None when it is."""
    if JobState(run.state).final:
        return None
    return await standing_of(services, run, asker)


async def standing_of(services: App, run: RunRow, asker: Principal, drawn: str = "") -> LiveJob:
    """How `run` stands; `drawn` as for `live_job`."""
    standing = await services.standings.of(run, asker)
    begins = services.hosting.begins(run.job)
    now = await services.reports.find(text(run.job))  # afterwards: a state is never older than its events
    if begins and not JobState(now.state).final:
        now = replace(now, state=JobState.PENDING)
    waiting = services.hosting.waiting
    before = waiting.index(run.job) if run.job in waiting else 0
    return live_job(now, standing, now_us=services.clock.now_us(), before=before, drawn=drawn)
