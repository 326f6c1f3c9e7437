"""`/workers`: the list, one worker with its text, a new one, and what a change can reach."""

import asyncio
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from pydantic import BaseModel
from starlette.responses import JSONResponse, RedirectResponse, Response

from loom.access.models import Principal
from loom.catalog.definitions import read_definition
from loom.catalog.impact import Impact, pipelines_in, worker_impact
from loom.catalog.library import Source
from loom.catalog.models import Entry, Ref, Version
from loom.catalog.models import Query as Wanted
from loom.catalog.service import Catalog
from loom.core.errors import ConflictError, InputError, Look, NotFoundError
from loom.core.jsonvalue import Json
from loom.core.kinds import Kind
from loom.core.worker_config import Tier, WorkerKind
from loom.evaluation.reading.runs import RunQuery
from loom.evaluation.reading.runs_store import RunFilter
from loom.wiring.app import App
from loom.workshop.config_impact import impact_json
from loom.workshop.deps import Asker, Definitions, Files, Services
from loom.workshop.errors import as_problems, status_of, wants_json
from loom.workshop.pages.definitions import address, deleted_toast
from loom.workshop.pages.deleted import DELETED, deleted_table
from loom.workshop.pages.new_worker import new_worker_page
from loom.workshop.pages.worker import OpenWorker, impact_page, worker_page
from loom.workshop.pages.workers import (
    OWN_FIRST,
    WorkerList,
    deleted_workers_page,
    in_order,
    workers_page,
    workers_table,
)
from loom.workshop.rendering import respond
from loom.workshop.routes.definitions import deleted_ones, deleted_page
from loom.workshop.sent.draft import TextPost, draft_of
from loom.workshop.sent.draft import save as saved
from loom.workshop.sent.new_worker import created
from loom.workshop.sent.pairs import sent_values
from loom.workshop.views.exports import as_csv, as_json
from loom.workshop.views.tables import PAGE_ROWS, Table

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
_PAGE = "workers/worker.html"
_NEW = "workers/new.html"
_ORDERS = frozenset({"name", "rate", "used"})
_SHOWN_RUNS = 5


@dataclass(frozen=True, slots=True)
class WorkerDesk:
    """Someone at the workers of this Workshop."""

    services: App
    catalog: Catalog
    asker: Principal

    async def list(self, query: Wanted) -> tuple[Entry, ...]:
        """The workers that `query` asks for, which may name a kind of worker."""
        return await self.catalog.list(replace(query, kind=query.kind or Kind.WORKER), self.asker)

    async def listed(self, query: Wanted, order: str, begin: int = 0, most: int | None = None) -> WorkerList:
        """The list that `query` asks for, from number `begin` on; no more files are read than are shown."""
        last = await self.services.reading.last_runs(self.asker)
        names = in_order(await self._names(query), last, order)
        begin = min(begin, max(len(names) - 1, 0))
        chosen = names[begin:] if most is None else names[begin : begin + most]
        entries = {one.ref.name: one for one in await self.list(replace(query, names=frozenset(chosen)))}
        shown = [entries[name] for name in chosen if name in entries]
        numbers = await self.catalog.numbers(shown, self.asker)
        return WorkerList(names, shown, begin, last, numbers, query, order)

    async def _names(self, query: Wanted) -> "list[str]":
        if query == Wanted():
            return await self.catalog.names(Kind.WORKER, self.asker)
        return [one.ref.name for one in await self.list(query)]

    async def deleted(self, query: Wanted) -> "list[tuple[Ref, Version]]":
        """The workers that can be brought back."""
        return await deleted_ones(self.catalog, Kind.WORKER, self.asker, query.search)

    async def table(self, query: Wanted, order: str, source: str) -> Table:
        """All that is asked for; with `deleted` as source, what can be brought back."""
        if source == DELETED:
            return deleted_table(Kind.WORKER, await self.deleted(query))
        return workers_table(await self.listed(query, order))

    async def open(self, name: str) -> OpenWorker:
        """The worker called `name`, however broken.

        Raises:
            NotFoundError: when there is none.
        """
        ref = Ref(Kind.WORKER, name)
        history, text = await self.catalog.opened(ref, self.asker)
        if text is None:
            raise NotFoundError(f"{ref} is deleted", Look(f"{ref.kind}s", ref.name, gone=True))
        query = RunQuery(RunFilter(worker=name), size=_SHOWN_RUNS, counted=False)
        return OpenWorker(
            history,
            text.content.decode(errors="replace"),
            text.version,
            await asyncio.to_thread(read_definition, ref.kind, text.content, f"{name}.yaml"),
            (await self.services.reading.runs(query, self.asker)).items,
            await self.impact(name),
            self.services.clock.now_us(),
        )

    async def impact(self, name: str) -> Impact:
        """What uses the worker; nothing, for one that nobody knows."""
        try:
            return await self.catalog.impact(name, self.asker)
        except NotFoundError:
            return worker_impact(name, {}, {})


