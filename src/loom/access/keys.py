"""API keys: made, shown once, capped, revoked. What they have spent is for the engine to say."""

from dataclasses import dataclass

from loom.access import key_store
from loom.access.audit import noted
from loom.access.models import ApiKey, Principal, Role
from loom.access.rights import require
from loom.access.tokens import KEY_PREFIX, hash_token, new_key
from loom.core.clock import Clock
from loom.core.errors import InputError, NotFoundError, Problem
from loom.core.ids import KeyId, new_id
from loom.core.money import show_usd
from loom.storage.database import Database

__all__ = ["Keys", "MadeKey", "NewKey"]

_HINT = len(KEY_PREFIX) + 4
_LONGEST_NAME = 64
_MOST_NANO = 10**18
"""A billion dollars."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that is to be made."""

    name: str
    role: Role
    expires_us: int | None = None
    cap_nano: int | None = None
    """What all it starts may cost together, in 1e-9 USD; None: no cap."""


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A key that was made."""

    key: ApiKey
    secret: str
    """The key itself; kept nowhere."""


class Keys:
    """Makes, shows and revokes keys."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def all(self, principal: Principal) -> list[ApiKey]:
        """Every key, newest first, revoked ones too."""
        require(principal, Role.ADMIN)
        return await self._database.read(key_store.keys)

    async def add(self, new: NewKey, principal: Principal) -> MadeKey:
        """Make a key that belongs to the user who asks.

        Raises:
            InputError: naming everything that is wrong with it.
        """
        require(principal, Role.ADMIN)
        name, now = new.name.strip(), self._clock.now_us()
        problems = [problem for problem in _problems(new, now) if problem]
        if await self._database.read(lambda connection: key_store.key_taken(connection, name)):
            problems.append(
                Problem("is taken", "name", value=name, remedy="choose another name, or revoke that key")
            )
        if problems:
            raise InputError(problems)
        secret, key, hint = new_key(), KeyId(new_id()), ""
        hint = secret[:_HINT]
        made = (
            key,
            hash_token(secret),
            name,
            name,
            hint,
            new.role.value,
            principal.user,
            new.cap_nano,
            0,
            now,
        )
        await self._database.writer.commit(
            key_store.add_key(*made, new.expires_us),
            noted(principal, "key.add", name, now, f"{hint}… may {new.role}"),
        )
        return MadeKey(await self.get(key, principal), secret)

    async def get(self, key_id: KeyId, principal: Principal) -> ApiKey:
        """The key with this id.

        Raises:
            NotFoundError: when there is none.
        """
        require(principal, Role.ADMIN)
        found = await self._database.read(lambda connection: key_store.key_by_id(connection, key_id))
        if found is None:
            raise NotFoundError("there is no such key")
        return found

    async def set_cap(self, key_id: KeyId, cap_nano: int | None, principal: Principal) -> None:
        """From now on all that the key starts and started may cost `cap_nano` together. What runs keeps its budget.

        Raises:
            NotFoundError: when there is no such key.
            InputError: when it may not have a cap.
            ConflictError: when it is revoked.
        """
        found = await self.get(key_id, principal)
        problem = _cap_problem(cap_nano, found.role)
        if problem:
            raise InputError(problem)
        words = "none" if cap_nano is None else show_usd(cap_nano)
        await self._database.writer.commit(
            key_store.set_cap(key_id, cap_nano),
            noted(principal, "key.cap", found.name, self._clock.now_us(), words),
        )

    async def revoke(self, key_id: KeyId, principal: Principal) -> None:
        """From now on the key opens nothing. What it started goes on.

        Raises:
            NotFoundError: when there is no such key.
            ConflictError: when it is revoked already.
        """
        found, now = await self.get(key_id, principal), self._clock.now_us()
        await self._database.writer.commit(
            key_store.revoke_key(key_id, now), noted(principal, "key.revoke", found.name, now)
        )


def _problems(new: NewKey, now_us: int) -> tuple[Problem | None, ...]:
    name = new.name.strip()
    bad_name = not 0 < len(name) <= _LONGEST_NAME or not name.isprintable()
    past = new.expires_us is not None and new.expires_us <= now_us
    return (
        Problem("is not a name", "name", value=new.name, remedy="say what the key is for")
        if bad_name
        else None,
        Problem("is over already", "expires", remedy="give a time to come, or none") if past else None,
        _cap_problem(new.cap_nano, new.role),
    )


def _cap_problem(cap_nano: int | None, role: Role) -> Problem | None:
    if cap_nano is None:
        return None
    if role is Role.ADMIN:
        return Problem(
            "does not hold an administrator's key: it could lift it", "cap", remedy="let the key run or read"
        )
    if not 0 < cap_nano <= _MOST_NANO:
        return Problem("is no cap", "cap", value=show_usd(cap_nano), remedy="give an amount above 0, or none")
    return None
