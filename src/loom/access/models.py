"""Principals: on whose behalf a service is called, and what they may do."""

from dataclasses import dataclass, field
from enum import StrEnum

from loom.core.ids import KeyId, UserId

__all__ = [
    "GUEST",
    "LOCAL",
    "SESSION_COOKIE",
    "ApiKey",
    "Credentials",
    "Principal",
    "PrincipalKind",
    "Role",
    "User",
]

SESSION_COOKIE = "loom_session"


class Role(StrEnum):
    """What someone may do. Each may also do what those before it may."""

    READ = "read"
    """Look at everything but settings and people."""

    RUN = "run"
    """Change definitions and suites, and start what costs money."""

    ADMIN = "admin"
    """Change settings, people and keys."""

    def covers(self, needed: "Role") -> bool:
        """Whether this role may do what asks for `needed`."""
        return _ORDER[self] >= _ORDER[needed]


_ORDER = {role: place for place, role in enumerate(Role)}


class PrincipalKind(StrEnum):
    """How someone was recognised."""

    LOCAL = "local"
    """By being at this machine, while nobody has made an administrator."""

    USER = "user"
    KEY = "key"
    GUEST = "guest"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks."""

    name: str
    """Of a user, or `key:NAME`."""

    role: Role = Role.READ
    kind: PrincipalKind = PrincipalKind.USER
    user: UserId | None = None
    """The user who asks, or whose key it is."""

    key: KeyId | None = None
    capped: bool = False
    """It is a key with a spending cap: what it starts needs a budget."""


LOCAL = Principal("local", Role.ADMIN, PrincipalKind.LOCAL)
"""The person at this machine's terminal."""

GUEST = Principal("guest", Role.READ, PrincipalKind.GUEST)
"""Anybody, where an administrator lets guests in."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request brought to show who asks. Nothing here is believed yet."""

    session: str | None = field(default=None, repr=False)
    """The value of the cookie `SESSION_COOKIE`."""

    bearer: str | None = field(default=None, repr=False)
    """An API key, or a token of `/api/v1/auth/login`."""

    loopback: bool = False
    """Whether only this machine can have sent it."""


@dataclass(frozen=True, slots=True)
class User:
    """A person with a password."""

    id: UserId
    name: str
    role: Role
    created_us: int
    seen_us: int | None
    """The last sign of life in a browser that is still logged in; None when there is none."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key for programs. The key itself is shown once, when it is made."""

    id: KeyId
    name: str
    hint: str
    """How it begins."""

    role: Role
    owner: str | None
    """The user it belongs to; None when it was made in local mode or with the key of the settings."""

    created_us: int
    expires_us: int | None
    cap_nano: int | None
    """What all it starts may cost together, in 1e-9 USD."""

    used_us: int | None
    """When it was last used, to the hour."""

    revoked_us: int | None
