"""`/leaderboard?run=&run=`: several runs in order."""

from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from loom.access.models import Principal, Role
from loom.catalog.service import Catalog
from loom.core.errors import NotFoundError, UsageError
from loom.core.ids import short
from loom.evaluation.comparing.comparison import Measure
from loom.wiring.app import App
from loom.workshop.deps import Asker, Definitions, Services
from loom.workshop.pages.leaderboard import leaderboard_page
from loom.workshop.pages.leaderboard_tables import Contest, leaderboard_table
from loom.workshop.rendering import respond
from loom.workshop.routes.runs import twin, version_label

__all__ = ["MOST_RUNS", "router"]

router = APIRouter(include_in_schema=False)
MOST_RUNS = 50
"""As many as a page of the list has."""

_FEWEST = 2

Chosen = Annotated[list[str], Query(max_length=MOST_RUNS)]


@dataclass(frozen=True, slots=True)
class LeaderboardDesk:
    """Someone who puts runs in order."""

    services: App
    catalog: Catalog
    asker: Principal

    async def contest(self, chosen: list[str], measure: Measure) -> Contest:
        """The runs `chosen`, each once; a run of no suite is none.

        Raises:
            NotFoundError: when one is not there.
        """
        reading, asker = self.services.reading, self.asker
        found = {run.id: run for run in [await reading.find(name, asker) for name in chosen]}
        if test := next((run for run in found.values() if run.suite is None), None):
            raise NotFoundError(f"{short(test.id)} is a test, no run over a suite")
        items = await reading.some(found, asker)
        listed = tuple(items[run] for run in found)
        versions = [await version_label(self.catalog, one.run, one.version, asker) for one in listed]
        may_run = asker.role.covers(Role.RUN)
        contest = Contest(listed, tuple(versions), measure, may_run, None)
        try:
            return replace(contest, board=await reading.leaderboard(contest.runs, asker, measure))
        except UsageError as error:
            return replace(contest, refused=error)


async def desk(services: Services, catalog: Definitions, asker: Asker) -> LeaderboardDesk:
    """The desk of whoever asks."""
    return LeaderboardDesk(services, catalog, asker)


Desk = Annotated[LeaderboardDesk, Depends(desk)]


@router.get("/leaderboard")
async def leaderboard(
    request: Request, desk: Desk, run: Chosen, measure: Measure = Measure.PASS_RATE
) -> Response:
    """The page; for a script that chooses another measure only what that changes."""
    contest = await desk.contest(run, measure)
    if contest.board is None and len(contest.items) < _FEWEST:
        return RedirectResponse("/runs", 303)
    status = 200 if contest.board else 400
    return respond(request, "runs/leaderboard.html", leaderboard_page(contest), status=status, block="board")


@router.get("/leaderboard.json")
@router.get("/leaderboard.csv")
async def leaderboard_twin(
    request: Request, desk: Desk, run: Chosen, measure: Measure = Measure.PASS_RATE
) -> Response:
    """The same table for programs."""
    contest = await desk.contest(run, measure)
    if contest.refused is not None:
        raise contest.refused
    return twin(request, leaderboard_table(contest, whole=True), None)
