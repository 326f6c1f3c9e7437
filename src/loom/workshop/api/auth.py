"""`/api/v1/auth`: setting up, logging in for a token, and who one is."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, StringConstraints

from loom.access.doorway import Setup, Try
from loom.access.models import Principal, PrincipalKind, Role
from loom.access.tokens import TOKEN_LIFE_S
from loom.core.ids import text
from loom.wiring.app import App
from loom.workshop.deps import Asker, Here, Services
from loom.workshop.routes.auth import address_of

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/auth", tags=["auth"])
Short = Annotated[str, StringConstraints(max_length=200)]
Secret = Annotated[str, StringConstraints(max_length=1000)]


class LoginBody(BaseModel):
    """A user name and its password."""

    model_config = ConfigDict(extra="forbid")
    username: Short
    password: Secret


class SetupBody(LoginBody):
    """The first administrator."""

    username: Short = "admin"
    token: Short | None = None
    """As the server's console shows it; not needed at the machine itself."""


class Identity(BaseModel):
    """Who asks."""

    username: str
    role: Role
    is_admin: bool
    kind: PrincipalKind
    user_id: str | None


class Token(BaseModel):
    """A token for `Authorization: Bearer`."""

    access_token: str
    token_type: str = "bearer"  # noqa: S105 - the kind, as RFC 6750 calls it
    expires_in: int = TOKEN_LIFE_S
    """Seconds."""

    user: Identity


class SetupState(BaseModel):
    """Whether an administrator is still to be made."""

    needed: bool
    token_needed: bool


@router.get("/setup")
async def setup_state(services: Services, here: Here) -> SetupState:
    """Whether an administrator is still to be made, and whether that takes the token of the console."""
    needed = not await services.access.has_admin()
    return SetupState(needed=needed, token_needed=needed and not here)


@router.post("/setup", status_code=201)
async def setup(request: Request, body: SetupBody, services: Services, here: Here) -> Token:
    """Make the first administrator. 409 when there is one."""
    who = Try(body.username, body.password, address_of(request))
    await services.access.doorway.setup(Setup(who, body.token, loopback=here))
    return await _token(services, who)


@router.post("/login")
async def login(request: Request, body: LoginBody, services: Services) -> Token:
    """A token, good for an hour. 401 when the name or the password is wrong, 429 after too many."""
    return await _token(services, Try(body.username, body.password, address_of(request)))


@router.post("/logout", status_code=204)
async def logout(services: Services, asker: Asker) -> None:
    """End every token and every login of the user."""
    await services.access.doorway.logout_everywhere(asker)


@router.get("/me")
async def me(asker: Asker) -> Identity:
    """Who asks."""
    return _identity(asker)


async def _token(services: App, who: Try) -> Token:
    given = await services.access.doorway.token(who)
    return Token(access_token=given.token, user=_identity(given.principal))


def _identity(who: Principal) -> Identity:
    return Identity(
        username=who.name,
        role=who.role,
        is_admin=who.role is Role.ADMIN,
        kind=who.kind,
        user_id=text(who.user) if who.user else None,
    )
