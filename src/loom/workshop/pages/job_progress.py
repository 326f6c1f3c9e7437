"""A job's progress as a page of its own: what is there without a script."""

from dataclasses import dataclass

from loom.core.ids import short
from loom.evaluation.store import RunRow
from loom.workshop.pages.addresses import run_address
from loom.workshop.pages.jobs import LiveJob
from loom.workshop.views.actions import Crumb, Header

__all__ = ["ProgressPage", "progress_page"]


@dataclass(frozen=True, slots=True)
class ProgressPage:
    """How a job stands."""

    header: Header
    live: LiveJob


def progress_page(run: RunRow, live: LiveJob) -> ProgressPage:
    """The page of `live`."""
    crumbs = (Crumb("Jobs", "/jobs"), Crumb(short(run.id), run_address(run)), Crumb("Progress"))
    about = (run.target, *((f"on {run.suite}",) if run.suite else ()), run.model)
    return ProgressPage(Header("Progress", crumbs, meta=about), live)
