"""`/settings/endpoints`: the list, one endpoint's form, a trial of it, and taking back a removal."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from loom.access.models import Principal
from loom.calls.book.drafts import Draft, read_draft
from loom.calls.book.joining import Joined
from loom.calls.book.models import EntryId, Listed, Trial
from loom.calls.book.service import EndpointBook
from loom.calls.book.tiers import read_target
from loom.core.errors import ConflictError, InputError, LoomError
from loom.core.ids import parse
from loom.wiring.app import App
from loom.workshop.deps import Asker, Services
from loom.workshop.errors import as_problems, status_of, wants_json
from loom.workshop.pages.asked import Book, asked_view, saved_banner
from loom.workshop.pages.endpoint_form import Refused, base_of, said_in
from loom.workshop.pages.endpoints import (
    HOME,
    Around,
    endpoint_page,
    endpoints_page,
    endpoints_table,
    name_of,
    trial_view,
    tried_view,
)
from loom.workshop.rendering import respond
from loom.workshop.sent.pairs import sent_values
from loom.workshop.views.actions import Action
from loom.workshop.views.exports import as_csv, as_json
from loom.workshop.views.feedback import Toast

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
_LIST, _ONE = "settings/endpoints.html", "settings/endpoint.html"


@dataclass(frozen=True, slots=True)
class EndpointDesk:
    """Someone at the endpoints of this Workshop."""

    services: App
    asker: Principal

    @property
    def book(self) -> EndpointBook:
        """What can be looked at and changed."""
        return self.services.endpoint_book

    async def all(self) -> Book:
        """Every endpoint, and where tiers lead."""
        leads = await self.services.endpoints.leads()
        return Book(await self.book.all(), leads, await self.services.tiers.all())


async def desk(services: Services, asker: Asker) -> EndpointDesk:
    """The desk of whoever asks."""
    return EndpointDesk(services, asker)


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
    return respond(request, _LIST, endpoints_page(await desk.all(), toasts=toasts))


@router.get(f"{HOME}.json")
async def endpoints_json(desk: Desk) -> Response:
    """The list for programs."""
    return JSONResponse(as_json(endpoints_table(await desk.all())))


@router.get(f"{HOME}.csv")
async def endpoints_csv(desk: Desk) -> Response:
    """The list for spreadsheets."""
    table = endpoints_table(await desk.all())
    return Response(as_csv(table), media_type="text/csv; charset=utf-8")


@router.get(f"{HOME}/new")
async def new_form(request: Request) -> Response:
    """The form of a new one."""
    return respond(request, _ONE, endpoint_page(None))


@router.post(HOME)
async def add(request: Request, desk: Desk) -> Response:
    """Add one; when it cannot be, the form again."""
    values = await sent_values(request)
    try:
        joined = await desk.services.joining.add(said_in(values, None), desk.asker)
    except (InputError, ConflictError) as error:
        return _refused(request, None, values, error)
    return _saved(joined)


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
async def endpoint(request: Request, desk: Desk, name: str, saved: str = "", before: str = "") -> Response:
    """One of them; when it was just saved, with what that came to."""
    one, book = await desk.book.find(name), await desk.all()
    tried = desk.services.trials.last(one)
    post = f"{HOME}/{name_of(one)}/default"
    around = Around(
        tried=tried_view(one.config.name, tried),
        asked=asked_view(one, book, tried, post),
        banner=saved_banner(one, book, tried, before, post) if saved else None,
        toasts=(Toast("Saved."),) if saved else (),
    )
    return respond(request, _ONE, endpoint_page(one, around=around))


@router.post(HOME + "/{name}/default")
async def ask_by_default(
    desk: Desk, name: str, default: Annotated[str, Form(max_length=500)] = ""
) -> Response:
    """Choose what is asked by who names nothing: `endpoint`, `endpoint/model`, or nothing for the first."""
    one = await desk.book.find(name)
    await desk.services.tiers.lead({None: read_target("default", default)}, desk.asker)
    return RedirectResponse(f"{HOME}/{name_of(one)}?saved=1", 303)


@router.post(HOME + "/{name}")
async def change(request: Request, desk: Desk, name: str) -> Response:
    """Change it; when it cannot be, the form again."""
    one, values = await desk.book.find(name), await sent_values(request)
    try:
        said = said_in(values, one)
        own = await desk.book.own(name)
        joined = await desk.services.joining.update(own, said, desk.asker, base_of(values))
    except (InputError, ConflictError) as error:
        return _refused(request, one, values, error)
    return _saved(joined)


@router.post(HOME + "/{name}/test")
async def test(request: Request, desk: Desk, name: str) -> Response:
    """Try it, or what stands in its form."""
    one = await desk.book.find(name)
    if one.entry is not None and "url" in await sent_values(request):
        return await _tried(request, desk, one)
    view = trial_view(one.config.name, await desk.services.trials.of(one))
    return respond(request, _LIST, endpoints_page(await desk.all(), view), block="trial")


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
    values = await sent_values(request)
    saved = one.entry if one else None
    try:
        before = Draft(saved.config, saved.enabled) if saved else None
        trial = await desk.services.trials.of_draft(read_draft(said_in(values, one), before), saved)
    except InputError as error:
        trial = Trial(reached=False, latency_ms=0, problem=str(error))
    view = trial_view(values.get("label", "").strip() or "New endpoint", trial)
    return respond(request, _ONE, endpoint_page(one, Refused(values, ()), Around(view)), block="trial")


def _saved(joined: Joined) -> Response:
    query = urlencode({"saved": 1, "before": joined.before})
    return RedirectResponse(f"{HOME}/{name_of(joined.one)}?{query}", 303)


def _refused(request: Request, one: Listed | None, values: dict[str, str], error: LoomError) -> Response:
    if wants_json(request):
        raise error
    problems = as_problems(error)
    return respond(request, _ONE, endpoint_page(one, Refused(values, problems)), status=status_of(error))


def _removed(name: str) -> Toast:
    return Toast("The endpoint is removed.", Action("Undo", post=f"{HOME}/{name}/restore"))
