"""`/settings/endpoints`: the list, one endpoint's form, a trial of it, and taking back a removal."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from loom.access.models import Principal
from loom.calls.book.drafts import Draft, read_draft
from loom.calls.book.models import EntryId, Listed, Trial
from loom.calls.book.service import EndpointBook
from loom.calls.book.trials import Trials
from loom.core.errors import ConflictError, InputError, LoomError, Problem
from loom.core.ids import parse
from loom.workshop.deps import Asker, Services
from loom.workshop.errors import status_of, wants_json
from loom.workshop.pages.endpoint_form import Refused, base_of, said_in
from loom.workshop.pages.endpoints import (
    HOME,
    endpoint_page,
    endpoints_page,
    endpoints_table,
    name_of,
    trial_view,
)
from loom.workshop.rendering import respond
from loom.workshop.views.actions import Action
from loom.workshop.views.exports import as_csv, as_json
from loom.workshop.views.feedback import Toast

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
_LIST, _ONE = "settings/endpoints.html", "settings/endpoint.html"
_MOST_FIELDS = 500


@dataclass(frozen=True, slots=True)
class EndpointDesk:
    """Someone at the endpoints of this Workshop."""

    book: EndpointBook
    trials: Trials
    asker: Principal


async def desk(services: Services, asker: Asker) -> EndpointDesk:
    """The desk of whoever asks."""
    return EndpointDesk(services.endpoint_book, services.trials, asker)


Desk = Annotated[EndpointDesk, Depends(desk)]


@router.get("/settings")
async def settings() -> Response:
    """The first part."""
    return RedirectResponse(HOME, 303)


@router.get(HOME)
async def endpoints(request: Request, desk: Desk, removed: str = "", rotated: str = "") -> Response:
    """The list."""
    toasts = (_removed(removed),) if removed else ()
    if rotated:
        toasts += (Toast("The keys are encrypted with a new key."),)
    return respond(request, _LIST, endpoints_page(await desk.book.all(), toasts=toasts))


@router.get(f"{HOME}.json")
async def endpoints_json(desk: Desk) -> Response:
    """The list for programs."""
    return JSONResponse(as_json(endpoints_table(await desk.book.all())))


@router.get(f"{HOME}.csv")
async def endpoints_csv(desk: Desk) -> Response:
    """The list for spreadsheets."""
    table = endpoints_table(await desk.book.all())
    return Response(as_csv(table), media_type="text/csv; charset=utf-8")


@router.get(f"{HOME}/new")
async def new_form(request: Request) -> Response:
    """The form of a new one."""
    return respond(request, _ONE, endpoint_page(None))


@router.post(HOME)
async def add(request: Request, desk: Desk) -> Response:
    """Add one; when it cannot be, the form again."""
    values = await _posted(request)
    try:
        one = await desk.book.add(said_in(values, None), desk.asker)
    except (InputError, ConflictError) as error:
        return _refused(request, None, values, error)
    return RedirectResponse(f"{HOME}/{name_of(one)}?saved=1", 303)


@router.post(f"{HOME}/rotate")
async def rotate(desk: Desk) -> Response:
    """Encrypt what is kept with a new key."""
    await desk.book.rotate(desk.asker)
    return RedirectResponse(f"{HOME}?rotated=1", 303)


@router.post(f"{HOME}/new/test")
async def test_new(request: Request, desk: Desk) -> Response:
    """Try what stands in the form of a new one."""
    return await _tried(request, desk, None)


@router.get(HOME + "/{name}")
async def endpoint(request: Request, desk: Desk, name: str, saved: str = "") -> Response:
    """One of them."""
    toasts = (Toast("Saved."),) if saved else ()
    return respond(request, _ONE, endpoint_page(await desk.book.find(name), toasts=toasts))


@router.post(HOME + "/{name}")
async def change(request: Request, desk: Desk, name: str) -> Response:
    """Change it; when it cannot be, the form again."""
    one, values = await desk.book.find(name), await _posted(request)
    try:
        said = said_in(values, one)
        changed = await desk.book.update(await desk.book.own(name), said, desk.asker, base_of(values))
    except (InputError, ConflictError) as error:
        return _refused(request, one, values, error)
    return RedirectResponse(f"{HOME}/{name_of(changed)}?saved=1", 303)


@router.post(HOME + "/{name}/test")
async def test(request: Request, desk: Desk, name: str) -> Response:
    """Try it, or what stands in its form."""
    one = await desk.book.find(name)
    if one.entry is not None and "url" in await request.form():
        return await _tried(request, desk, one)
    view = trial_view(one.config.name, await desk.trials.of(one))
    return respond(request, _LIST, endpoints_page(await desk.book.all(), view), block="trial")


@router.post(HOME + "/{name}/remove")
async def remove(desk: Desk, name: str) -> Response:
    """Take it out of the book."""
    one = await desk.book.find(name)
    await desk.book.remove(await desk.book.own(name), desk.asker)
    return RedirectResponse(f"{HOME}?removed={name_of(one)}", 303)


@router.post(HOME + "/{name}/restore")
async def restore(desk: Desk, name: str) -> Response:
    """Undo its removal."""
    one = await desk.book.restore(EntryId(parse(name)), desk.asker)
    return RedirectResponse(f"{HOME}/{name_of(one)}", 303)


async def _tried(request: Request, desk: EndpointDesk, one: Listed | None) -> Response:
    values = await _posted(request)
    saved = one.entry if one else None
    try:
        before = Draft(saved.config, saved.enabled) if saved else None
        trial = await desk.trials.of_draft(read_draft(said_in(values, one), before), saved)
    except InputError as error:
        trial = Trial(reached=False, latency_ms=0, problem=str(error))
    view = trial_view(values.get("label", "").strip() or "New endpoint", trial)
    return respond(request, _ONE, endpoint_page(one, Refused(values, ()), view), block="trial")


def _refused(request: Request, one: Listed | None, values: dict[str, str], error: LoomError) -> Response:
    if wants_json(request):
        raise error
    problems = error.problems if isinstance(error, InputError) else (Problem(str(error)),)
    return respond(request, _ONE, endpoint_page(one, Refused(values, problems)), status=status_of(error))


def _removed(name: str) -> Toast:
    return Toast("The endpoint is removed.", Action("Undo", post=f"{HOME}/{name}/restore"))


async def _posted(request: Request) -> dict[str, str]:
    form = await request.form(max_files=0, max_fields=_MOST_FIELDS)
    return {name: value for name, value in form.items() if isinstance(value, str)}
