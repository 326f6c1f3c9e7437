"""Coming in and going out in a browser: `/setup`, `/login`, `/logout`, and one's own `/account`."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from loom.access.doorway import Entered, Setup, Try
from loom.access.identity import LOGIN_LIFE_S
from loom.access.models import SESSION_COOKIE, PrincipalKind
from loom.access.people import NewPassword
from loom.core.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    LoomError,
    Problem,
    ThrottledError,
    UnauthenticatedError,
)
from loom.workshop.deps import Asker, Here, Services
from loom.workshop.errors import status_of
from loom.workshop.pages.entrance import account_page, login_page, setup_page
from loom.workshop.rendering import respond

__all__ = ["address_of", "router"]

router = APIRouter(include_in_schema=False)
_ENTRANCE, _ACCOUNT = "auth/entrance.html", "auth/account.html"
_MOST_NEXT, _MOST_NAME = 2000, 64
Words = Annotated[str, Form()]


def address_of(request: Request) -> str:
    """Where a request comes from, for counting tries."""
    return request.client.host if request.client else "unknown"


@router.get("/login")
async def login_form(
    request: Request,
    services: Services,
    here: Here,
    following: Annotated[str, Query(alias="next")] = "/",
    first: str = "",
) -> Response:
    """The form; where nobody has to log in, the way on."""
    asker = request.state.asker
    if asker is not None and asker.kind in (PrincipalKind.USER, PrincipalKind.LOCAL):
        return RedirectResponse(_own(following), 303)
    if not await services.access.has_admin():
        return RedirectResponse("/" if here else "/setup", 303)
    return respond(request, _ENTRANCE, login_page(first[:_MOST_NAME], _own(following), first=bool(first)))


@router.post("/login")
async def login(
    request: Request,
    services: Services,
    username: Words = "",
    password: Words = "",
    following: Annotated[str, Form(alias="next")] = "/",
) -> Response:
    """Log the browser in, and go on to where it wanted to go."""
    wanted = Try(username, password, address_of(request), request.cookies.get(SESSION_COOKIE))
    try:
        entered = await services.access.doorway.login(wanted)
    except (UnauthenticatedError, ThrottledError) as error:
        page = login_page(username, _own(following), str(error))
        return respond(request, _ENTRANCE, page, status=status_of(error))
    return _let_in(request, entered, _own(following))


@router.get("/setup")
async def setup_form(request: Request, services: Services, here: Here, token: str = "") -> Response:
    """The form of the first administrator; once there is one, the login."""
    if await services.access.has_admin():
        return RedirectResponse("/login", 303)
    return respond(request, _ENTRANCE, setup_page({"token": token}, here=here))


@router.post("/setup")
async def setup(
    request: Request,
    services: Services,
    here: Here,
    *,
    username: Words = "",
    password: Words = "",
    token: Words = "",
) -> Response:
    """Make the first administrator, and log them in."""
    wish = Setup(Try(username, password, address_of(request)), token, loopback=here)
    try:
        entered = await services.access.doorway.setup(wish)
    except (InputError, ForbiddenError, ConflictError) as error:
        given = {"username": username, "token": token}
        page = setup_page(given, _problems(error), here=here, refusal=_refusal(error))
        return respond(request, _ENTRANCE, page, status=status_of(error))
    return _let_in(request, entered, "/")


@router.post("/logout")
async def logout(request: Request, services: Services) -> Response:
    """Log this browser out."""
    if request.state.asker is not None:
        await services.access.doorway.logout(request.cookies.get(SESSION_COOKIE), request.state.asker)
    return _let_out()


@router.post("/logout/everywhere")
async def logout_everywhere(services: Services, asker: Asker) -> Response:
    """Log every browser of the user out, and end their tokens."""
    await services.access.doorway.logout_everywhere(asker)
    return _let_out()


@router.get("/account")
async def account(request: Request, asker: Asker, *, changed: bool = False) -> Response:
    """Who asks, and their password."""
    return respond(request, _ACCOUNT, account_page(asker, changed=changed))


@router.post("/account/password")
async def change_password(
    request: Request, services: Services, asker: Asker, old: Words = "", new: Words = ""
) -> Response:
    """Change one's own password."""
    wish = NewPassword(old, new, request.cookies.get(SESSION_COOKIE))
    try:
        await services.access.users.change_password(wish, asker)
    except InputError as error:
        return respond(request, _ACCOUNT, account_page(asker, error.problems), status=400)
    return RedirectResponse("/account?changed=true", 303)


def _let_in(request: Request, entered: Entered, following: str) -> Response:
    answer = RedirectResponse(following, 303)
    answer.set_cookie(
        SESSION_COOKIE,
        entered.session,
        max_age=LOGIN_LIFE_S,
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )
    return answer


def _let_out() -> Response:
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(SESSION_COOKIE, httponly=True, samesite="lax")
    return answer


def _own(wanted: str) -> str:
    """Where to go on; only to a page of this server."""
    own = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return wanted if own and len(wanted) <= _MOST_NEXT else "/"


def _problems(error: LoomError) -> tuple[Problem, ...]:
    return error.problems if isinstance(error, InputError) else ()


def _refusal(error: LoomError) -> str:
    return "" if isinstance(error, InputError) else str(error)
