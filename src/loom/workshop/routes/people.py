"""`/settings/users` and `/settings/access`: who there is, what they may, and whether guests are let in."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from loom.access.models import PrincipalKind, Role
from loom.access.people import NewUser
from loom.core.errors import ConflictError, InputError, LoomError
from loom.core.ids import UserId, parse
from loom.workshop.deps import Asker, Options, Services
from loom.workshop.errors import as_problems, status_of
from loom.workshop.guard.security import hosts_of
from loom.workshop.pages.people import access_page, users_page, users_table
from loom.workshop.rendering import respond
from loom.workshop.views.exports import as_csv, as_json

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
_USERS = "settings/users.html"
Words = Annotated[str, Form()]


@router.get("/settings/users")
async def users(
    request: Request, services: Services, asker: Asker, opened: Annotated[str, Query(alias="open")] = ""
) -> Response:
    """Everybody with a password."""
    found = await services.access.users.all(asker)
    return respond(request, _USERS, users_page(found, asker, opened=opened))


@router.get("/settings/users.json")
async def users_json(services: Services, asker: Asker) -> Response:
    """The list for programs."""
    return JSONResponse(as_json(users_table(await services.access.users.all(asker))))


@router.get("/settings/users.csv")
async def users_csv(services: Services, asker: Asker) -> Response:
    """The list for spreadsheets."""
    content = as_csv(users_table(await services.access.users.all(asker)))
    return Response(content, media_type="text/csv; charset=utf-8")


@router.post("/settings/users")
async def add(
    request: Request,
    services: Services,
    asker: Asker,
    *,
    username: Words = "",
    password: Words = "",
    role: Annotated[Role, Form()] = Role.RUN,
) -> Response:
    """Add a user; when they cannot be, the page again with what is wrong."""
    try:
        await services.access.users.add(NewUser(username, password, role), asker)
    except (InputError, ConflictError) as error:
        found = await services.access.users.all(asker)
        given = {"username": username, "role": role.value}
        page = users_page(found, asker, given=given, problems=as_problems(error))
        return respond(request, _USERS, page, status=status_of(error))
    if asker.kind is PrincipalKind.LOCAL:  # nobody any more: there is an administrator now
        return RedirectResponse(f"/login?{urlencode({'first': username, 'next': '/settings/users'})}", 303)
    return RedirectResponse("/settings/users", 303)


@router.post("/settings/users/{user}/role")
async def change_role(
    request: Request, services: Services, asker: Asker, user: str, new_role: Annotated[Role, Form()]
) -> Response:
    """Change what a user may."""
    try:
        await services.access.users.set_role(UserId(parse(user)), new_role, asker)
    except ConflictError as error:
        return await _refused(request, services, asker, user, error)
    return RedirectResponse(f"/settings/users?open={user}", 303)


@router.post("/settings/users/{user}/password")
async def reset_password(
    request: Request, services: Services, asker: Asker, user: str, new_password: Words = ""
) -> Response:
    """Give a user another password."""
    try:
        await services.access.users.reset_password(UserId(parse(user)), new_password, asker)
    except InputError as error:
        return await _refused(request, services, asker, user, error)
    return RedirectResponse(f"/settings/users?open={user}", 303)


@router.post("/settings/users/{user}/remove")
async def remove(request: Request, services: Services, asker: Asker, user: str) -> Response:
    """Remove a user."""
    try:
        await services.access.users.remove(UserId(parse(user)), asker)
    except ConflictError as error:
        return await _refused(request, services, asker, user, error)
    return RedirectResponse("/settings/users", 303)


@router.get("/settings/access")
async def access(request: Request, services: Services, options: Options, *, saved: bool = False) -> Response:
    """Who is let in without a password."""
    settings = await services.system_settings.read()
    page = access_page(
        guests=settings.allow_guest_access,
        local=options.local and not await services.access.has_admin(),
        hosts=str(hosts_of(options.settings.host, options.settings.allowed_hosts)),
        saved=saved,
    )
    return respond(request, "settings/access.html", page)


@router.post("/settings/access")
async def change_access(
    services: Services, asker: Asker, *, allow_guest_access: Annotated[bool, Form()] = False
) -> Response:
    """Let guests in, or not."""
    await services.system_settings.change({"allow_guest_access": allow_guest_access}, asker)
    return RedirectResponse("/settings/access?saved=true", 303)


async def _refused(
    request: Request, services: Services, asker: Asker, user: str, error: LoomError
) -> Response:
    found = await services.access.users.all(asker)
    page = users_page(found, asker, opened=user, problems=as_problems(error))
    return respond(request, _USERS, page, status=status_of(error))
