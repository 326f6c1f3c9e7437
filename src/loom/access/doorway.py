"""Coming in and going out: the first administrator, logging in, tokens for programs, logging out."""

import hmac
import secrets
from dataclasses import dataclass, field

from loom.access import store
from loom.access.audit import noted
from loom.access.identity import LOGIN_IDLE_S, LOGIN_LIFE_S
from loom.access.models import Principal, PrincipalKind, Role
from loom.access.passwords import Passwords
from loom.access.people import NewUser, check_new_user
from loom.access.store import StoredUser
from loom.access.throttle import Throttle
from loom.access.tokens import Claims, Signer, hash_token, new_token
from loom.core.clock import Clock
from loom.core.errors import ConflictError, ForbiddenError, UnauthenticatedError
from loom.core.ids import UserId, new_id
from loom.storage.database import Database

__all__ = ["Doorway", "Entered", "Given", "Setup", "Try"]

_NOBODY = Principal("nobody", Role.READ, PrincipalKind.GUEST)
_LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class Try:
    """Someone wants to be let in."""

    name: str
    password: str = field(repr=False)
    address: str
    """Where they ask from."""

    session: str | None = field(default=None, repr=False)
    """The cookie that their browser has already: that login ends."""


@dataclass(frozen=True, slots=True)
class Setup:
    """Someone wants to be the first administrator."""

    who: Try
    token: str | None = field(default=None, repr=False)
    """As the server's console shows it."""

    loopback: bool = False
    """Only this machine can have sent it: no token is needed."""


@dataclass(frozen=True, slots=True)
class Entered:
    """Someone is in."""

    principal: Principal
    session: str = field(repr=False)
    """What the cookie is to hold."""


@dataclass(frozen=True, slots=True)
class Given:
    """A program may act for someone."""

    principal: Principal
    token: str = field(repr=False)


class Doorway:
    """Lets people in and out."""

    def __init__(
        self, database: Database, clock: Clock, passwords: Passwords, throttle: Throttle, signer: Signer
    ) -> None:
        self._database = database
        self._clock = clock
        self._passwords = passwords
        self._throttle = throttle
        self._signer = signer
        self.setup_token = secrets.token_urlsafe(24)
        """Holds for this process, until there is an administrator."""

    async def setup(self, wish: Setup) -> Entered:
        """Make the first administrator, and log them in.

        Raises:
            ConflictError: when there is one already.
            ForbiddenError: when the token is wrong.
            InputError: naming everything that is wrong with name and password.
        """
        people = await self._database.read(store.people)
        if people.admins:
            raise ConflictError("There is an administrator already; log in")
        if not (wish.loopback or self._is_token(wish.token)):
            raise ForbiddenError("The setup token is wrong; the server's console shows it")
        new = NewUser(wish.who.name, wish.who.password, Role.ADMIN)
        name = await check_new_user(self._database, new)
        password = await self._passwords.hash(new.password)
        user = StoredUser(UserId(new_id()), name, password, Role.ADMIN, 0)
        session, now = new_token(), self._clock.now_us()
        await self._database.writer.commit(
            store.change_people(people.version),
            store.add_user(user.id, name, password, Role.ADMIN.value, 0, now),
            store.add_login(hash_token(session), user.id, now, now),
            noted(user.principal, "setup", name, now, f"from {wish.who.address}"),
        )
        return Entered(user.principal, session)

    def _is_token(self, shown: str | None) -> bool:
        return hmac.compare_digest(hash_token(shown or ""), hash_token(self.setup_token))

    async def login(self, wanted: Try) -> Entered:
        """Log in a browser.

        Raises:
            UnauthenticatedError: when name or password is wrong; which of them is not said.
            ThrottledError: after too many wrong ones.
        """
        user = await self._checked(wanted)
        session, now = new_token(), self._clock.now_us()
        await self._database.writer.commit(
            store.still_user(user.id, user.epoch),
            store.end_old_logins(now - LOGIN_IDLE_S * 1_000_000, now - LOGIN_LIFE_S * 1_000_000),
            *((store.end_login(hash_token(wanted.session)),) if wanted.session else ()),
            store.add_login(hash_token(session), user.id, now, now),
            noted(user.principal, "login", user.name, now, f"from {wanted.address}"),
        )
        return Entered(user.principal, session)

    async def token(self, wanted: Try) -> Given:
        """A signed token for a program, good for `TOKEN_LIFE_S`.

        Raises:
            as `login`.
        """
        user, now = await self._checked(wanted), self._clock.now_us()
        await self._database.writer.commit(
            noted(user.principal, "login.token", user.name, now, f"from {wanted.address}")
        )
        return Given(user.principal, self._signer.sign(Claims(user.id, user.epoch), now // 1_000_000))

    async def _checked(self, wanted: Try) -> StoredUser:
        name = wanted.name.strip().lower()[:_LONGEST_NAME]
        self._throttle.take(name, wanted.address)
        user = await self._database.read(lambda connection: store.user_by_name(connection, name))
        if not await self._passwords.fits(wanted.password, user.password if user else None) or user is None:
            now = self._clock.now_us()
            await self._database.writer.commit(
                noted(_NOBODY, "login.failed", name, now, f"from {wanted.address}")
            )
            raise UnauthenticatedError("The user name or the password is wrong")
        self._throttle.forgive(name, wanted.address)
        return user

    async def logout(self, session: str | None, principal: Principal) -> None:
        """End the login that `session` stands for."""
        if session is None:
            return
        now = self._clock.now_us()
        await self._database.writer.commit(
            store.end_login(hash_token(session)), noted(principal, "logout", principal.name, now)
        )

    async def logout_everywhere(self, principal: Principal) -> None:
        """End every login of the user, in every browser, and every token."""
        if principal.user is None:
            raise ForbiddenError(f"{principal.name} is not logged in")
        await self._database.writer.commit(
            store.end_logins(principal.user),
            store.void_tokens(principal.user),
            noted(principal, "logout.everywhere", principal.name, self._clock.now_us()),
        )
