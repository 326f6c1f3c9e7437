"""How a job stands at this moment, for the pages that follow it."""

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


async def standing_of(services: App, run: RunRow, asker: Principal) -> LiveJob:
    """How `run` stands."""
    standing = await services.standings.of(run.job, asker)
    now = await services.reports.find(text(run.job))  # afterwards: a state is never older than its events
    waiting = services.hosting.waiting
    before = waiting.index(run.job) if run.job in waiting else 0
    return live_job(now, standing, now_us=services.clock.now_us(), before=before)
