"""From what a request brought to who asks. Decides nothing about what they may do.

The database is asked each time, so that what is revoked, removed or demoted holds no more from that moment on, in every
process.
"""

import hmac
from dataclasses import dataclass

from sqlalchemy import Connection

from loom.access import key_store, store
from loom.access.models import GUEST, LOCAL, Credentials, Principal, PrincipalKind, Role
from loom.access.store import Login
from loom.access.system.store import settings_with
from loom.access.tokens import KEY_PREFIX, Signer, hash_token
from loom.core.clock import Clock
from loom.storage.database import Database
from loom.storage.statements import Write

__all__ = ["LOGIN_IDLE_S", "LOGIN_LIFE_S", "Identity"]

LOGIN_IDLE_S = 7 * 86_400
"""A login that is not used for so long is over."""

LOGIN_LIFE_S = 30 * 86_400
"""Then a login is over, however much it is used."""

_NOTED_EVERY_US = 3600 * 1_000_000
_STATIC = Principal("key:API_KEY", Role.ADMIN, PrincipalKind.KEY)
_LONGEST = 4096


@dataclass(frozen=True, slots=True)
class _Seen:
    login: Login | None
    has_admin: bool
    guests: bool


class Identity:
    """Finds out who asks."""

    def __init__(self, database: Database, clock: Clock, signer: Signer, static_key: str | None) -> None:
        self._database = database
        self._clock = clock
        self._signer = signer
        self._static = hash_token(static_key) if static_key else None

    async def identify(self, given: Credentials) -> Principal | None:
        """Who asks; None when nobody can tell.

        A bearer that does not hold is nobody, even where guests, or everybody on this machine, would be let in: whoever
        shows one wants to be known by it. A cookie that does not hold is no cookie: browsers keep old ones.
        """
        if given.bearer is not None:
            return await self._bearer(given.bearer) if len(given.bearer) <= _LONGEST else None
        token = hash_token(given.session) if given.session else None
        seen = await self._database.read(lambda connection: _look(connection, token))
        if token is not None and seen.login is not None and self._holds(seen.login):
            await self._renew(token, seen.login)
            return seen.login.user.principal
        if given.loopback and not seen.has_admin:
            return LOCAL
        return GUEST if seen.guests else None

    def _holds(self, login: Login) -> bool:
        now = self._clock.now_us()
        idle, life = LOGIN_IDLE_S * 1_000_000, LOGIN_LIFE_S * 1_000_000
        return now < login.seen_us + idle and now < login.created_us + life

    async def _renew(self, token: bytes, login: Login) -> None:
        now = self._clock.now_us()
        if now - login.seen_us > _NOTED_EVERY_US:
            await self._note(store.renew_login(token, now))

    async def _bearer(self, bearer: str) -> Principal | None:
        shown = hash_token(bearer)
        if self._static is not None and hmac.compare_digest(shown, self._static):
            return _STATIC
        return await (self._key(shown) if bearer.startswith(KEY_PREFIX) else self._token(bearer))

    async def _key(self, shown: bytes) -> Principal | None:
        found = await self._database.read(lambda connection: key_store.key_by_hash(connection, shown))
        now = self._clock.now_us()
        if found is None or found.revoked_us is not None:
            return None
        if found.expires_us is not None and now >= found.expires_us:
            return None
        if now - (found.used_us or 0) > _NOTED_EVERY_US:
            await self._note(key_store.use_key(found.principal.key, now))
        return found.principal

    async def _token(self, bearer: str) -> Principal | None:
        claims = self._signer.read(bearer, self._clock.now_us() // 1_000_000)
        if claims is None:
            return None
        user = await self._database.read(lambda connection: store.user_by_id(connection, claims.user))
        return user.principal if user is not None and user.epoch == claims.epoch else None

    async def _note(self, write: Write) -> None:
        await self._database.writer.commit(write)


def _look(connection: Connection, token: bytes | None) -> _Seen:
    login = store.login_of(connection, token) if token is not None else None
    if login is not None:
        return _Seen(login, has_admin=True, guests=_guests(connection))
    return _Seen(None, store.has_admin(connection), _guests(connection))


def _guests(connection: Connection) -> bool:
    found = settings_with(connection, "system.").get("allow_guest_access")
    return found is not None and found.value is True
