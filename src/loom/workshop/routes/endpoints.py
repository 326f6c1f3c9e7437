"""`/settings/endpoints`: the list, one endpoint's form, a trial of it, and taking back a removal."""

from dataclasses import dataclass, replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from loom.access.models import Principal
from loom.calls.book.drafts import Draft, read_draft
from loom.calls.book.joining import Joined
from loom.calls.book.models import EntryId, Listed
from loom.calls.book.service import EndpointBook
from loom.calls.book.tiers import read_target
from loom.core.errors import ConflictError, InputError, LoomError
from loom.core.ids import parse
from loom.wiring.app import App
from loom.workshop.deps import Asker, Services
from loom.workshop.errors import as_problems, status_of, wants_json
from loom.workshop.pages.asked import Book, asked_view, saved_banner
from loom.workshop.pages.endpoint_form import EndpointForm, Refused, base_of, said_in
from loom.workshop.pages.endpoints import (
    HOME,
    Around,
    EndpointsPage,
    endpoint_page,
    endpoints_page,
    endpoints_table,
    kept_banner,
    name_of,
    trial_view,
    tried_view,
    unasked_view,
)
from loom.workshop.rendering import respond
from loom.workshop.sent.pairs import sent_values
from loom.workshop.views.actions import Action
from loom.workshop.views.exports import as_csv, as_json
from loom.workshop.views.feedback import Banner, Toast
from loom.workshop.views.tones import Tone

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
        listed, leads = await self.book.all(), await self.services.endpoints.leads()
        last = self.services.trials.last
        tried = {one.entry.id: known for one in listed if one.entry and (known := last(one))}
        return Book(listed, leads, await self.services.tiers.all(), tried)

    async def around(self, one: Listed) -> Around:
        """Its last test, and who asks it."""
        tried = self.services.trials.last(one)
        asked = asked_view(one, await self.all(), tried, f"{HOME}/{name_of(one)}/default")
        return Around(tried=tried_view(one.config.name, tried), asked=asked)

    async def list_page(self, around: Around) -> EndpointsPage:
        """All of them, and what was removed lately."""
        return endpoints_page(await self.all(), await self.book.removed(), around)


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
    return respond(request, _LIST, await desk.list_page(Around(toasts=toasts)))


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
    one = await desk.book.find(name)
    around = await desk.around(one)
    if saved:
        tried = desk.services.trials.last(one)
        banner = saved_banner(one, await desk.all(), tried, before, f"{HOME}/{name_of(one)}/default")
        around = replace(around, banner=banner, toasts=(Toast("Saved."),))
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
    return respond(request, _LIST, await desk.list_page(Around(view)), block="trial")


@router.post(HOME + "/{name}/remove")
async def remove(
    request: Request, desk: Desk, name: str, instead: Annotated[str, Form(max_length=100)] = ""
) -> Response:
    """Take it out of the book; `instead`: what those ask from now on that led to it."""
    one, own = await desk.book.find(name), await desk.book.own(name)
    try:
        await desk.book.remove(own, desk.asker, read_target("instead", instead))
    except ConflictError as error:
        if wants_json(request):
            raise
        mapped = await desk.services.tiers.all()
        leading = any(each.leads_to(one.config.name) for each in mapped)
        banner = kept_banner(one, str(error), leading=leading)
        around = replace(await desk.around(one), banner=banner)
        return respond(request, _ONE, endpoint_page(one, around=around), status=409)
    return RedirectResponse(f"{HOME}?removed={name_of(one)}", 303)


@router.post(HOME + "/{name}/restore")
async def restore(request: Request, desk: Desk, name: str) -> Response:
    """Undo its removal; when its name was taken meanwhile, the list says so."""
    try:
        one = await desk.book.restore(EntryId(parse(name)), desk.asker)
    except ConflictError as error:
        if wants_json(request):
            raise
        around = Around(banner=Banner(str(error), Tone.FAIL))
        return respond(request, _LIST, await desk.list_page(around), status=409)
    return RedirectResponse(f"{HOME}/{name_of(one)}", 303)


async def _tried(request: Request, desk: EndpointDesk, one: Listed | None) -> Response:
    values = await sent_values(request)
    name = values.get("label", "").strip() or "New endpoint"
    saved, refused = one.entry if one else None, Refused(values, ())
    try:
        draft = read_draft(said_in(values, one), Draft(saved.config, saved.enabled) if saved else None)
        view = trial_view(name, await desk.services.trials.of_draft(draft, saved))
    except InputError as error:
        refused = Refused(values, error.problems)
        view = unasked_view(name, EndpointForm.of(one, refused).wrong)
    return respond(request, _ONE, endpoint_page(one, refused, Around(view)), block="trial")


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
