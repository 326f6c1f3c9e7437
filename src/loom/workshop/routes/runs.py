"""`/runs`: the list, a run with its cases, one case with its transcript; each list also as JSON and CSV."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import JSONResponse, Response

from loom.access.models import Principal, Role
from loom.catalog.models import Ref
from loom.catalog.service import Catalog
from loom.core.errors import InputError, LoomError, NotFoundError, SealedError
from loom.core.ids import short
from loom.core.jsonvalue import Json
from loom.core.kinds import Kind
from loom.evaluation.models import Split
from loom.evaluation.reading.cases import CasePage, CaseQuery
from loom.evaluation.reading.head import RunHead
from loom.evaluation.reading.runs import RunQuery
from loom.evaluation.reading.runs_store import RunFilter
from loom.evaluation.reports.values import report_json
from loom.evaluation.statistics.case_totals import Outcome
from loom.evaluation.store import RunRow
from loom.wiring.app import App
from loom.workshop.deps import Asker, Definitions, Services
from loom.workshop.desks.following import follow
from loom.workshop.pages.addresses import run_address
from loom.workshop.pages.case import Around, case_page
from loom.workshop.pages.cases import (
    CHANGED,
    EVERY,
    CaseCounts,
    CasesView,
    cases_table,
    cases_view,
    counts_of,
)
from loom.workshop.pages.run import CasesBlock, Standing, cases_title, run_page
from loom.workshop.pages.runs import runs_page, runs_table
from loom.workshop.pages.sealed import SealedView, sealed_view
from loom.workshop.rendering import respond
from loom.workshop.sent.paging import MOST_AT_ONCE, Size
from loom.workshop.views.exports import as_csv, as_json
from loom.workshop.views.tables import PAGE_ROWS, Table

__all__ = ["Cases", "Found", "RunDesk", "Runs", "router"]

router = APIRouter(include_in_schema=False)
_PAGE = "runs/run.html"


@dataclass(frozen=True, slots=True)
class RunDesk:
    """Someone at a run."""

    app: App
    asker: Principal
    run: RunRow

    @property
    def suite(self) -> str:
        """The name of its suite."""
        return self.run.suite or ""

    async def case_page(self, query: CaseQuery) -> CasePage:
        """The cases that `query` asks for."""
        return await self.app.reading.cases(self.run, query, self.asker)

    async def cases(self, query: CaseQuery, opened: str) -> CasesView:
        """The same as a view; a filter that cannot be understood says so in its place."""
        reading = self.app.reading
        changed = await reading.changed(self.run, self.asker)
        rate = await reading.pass_rate(self.run, self.asker)
        whole = counts_of(rate, None if changed is None else len(changed))
        counts = CaseCounts(whole, whole)
        found: CasePage | InputError | None
        try:
            found = await self.case_page(query)
            counts = CaseCounts(whole, await self._within(query, whole))
        except InputError as error:
            found = error
        except SealedError:
            found = None
        return cases_view(self.run, counts, query, opened, found)

    async def _within(self, query: CaseQuery, whole: Mapping[str, int]) -> dict[str, int | None]:
        """How many each chip would show beside what else `query` asks for."""
        first = replace(query, cursor=None, size=1)
        asked = {outcome.value: replace(first, outcome=outcome) for outcome in Outcome}
        asked |= {EVERY: replace(first, outcome=None, changed=False), CHANGED: replace(first, changed=True)}
        shown: dict[str, int | None] = {}
        for name, number in whole.items():
            wanted = asked[name]
            narrowed = wanted.filter or (wanted.changed and wanted.outcome)
            shown[name] = (await self.case_page(wanted)).matching if number and narrowed else number
        return shown

    async def sealed(self, head: RunHead) -> SealedView | None:
        """What stands over its cases when they are sealed."""
        if head.about.split is not Split.SEALED:
            return None
        cases = self.run.planned // head.about.repetitions
        post, may_run = f"{run_address(self.run)}/look", self.asker.role.covers(Role.RUN)
        sealed = await self.app.reading.sealed(self.run, self.asker)
        return sealed_view(await self.app.seals.of(sealed, self.asker), cases, post, may_run=may_run)


async def desk(services: Services, asker: Asker, run_id: str) -> RunDesk:
    """The run of the address.

    Raises:
        NotFoundError: when there is no such evaluation or re-scoring.
    """
    run = await services.reading.find(run_id, asker)
    if run.suite is None:
        raise NotFoundError(f"{short(run.id)} is a test, no run over a suite")
    return RunDesk(services, asker, run)


async def run_query(  # noqa: PLR0913 - each is a part of the address
    q: str = "",
    *,
    worker: str = "",
    suite: str = "",
    state: str = "",
    model: str = "",
    sort: str = "-created",
    cursor: str = "",
    size: Size = PAGE_ROWS,
) -> RunQuery:
    """What the address of a list of runs asks for."""
    wanted = RunFilter(worker or None, suite or None, state or None, model or None, q)
    return RunQuery(wanted, sort, cursor or None, size)


async def case_query(
    q: str = "",
    *,
    outcome: str = "",
    changed: str = "",
    sort: str = "case",
    cursor: str = "",
    size: Size = PAGE_ROWS,
) -> CaseQuery:
    """What the address of a run asks for of its cases."""
    chosen = next((one for one in Outcome if one == outcome), None)
    return CaseQuery(q, chosen, bool(changed), sort, cursor or None, size)


Found = Annotated[RunDesk, Depends(desk)]
Runs = Annotated[RunQuery, Depends(run_query)]
Cases = Annotated[CaseQuery, Depends(case_query)]
Opened = Annotated[str, Query(alias="open")]


@router.get("/runs")
async def runs(request: Request, services: Services, asker: Asker, query: Runs) -> Response:
    """The list."""
    found = await services.reading.runs(query, asker)
    page = runs_page(found, query, services.clock.now_us(), may_run=asker.role.covers(Role.RUN))
    return respond(request, "runs/list.html", page, block="runs")


@router.get("/runs.json")
@router.get("/runs.csv")
async def runs_twin(request: Request, services: Services, asker: Asker, query: Runs) -> Response:
    """The same page of the list for programs."""
    found = await services.reading.runs(query, asker)
    return twin(request, runs_table(found, query, services.clock.now_us()), found.next)


@router.get("/runs/{run_id}.json")
async def run_json(desk: Found) -> JSONResponse:
    """What a run came to."""
    head = await desk.app.reading.head(desk.run, desk.asker)
    version = bytes.fromhex(head.about.version) if head.about.version else None
    return JSONResponse(report_json(head.report, desk.app.clock.now_us(), version))


@router.get("/runs/{run_id}")
async def run(
    request: Request, *, desk: Found, catalog: Definitions, query: Cases, opened: Opened = ""
) -> Response:
    """The page of a run; for a script only its cases."""
    if request.headers.get("hx-target") == "cases":
        block = CasesBlock(cases_title(desk.run), await desk.cases(query, opened))
        return respond(request, _PAGE, block, block="cases")
    head = await desk.app.reading.head(desk.run, desk.asker)
    cases = await desk.cases(query, opened)  # afterwards: none is missing that the head counts
    may_run = desk.asker.role.covers(Role.RUN)
    standing = Standing(
        desk.app.clock.now_us(),
        await version_label(catalog, desk.run, head.about.version, desk.asker),
        await desk.app.reading.against_baseline(desk.run, desk.asker),
        await follow(desk.app, desk.run, desk.asker),
        may_run=may_run,
        sealed=await desk.sealed(head),
    )
    return respond(request, _PAGE, run_page(head, standing, cases))


@router.get("/workers/{name}/eval/{run_id}")
async def run_of_worker(
    request: Request, *, name: str, desk: Found, catalog: Definitions, query: Cases, opened: Opened = ""
) -> Response:
    """The same page at the address of its worker."""
    if desk.run.target != name:
        raise NotFoundError(f"{short(desk.run.id)} is no run of '{name}' but of '{desk.run.target}'")
    return await run(request, desk=desk, catalog=catalog, query=query, opened=opened)


@router.get("/runs/{run_id}/cases.json")
@router.get("/runs/{run_id}/cases.csv")
async def cases_twin(
    request: Request,
    *,
    desk: Found,
    query: Cases,
    size: Size = MOST_AT_ONCE,
) -> Response:
    """Cases for programs, filtered and sorted as on the page; `next` is the cursor to go on with."""
    wanted = replace(query, size=size)
    found = await desk.case_page(wanted)
    return twin(request, cases_table(desk.run, found, wanted), found.next)


@router.get("/runs/{run_id}/cases/{case}")
async def case(request: Request, desk: Found, case: str, repetition: int = 1) -> Response:
    """A case with its transcript."""
    reading = desk.app.reading
    detail = await reading.case(desk.run, case, desk.asker)
    row = next((one for one in detail.rows if one.result.number == repetition), None)
    if row is None:
        raise NotFoundError(f"repetition {repetition} of '{detail.case.name}' has not ended")
    around = Around(
        await reading.told(desk.run, row.result.execution, desk.asker),
        await desk.app.labels.said_of(row.result),
        await reading.failures_beside(desk.run, detail.key, desk.asker),
        may_rate=desk.asker.role.covers(Role.RUN),
    )
    return respond(request, "runs/case.html", case_page(desk.run, detail, row, around))


async def version_label(catalog: Catalog, run: RunRow, version: str | None, asker: Principal) -> str | None:
    """`v14`: the number of the worker's text in its history; None where the catalog does not know it."""
    if version is None:
        return None
    try:
        history = await catalog.history(Ref(Kind.WORKER, run.target), asker)
    except LoomError:  # deleted, or evaluated from elsewhere
        return None
    used = history.used(bytes.fromhex(version), run.created_us)
    return f"v{used.number}" if used else None


def twin(request: Request, table: Table, following: str | None) -> Response:
    """`table` as the last part of the address says."""
    if request.url.path.endswith(".csv"):
        return Response(as_csv(table), media_type="text/csv; charset=utf-8")
    answer: Json = {"items": as_json(table), "next": following}
    return JSONResponse(answer)
