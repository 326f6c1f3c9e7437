"""`/pipelines`: the list, a pipeline with its graph and text, its stages changed one by one, and a new one."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from loom.access.models import Principal
from loom.catalog.library import Library, Source
from loom.catalog.models import Query as Wanted
from loom.catalog.models import Ref
from loom.catalog.pipelines.graph import PipelineGraph
from loom.catalog.pipelines.service import Pipeline, Pipelines
from loom.catalog.service import Catalog
from loom.core.errors import (
    ConfigError,
    ConflictError,
    InputError,
    LoomError,
    NotFoundError,
    Problem,
    UsageError,
)
from loom.core.kinds import Kind
from loom.workshop.deps import Asker, Definitions, Files, Options, Services
from loom.workshop.errors import as_problems, error_json, said, status_of, wants_json
from loom.workshop.pages.definitions import address, deleted_toast
from loom.workshop.pages.deleted import DELETED, deleted_table
from loom.workshop.pages.editing import came_between
from loom.workshop.pages.pipelines import (
    deleted_pipelines_page,
    new_pipeline_page,
    pipeline_page,
    pipelines_page,
    pipelines_table,
)
from loom.workshop.pages.stage_forms import Sent
from loom.workshop.rendering import respond
from loom.workshop.routes.definitions import deleted_ones, deleted_page
from loom.workshop.routes.stages import StagePost, edit_stage
from loom.workshop.sent.draft import TextPost, draft_of
from loom.workshop.sent.draft import save as saved
from loom.workshop.sent.pairs import sent_values
from loom.workshop.views.conflict import Conflict
from loom.workshop.views.exports import as_csv, as_json
from loom.workshop.views.tables import Table

__all__ = ["Asked", "Desk", "router"]

router = APIRouter(include_in_schema=False)
_PAGE = "pipelines/pipeline.html"
_NEW = "pipelines/new.html"


@dataclass(frozen=True, slots=True)
class PipelineDesk:
    """Someone at the pipelines of this Workshop."""

    pipelines: Pipelines
    catalog: Catalog
    library: Library
    asker: Principal

    async def open(self, name: str) -> Pipeline:
        """The pipeline called `name`."""
        return await self.pipelines.open(name, self.asker)

    def graph(self, pipeline: Pipeline) -> PipelineGraph:
        """Its graph.

        Raises:
            ConfigError: when it has none.
        """
        if pipeline.graph is None:
            raise ConfigError(pipeline.errors)
        return pipeline.graph

    def workers(self) -> tuple[str, ...]:
        """The names of those that stages may use."""
        return tuple(found.name for found in self.library.workers())


async def desk(
    services: Services, options: Options, catalog: Definitions, files: Files, asker: Asker
) -> PipelineDesk:
    """The desk of whoever asks."""
    return PipelineDesk(services.pipelines(options.configs_dir), catalog, files, asker)


async def wanted(q: str = "", source: str = "") -> Wanted:
    """Which pipelines a query asks for; a source that there is not asks for any."""
    return Wanted(q, Kind.PIPELINE, source=next((one for one in Source if one == source), None))


Desk = Annotated[PipelineDesk, Depends(desk)]
Asked = Annotated[Wanted, Depends(wanted)]
Text = Annotated[str, Form()]


async def listed(catalog: Definitions, asker: Asker, query: Asked, source: str = "") -> Table:
    """All that is asked for; with `deleted` as source, what can be brought back."""
    if source == DELETED:
        found = await deleted_ones(catalog, Kind.PIPELINE, asker, query.search)
        return deleted_table(Kind.PIPELINE, found)
    return pipelines_table(await catalog.list(query, asker), query)


Listed = Annotated[Table, Depends(listed)]


@router.get("/pipelines")
async def pipelines(
    request: Request, *, catalog: Definitions, asker: Asker, query: Asked, source: str = "", deleted: str = ""
) -> Response:
    """The list; with `deleted` as source, what can be brought back."""
    if source == DELETED:
        found = await deleted_ones(catalog, Kind.PIPELINE, asker, query.search)
        page = deleted_pipelines_page(found, query.search)
    else:
        gone = await deleted_ones(catalog, Kind.PIPELINE, asker, deleted) if deleted else []
        toasts = tuple(deleted_toast(ref) for ref, _ in gone if ref.name == deleted)
        page = pipelines_page(await catalog.list(query, asker), query, toasts)
    return respond(request, "pipelines/list.html", page, block="rows")


@router.get("/pipelines.json")
async def pipelines_json(table: Listed) -> Response:
    """The list for programs."""
    return JSONResponse(as_json(table))


@router.get("/pipelines.csv")
async def pipelines_csv(table: Listed) -> Response:
    """The list for spreadsheets."""
    return Response(as_csv(table), media_type="text/csv; charset=utf-8")


@router.get("/pipelines/new")
async def new_form(request: Request, desk: Desk) -> Response:
    """The form of a new one."""
    return respond(request, _NEW, new_pipeline_page(desk.workers()))


@router.post("/pipelines")
async def create(request: Request, desk: Desk) -> Response:
    """Make a pipeline of the workers `stage_1`, `stage_2` and so on; when it cannot be, the form again."""
    values = await sent_values(request)
    by_number = sorted(values.items(), key=lambda one: (len(one[0]), one[0]))
    stages = [value for name, value in by_number if name.startswith("stage_") and value]
    try:
        saved = await desk.pipelines.create(
            values.get("name", "").strip(), values.get("text", ""), stages, desk.asker
        )
    except (InputError, NotFoundError) as error:
        if wants_json(request):
            raise
        page = new_pipeline_page(desk.workers(), values, as_problems(error))
        return respond(request, _NEW, page, status=400)
    return RedirectResponse(address(saved.ref), 303)


@router.get("/pipelines/{name}")
async def pipeline(request: Request, desk: Desk, name: str, stage: str = "") -> Response:
    """One pipeline."""
    try:
        found = await desk.open(name)
    except NotFoundError:
        return await deleted_page(request, desk.catalog, Ref(Kind.PIPELINE, name), desk.asker)
    page = pipeline_page(found, desk.workers(), stage=stage)
    return respond(request, _PAGE, page)


@router.post("/pipelines/{name}")
async def save(request: Request, desk: Desk, name: str, post: Annotated[TextPost, Form()]) -> Response:
    """Save a text; when it cannot be, the page again with the text and what is wrong with it."""
    before = await desk.open(name)
    ref = before.ref
    try:
        await saved(desk.catalog, ref, post, before.text, desk.asker)
    except (InputError, ConflictError) as error:
        if wants_json(request):
            raise
        now = await desk.open(name)
        draft = await draft_of(desk.catalog, ref, post, error, desk.asker)
        page = pipeline_page(now, desk.workers(), draft=draft)
        return respond(request, _PAGE, page, status=status_of(error))
    return RedirectResponse(address(ref), 303)


@router.post("/pipelines/{name}/stage")
async def change_stage(
    request: Request, desk: Desk, name: str, post: Annotated[StagePost, Form()]
) -> Response:
    """Change one stage; when it cannot be, the page again with what was sent and why not."""
    try:
        saved = await edit_stage(desk.pipelines, name, post, desk.asker)
    except (InputError, ConflictError, NotFoundError) as error:
        if wants_json(request):
            raise
        return await _refused(request, desk, name, post, error)
    return RedirectResponse(address(saved.ref), 303)


@router.get("/pipelines/{name}/graph")
async def graph(desk: Desk, name: str) -> Response:
    """`{"dependencies", "levels", "stage_count"}`, or `{"error"}`."""
    try:
        found = desk.graph(await desk.open(name))
    except LoomError as error:
        return JSONResponse(error_json(error), status_of(error))
    return JSONResponse(found.to_json())


async def _refused(
    request: Request, desk: PipelineDesk, name: str, post: StagePost, error: LoomError
) -> Response:
    try:
        found = await desk.open(name)
    except NotFoundError as missing:
        raise UsageError(Problem(str(missing))) from None
    values = {key: str(value) for key, value in post.model_dump().items() if value}
    if isinstance(error, ConflictError):
        sent = Sent(values, conflict=await _came_between(desk, found, post.base))
    else:
        sent = Sent(values, said(error))
    stage = post.stage_name or post.after_stage
    page = pipeline_page(found, desk.workers(), stage=stage, sent=sent)
    return respond(request, _PAGE, page, status=409 if isinstance(error, ConflictError) else 400)


async def _came_between(desk: PipelineDesk, now: Pipeline, base: str) -> Conflict:
    try:
        before = (await desk.catalog.text(now.ref, base, desk.asker)).content.decode(errors="replace")
    except NotFoundError:  # a text that Loom never saw: there is nothing to hold the one of now against
        before = now.text
    return came_between(now.ref, now.version, before, now.text)