async def desk(services: Services, catalog: Definitions, asker: Asker) -> WorkerDesk:
    """The desk of whoever asks."""
    return WorkerDesk(services, catalog, asker)


async def wanted(q: str = "", tier: str = "", kind: str = "", source: str = "") -> Wanted:
    """Which workers a query asks for; a word that there is not asks for any."""
    return Wanted(
        q,
        next((one.value for one in WorkerKind if one == kind), None),
        next((one.value for one in Tier if one == tier), None),
        next((one for one in Source if one == source), None),
    )


Desk = Annotated[WorkerDesk, Depends(desk)]
Asked = Annotated[Wanted, Depends(wanted)]


async def order(sort: str = OWN_FIRST) -> str:
    """In which order a list is asked for."""
    return sort if sort.removeprefix("-") in _ORDERS else OWN_FIRST


Order = Annotated[str, Depends(order)]


class Shown(BaseModel):
    """What else the list is opened with."""

    source: str = ""
    cursor: str = ""
    deleted: str = ""
    """The name of one that was deleted just now."""


@router.get("/workers")
async def workers(
    request: Request,
    *,
    desk: Desk,
    query: Asked,
    order: Order,
    shown: Annotated[Shown, Query()],
) -> Response:
    """The list; with `deleted` as source, what can be brought back."""
    if shown.source == DELETED:
        page = deleted_workers_page(await desk.deleted(query), query.search)
        return respond(request, "workers/list.html", page, block="rows")
    begin = int(shown.cursor) if shown.cursor.isdecimal() and len(shown.cursor) < 10 else 0
    found = await desk.listed(query, order, begin, PAGE_ROWS)
    gone = await desk.deleted(Wanted(shown.deleted)) if shown.deleted else []
    toasts = tuple(deleted_toast(ref) for ref, _ in gone if ref.name == shown.deleted)
    return respond(request, "workers/list.html", workers_page(found, toasts), block="rows")


@router.get("/workers.json")
async def workers_json(desk: Desk, query: Asked, order: Order, source: str = "") -> Response:
    """The list for programs."""
    return JSONResponse(as_json(await desk.table(query, order, source)))


@router.get("/workers.csv")
async def workers_csv(desk: Desk, query: Asked, order: Order, source: str = "") -> Response:
    """The list for spreadsheets."""
    table = await desk.table(query, order, source)
    return Response(as_csv(table), media_type="text/csv; charset=utf-8")


@router.get("/workers/new")
async def new_form(request: Request, desk: Desk) -> Response:
    """The forms of a new one."""
    return respond(request, _NEW, new_worker_page(await desk.list(Wanted())))


@router.post("/workers")
async def create(request: Request, desk: Desk) -> Response:
    """Make a worker; when it cannot be, the forms again."""
    values = {name: value.strip() for name, value in (await sent_values(request)).items()}
    try:
        saved = await created(desk.catalog, values, desk.asker)
    except (InputError, NotFoundError) as error:
        if wants_json(request):
            raise
        page = new_worker_page(await desk.list(Wanted()), values, as_problems(error))
        return respond(request, _NEW, page, status=400)
    return RedirectResponse(address(saved.ref), 303)


@router.get("/workers/{name}")
async def worker(request: Request, desk: Desk, name: str) -> Response:
    """One worker."""
    try:
        page = worker_page(await desk.open(name))
    except NotFoundError:
        return await deleted_page(request, desk.catalog, Ref(Kind.WORKER, name), desk.asker)
    return respond(request, _PAGE, page)


@router.post("/workers/{name}")
async def save(request: Request, desk: Desk, name: str, post: Annotated[TextPost, Form()]) -> Response:
    """Save a text; when it cannot be, the page again with the text and what is wrong with it."""
    before = await desk.open(name)
    ref = before.history.ref
    try:
        await saved(desk.catalog, ref, post, before.text, desk.asker)
    except (InputError, ConflictError) as error:
        if wants_json(request):
            raise
        now = await desk.open(name)
        draft = await draft_of(desk.catalog, ref, post, error, desk.asker)
        return respond(request, _PAGE, worker_page(now, draft), status=status_of(error))
    return RedirectResponse(address(ref), 303)


@router.get("/workers/{name}/impact")
async def impact(desk: Desk, files: Files, name: str) -> Json:
    """`{"affected_pipelines", "direct_stages", "downstream_stages", "risk_level", …}`, with the names of 0.9 too."""
    found = await desk.impact(name)
    pipelines = await asyncio.to_thread(pipelines_in, files)
    mapping: Json = {"output_schema": {"type": "object"}} if found.has_output_schema else {}
    return {**found.to_json(), **impact_json(name, mapping, pipelines)}


@router.get("/workers/{name}/impact-panel")
async def impact_panel(request: Request, desk: Desk, name: str) -> Response:
    """The same for people, as a part of a page."""
    return respond(request, "workers/impact.html", impact_page(await desk.impact(name)), block="panel")
