"""What is written and read of users and their logins. Rows do not leave this file."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, or_, select, update

from loom.access.models import Principal, PrincipalKind, Role, User
from loom.access.tables import access_state, login, user
from loom.core.errors import ConflictError, UnauthenticatedError
from loom.core.ids import UserId
from loom.storage.statements import Phase, Statement

__all__ = [
    "Login",
    "People",
    "StoredUser",
    "add_login",
    "add_user",
    "change_people",
    "end_login",
    "end_logins",
    "end_old_logins",
    "end_other_logins",
    "has_admin",
    "login_of",
    "people",
    "remove_user",
    "renew_login",
    "set_password",
    "set_role",
    "still_user",
    "user_by_id",
    "user_by_name",
    "users",
    "void_tokens",
]

_S, _U, _L = access_state.c, user.c, login.c

change_people = Statement(
    "access.change_people",
    update(access_state)
    .where(_S.version == bindparam("seen_version"))
    .values(version=bindparam("seen_version") + 1),
    params=("seen_version",),
    phase=Phase.FENCE,
    refusal=lambda: ConflictError("someone else changed the users at the same moment; look again"),
)

add_user = Statement(
    "user.add",
    insert(user),
    params=("id", "name", "password", "role", "epoch", "created_us"),
    phase=Phase.INSERT,
)

set_password = Statement(
    "user.password",
    update(user).where(_U.id == bindparam("user_id")).values(password=bindparam("hashed")),
    params=("user_id", "hashed"),
    phase=Phase.UPDATE,
)

set_role = Statement(
    "user.role",
    update(user).where(_U.id == bindparam("user_id")).values(role=bindparam("new_role")),
    params=("user_id", "new_role"),
    phase=Phase.UPDATE,
)

void_tokens = Statement(
    "user.void_tokens",
    update(user).where(_U.id == bindparam("user_id")).values(epoch=_U.epoch + 1),
    params=("user_id",),
    phase=Phase.UPDATE,
)

still_user = Statement(
    "user.still",
    update(user)
    .where(_U.id == bindparam("user_id"), _U.epoch == bindparam("seen_epoch"))
    .values(epoch=_U.epoch),
    params=("user_id", "seen_epoch"),
    phase=Phase.FENCE,
    refusal=lambda: UnauthenticatedError("The user was changed at the same moment; log in again"),
)
"""Joins a commit that must not happen when the user's password has changed meanwhile, or they are gone."""

remove_user = Statement(
    "user.remove", delete(user).where(_U.id == bindparam("user_id")), params=("user_id",), phase=Phase.UPDATE
)

add_login = Statement(
    "login.add", insert(login), params=("hash", "user", "created_us", "seen_us"), phase=Phase.INSERT
)

renew_login = Statement(
    "login.renew",
    update(login).where(_L.hash == bindparam("login_hash")).values(seen_us=bindparam("now_us")),
    params=("login_hash", "now_us"),
    phase=Phase.SWEEP,
)

end_login = Statement(
    "login.end",
    delete(login).where(_L.hash == bindparam("login_hash")),
    params=("login_hash",),
    phase=Phase.SWEEP,
)

end_logins = Statement(
    "login.end_all",
    delete(login).where(_L.user == bindparam("user_id")),
    params=("user_id",),
    phase=Phase.SWEEP,
)

end_other_logins = Statement(
    "login.end_others",
    delete(login).where(_L.user == bindparam("user_id"), _L.hash != bindparam("kept")),
    params=("user_id", "kept"),
    phase=Phase.SWEEP,
)

end_old_logins = Statement(
    "login.end_old",
    delete(login).where(or_(_L.seen_us < bindparam("seen_before"), _L.created_us < bindparam("made_before"))),
    params=("seen_before", "made_before"),
    phase=Phase.SWEEP,
)


@dataclass(frozen=True, slots=True)
class StoredUser:
    """A user with what only this room knows of them."""

    id: UserId
    name: str
    password: str
    role: Role
    epoch: int

    @property
    def principal(self) -> Principal:
        """Who asks when this user does."""
        return Principal(self.name, self.role, PrincipalKind.USER, self.id)


@dataclass(frozen=True, slots=True)
class Login:
    """A browser that is logged in."""

    user: StoredUser
    created_us: int
    seen_us: int


@dataclass(frozen=True, slots=True)
class People:
    """How many there are, as of a version: a change made by `change_people` of it saw them all."""

    version: int
    admins: int


_STORED = (_U.id, _U.name, _U.password, _U.role, _U.epoch)


def people(connection: Connection) -> People:
    """The version comes first: who is added meanwhile makes a change of it fail."""
    version = connection.execute(select(_S.version)).scalar_one()
    admins = connection.execute(select(func.count()).where(_U.role == Role.ADMIN)).scalar_one()
    return People(version, admins)


def has_admin(connection: Connection) -> bool:
    """Whether there is an administrator."""
    return connection.execute(select(_U.row).where(_U.role == Role.ADMIN).limit(1)).first() is not None


def user_by_name(connection: Connection, name: str) -> StoredUser | None:
    """The user called `name`."""
    row = connection.execute(select(*_STORED).where(_U.name == name)).one_or_none()
    return _stored(row) if row else None


def user_by_id(connection: Connection, user_id: UserId) -> StoredUser | None:
    """The user with this id."""
    row = connection.execute(select(*_STORED).where(_U.id == user_id)).one_or_none()
    return _stored(row) if row else None


def login_of(connection: Connection, token_hash: bytes) -> Login | None:
    """The login whose cookie has this hash."""
    query = (
        select(*_STORED, _L.created_us, _L.seen_us).join(user, _U.id == _L.user).where(_L.hash == token_hash)
    )
    row = connection.execute(query).one_or_none()
    return Login(_stored(row), row.created_us, row.seen_us) if row else None


def users(connection: Connection) -> list[User]:
    """All of them, by name."""
    query = (
        select(_U.id, _U.name, _U.role, _U.created_us, func.max(_L.seen_us).label("seen_us"))
        .outerjoin(login, _L.user == _U.id)
        .group_by(_U.id, _U.name, _U.role, _U.created_us)
        .order_by(_U.name)
    )
    return [
        User(UserId(row.id), row.name, Role(row.role), row.created_us, row.seen_us)
        for row in connection.execute(query)
    ]


def _stored(row: Any) -> StoredUser:
    return StoredUser(UserId(row.id), row.name, row.password, Role(row.role), row.epoch)
