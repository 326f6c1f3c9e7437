"""`/api/v1/users`, `/api/v1/keys` and `/api/v1/audit`: who there is, what they may, and what they did."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from loom.access.audit import Entry
from loom.access.keys import NewKey
from loom.access.models import ApiKey, Principal, Role, User
from loom.access.people import NewUser
from loom.core.ids import KeyId, UserId, text
from loom.core.money import MOST_USD, NANO, nano_usd
from loom.engine.spending import Spent
from loom.wiring.app import App
from loom.workshop.deps import Asker, Services
from loom.workshop.sent.paging import Size

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["people"])
Short = Annotated[str, StringConstraints(max_length=200)]
Secret = Annotated[str, StringConstraints(max_length=1000)]
Dollars = Annotated[Decimal, Field(gt=0, le=MOST_USD, allow_inf_nan=False)]


class UserOut(BaseModel):
    """A user."""

    id: str
    username: str
    role: Role
    created_at: datetime
    seen_at: datetime | None


class NewUserBody(BaseModel):
    """A user to be added."""

    model_config = ConfigDict(extra="forbid")
    username: Short
    password: Secret
    role: Role = Role.RUN


class UserChange(BaseModel):
    """What is to be different of a user; what is not named stays."""

    model_config = ConfigDict(extra="forbid")
    role: Role | None = None
    password: Secret | None = None


class KeyOut(BaseModel):
    """An API key; the key itself is shown when it is made, and never again."""

    id: str
    name: str
    hint: str
    role: Role
    owner: str | None
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None
    cap_usd: float | None
    spent_usd: float
    held_usd: float
    """What jobs that are not at their end may still spend of their budgets."""


class MadeKeyOut(KeyOut):
    """A key that was just made."""

    key: str
    """Shown this once."""


class NewKeyBody(BaseModel):
    """A key to be made."""

    model_config = ConfigDict(extra="forbid")
    name: Short
    role: Role = Role.RUN
    expires_at: AwareDatetime | None = None
    cap_usd: Dollars | None = None
    """Of all that it starts, together."""


class KeyChange(BaseModel):
    """What is to be different of a key."""

    model_config = ConfigDict(extra="forbid")
    cap_usd: Dollars | None
    """null: no cap."""


class Users(BaseModel):
    """All of them."""

    items: list[UserOut]


class Keys(BaseModel):
    """All of them, newest first."""

    items: list[KeyOut]


class AuditEntry(BaseModel):
    """One thing that was done."""

    id: int
    at: datetime
    principal: str
    action: str
    subject: str
    detail: str | None


class AuditEntries(BaseModel):
    """Some of what was done, newest first."""

    items: list[AuditEntry]
    next: str | None
    """The `cursor` of the next page; null on the last."""


@router.get("/users")
async def users(services: Services, asker: Asker) -> Users:
    """Everybody with a password."""
    return Users(items=[_user(one) for one in await services.access.users.all(asker)])


@router.post("/users", status_code=201)
async def add_user(body: NewUserBody, services: Services, asker: Asker) -> UserOut:
    """Add a user."""
    user = await services.access.users.add(NewUser(body.username, body.password, body.role), asker)
    return _user(await services.access.users.get(user, asker))


@router.patch("/users/{user}")
async def change_user(user: UUID, body: UserChange, services: Services, asker: Asker) -> UserOut:
    """Change what a user may, or their password."""
    found = UserId(user.bytes)
    if body.role is not None:
        await services.access.users.set_role(found, body.role, asker)
    if body.password is not None:
        await services.access.users.reset_password(found, body.password, asker)
    return _user(await services.access.users.get(found, asker))


@router.delete("/users/{user}", status_code=204)
async def remove_user(user: UUID, services: Services, asker: Asker) -> None:
    """Remove a user: their logins end, their keys are revoked."""
    await services.access.users.remove(UserId(user.bytes), asker)


@router.get("/keys")
async def keys(services: Services, asker: Asker) -> Keys:
    """Every key, revoked ones too."""
    found, spent = await services.access.keys.all(asker), await services.spending.by_key()
    return Keys(items=[_key(one, spent.get(one.id, Spent())) for one in found])


@router.post("/keys", status_code=201)
async def make_key(body: NewKeyBody, services: Services, asker: Asker) -> MadeKeyOut:
    """Make a key."""
    expires = _micros(body.expires_at) if body.expires_at is not None else None
    new = NewKey(body.name, body.role, expires, _nano(body.cap_usd))
    made = await services.access.keys.add(new, asker)
    return MadeKeyOut(**_key(made.key, Spent()).model_dump(), key=made.secret)


@router.get("/keys/{key}")
async def one_key(key: UUID, services: Services, asker: Asker) -> KeyOut:
    """One key."""
    return await _one_key(services, KeyId(key.bytes), asker)


@router.patch("/keys/{key}")
async def change_key(key: UUID, body: KeyChange, services: Services, asker: Asker) -> KeyOut:
    """Change the cap of a key."""
    found = KeyId(key.bytes)
    await services.access.keys.set_cap(found, _nano(body.cap_usd), asker)
    return await _one_key(services, found, asker)


@router.delete("/keys/{key}", status_code=204)
async def revoke_key(key: UUID, services: Services, asker: Asker) -> None:
    """Revoke a key; it stays in the list."""
    await services.access.keys.revoke(KeyId(key.bytes), asker)


@router.get("/audit")
async def audit(
    services: Services,
    asker: Asker,
    cursor: Annotated[int | None, Query(ge=0, le=2**62)] = None,
    by: Annotated[str | None, Query(max_length=200)] = None,
    size: Size = 50,
) -> AuditEntries:
    """What was done, newest first."""
    page = await services.access.audit.page(asker, before=cursor, by=by, limit=size)
    return AuditEntries(
        items=[_entry(one) for one in page.entries], next=None if page.before is None else str(page.before)
    )


async def _one_key(services: App, key: KeyId, asker: Principal) -> KeyOut:
    found, spent = await services.access.keys.get(key, asker), await services.spending.by_key()
    return _key(found, spent.get(key, Spent()))


def _user(user: User) -> UserOut:
    return UserOut(
        id=text(user.id),
        username=user.name,
        role=user.role,
        created_at=_moment(user.created_us),
        seen_at=_moment(user.seen_us) if user.seen_us else None,
    )


def _key(key: ApiKey, spent: Spent) -> KeyOut:
    return KeyOut(
        id=text(key.id),
        name=key.name,
        hint=key.hint,
        role=key.role,
        owner=key.owner,
        created_at=_moment(key.created_us),
        expires_at=_moment(key.expires_us) if key.expires_us else None,
        used_at=_moment(key.used_us) if key.used_us else None,
        revoked_at=_moment(key.revoked_us) if key.revoked_us else None,
        cap_usd=key.cap_nano / NANO if key.cap_nano is not None else None,
        spent_usd=spent.spent_nano / NANO,
        held_usd=spent.held_nano / NANO,
    )


def _entry(entry: Entry) -> AuditEntry:
    return AuditEntry(
        id=entry.row,
        at=_moment(entry.at_us),
        principal=entry.principal,
        action=entry.action,
        subject=entry.subject,
        detail=entry.detail,
    )


def _moment(at_us: int) -> datetime:
    return datetime.fromtimestamp(at_us / 1_000_000, UTC)


def _micros(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000)


def _nano(usd: Decimal | None) -> int | None:
    return None if usd is None else nano_usd(usd)
