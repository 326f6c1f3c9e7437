"""Users: who there is, and what they may do. At least one administrator stays."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from loom.access import key_store, store
from loom.access.audit import noted
from loom.access.models import Principal, Role, User
from loom.access.passwords import Passwords, password_problem
from loom.access.rights import require
from loom.access.store import People, StoredUser
from loom.access.throttle import Throttle
from loom.access.tokens import hash_token
from loom.core.clock import Clock
from loom.core.errors import ConflictError, ForbiddenError, InputError, NotFoundError, Problem
from loom.core.ids import UserId, new_id
from loom.storage.database import Database

__all__ = ["NewPassword", "NewUser", "Users", "check_new_user"]

_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
_GONE = "there is no such user; they may have been removed"
_OWN = "a browser that is logged in"
_RESERVED = frozenset({"guest", "local", "nobody"})


@dataclass(frozen=True, slots=True)
class NewUser:
    """A user who is to be added."""

    name: str
    """Capital letters are the same as small ones."""

    password: str = field(repr=False)
    role: Role


@dataclass(frozen=True, slots=True)
class NewPassword:
    """A user's own wish for another password."""

    old: str = field(repr=False)
    new: str = field(repr=False)
    session: str | None = field(default=None, repr=False)
    """The browser that asks stays logged in."""


async def check_new_user(database: Database, new: NewUser) -> str:
    """The name under which `new` may be added.

    Raises:
        InputError: naming everything that is wrong.
    """
    name = new.name.strip().lower()
    problems: list[Problem] = []
    if not _NAME.fullmatch(name) or name in _RESERVED:
        what = "is kept by Loom" if name in _RESERVED else "is not a user name"
        remedy = "use up to 64 letters, digits and . _ @ -"
        problems.append(Problem(what, "username", value=new.name, remedy=remedy))
    elif await database.read(lambda connection: store.user_by_name(connection, name)):
        problems.append(Problem("is taken", "username", value=name, remedy="choose another name"))
    weak = password_problem(new.password, name)
    if problems or weak:
        raise InputError((*problems, *((weak,) if weak else ())))
    return name


class Users:
    """Adds, changes and removes users."""

    def __init__(self, database: Database, clock: Clock, passwords: Passwords, throttle: Throttle) -> None:
        self._database = database
        self._clock = clock
        self._passwords = passwords
        self._throttle = throttle

    async def all(self, principal: Principal) -> list[User]:
        """Every user, by name."""
        require(principal, Role.ADMIN)
        return await self._database.read(store.users)

    async def get(self, user_id: UserId, principal: Principal) -> User:
        """The user with this id.

        Raises:
            NotFoundError: when there is no such user.
        """
        found = next((user for user in await self.all(principal) if user.id == user_id), None)
        if found is None:
            raise NotFoundError(_GONE)
        return found

    async def named(self, name: str, principal: Principal) -> User:
        """The user called `name`.

        Raises:
            NotFoundError: when there is no such user.
        """
        everybody = await self.all(principal)
        found = next((user for user in everybody if user.name == name.strip().lower()), None)
        if found is None:
            raise NotFoundError(f"there is no user '{name}'; there are: {_names(everybody)}")
        return found

    async def add(self, new: NewUser, principal: Principal) -> UserId:
        """Add a user.

        Raises:
            InputError: naming everything that is wrong with them.
            ConflictError: when users were changed at the same moment.
        """
        require(principal, Role.ADMIN)
        people = await self._database.read(store.people)
        if not people.admins and new.role is not Role.ADMIN:
            remedy = "add an administrator first: until then everybody at this machine is one"
            raise InputError(Problem("would be the only user", "role", value=str(new.role), remedy=remedy))
        name = await check_new_user(self._database, new)
        password, user, now = await self._passwords.hash(new.password), UserId(new_id()), self._clock.now_us()
        await self._database.writer.commit(
            store.change_people(people.version),
            store.add_user(user, name, password, new.role.value, 0, now),
            noted(principal, "user.add", name, now, f"may {new.role}"),
        )
        return user

    async def set_role(self, user_id: UserId, role: Role, principal: Principal) -> None:
        """From now on the user may `role`; their keys may no more than that.

        Raises:
            NotFoundError: when there is no such user.
            ConflictError: when they are the only administrator.
        """
        require(principal, Role.ADMIN)
        people, user = await self._look(user_id)
        _keep_one_admin(people, user, role)
        await self._database.writer.commit(
            store.change_people(people.version),
            store.set_role(user.id, role.value),
            noted(principal, "user.role", user.name, self._clock.now_us(), f"{user.role} to {role}"),
        )

    async def remove(self, user_id: UserId, principal: Principal) -> None:
        """Remove the user; their logins end and their keys are revoked. What they did stays theirs.

        Raises:
            as `set_role`.
        """
        require(principal, Role.ADMIN)
        people, user = await self._look(user_id)
        _keep_one_admin(people, user, None)
        now = self._clock.now_us()
        await self._database.writer.commit(
            store.change_people(people.version),
            store.remove_user(user.id),
            store.end_logins(user.id),
            key_store.revoke_keys_of(user.id, now),
            noted(principal, "user.remove", user.name, now),
        )

    async def reset_password(self, user_id: UserId, password: str, principal: Principal) -> None:
        """Give the user another password; they are logged out everywhere.

        Raises:
            NotFoundError: when there is no such user.
            InputError: when the password is not good enough.
        """
        require(principal, Role.ADMIN)
        _, user = await self._look(user_id)
        weak = password_problem(password, user.name)
        if weak:
            raise InputError(weak)
        await self._database.writer.commit(
            store.set_password(user.id, await self._passwords.hash(password)),
            store.void_tokens(user.id),
            store.end_logins(user.id),
            noted(principal, "user.password", user.name, self._clock.now_us()),
        )

    async def change_password(self, wish: NewPassword, principal: Principal) -> None:
        """Change one's own; every other browser is logged out, and tokens hold no more.

        Raises:
            ForbiddenError: when it is not a user in a browser who asks.
            InputError: when the old one is wrong or the new one not good enough.
            ThrottledError: after too many wrong ones.
        """
        if principal.user is None or principal.key is not None:
            raise ForbiddenError(f"{principal.name} has no password")
        _, user = await self._look(principal.user)
        problems = [password_problem(wish.new, user.name, "new")]
        self._throttle.take(user.name, _OWN)
        if not await self._passwords.fits(wish.old, user.password):
            problems.append(Problem("is not your password", "old", remedy="enter the one you log in with"))
        else:
            self._throttle.forgive(user.name, _OWN)
        found = [problem for problem in problems if problem]
        if found:
            raise InputError(found)
        await self._database.writer.commit(
            store.still_user(user.id, user.epoch),
            store.set_password(user.id, await self._passwords.hash(wish.new)),
            store.void_tokens(user.id),
            store.end_other_logins(user.id, hash_token(wish.session or "")),
            noted(principal, "user.password", user.name, self._clock.now_us()),
        )

    async def _look(self, user_id: UserId) -> tuple[People, StoredUser]:
        people = await self._database.read(store.people)
        user = await self._database.read(lambda connection: store.user_by_id(connection, user_id))
        if user is None:
            raise NotFoundError(_GONE)
        return people, user


def _names(users: Sequence[User]) -> str:
    return ", ".join(user.name for user in users) or "none"


def _keep_one_admin(people: People, user: StoredUser, role: Role | None) -> None:
    if user.role is Role.ADMIN and role is not Role.ADMIN and people.admins == 1:
        raise ConflictError(f"{user.name} is the only administrator; make someone else one first")
