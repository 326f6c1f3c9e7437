"""What is written and read of API keys. Rows do not leave this file."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from loom.access.models import ApiKey, Principal, PrincipalKind, Role
from loom.access.tables import api_key, user
from loom.core.errors import ConflictError
from loom.core.ids import KeyId, UserId
from loom.storage.statements import Phase, Statement

__all__ = [
    "Cap",
    "DrawnError",
    "StoredKey",
    "add_key",
    "cap_of",
    "draw",
    "key_by_hash",
    "key_by_id",
    "key_taken",
    "keys",
    "revoke_key",
    "revoke_keys_of",
    "set_cap",
    "use_key",
]

_K, _U = api_key.c, user.c

add_key = Statement(
    "key.add",
    insert(api_key),
    params=(
        "id",
        "hash",
        "name",
        "taken",
        "hint",
        "role",
        "owner",
        "cap_nano",
        "jobs",
        "created_us",
        "expires_us",
    ),
    phase=Phase.INSERT,
)

revoke_key = Statement(
    "key.revoke",
    update(api_key)
    .where(_K.id == bindparam("key_id"), _K.revoked_us.is_(None))
    .values(revoked_us=bindparam("now_us"), taken=None),
    params=("key_id", "now_us"),
    phase=Phase.UPDATE,
    refusal=lambda: ConflictError("the key is revoked already"),
)

revoke_keys_of = Statement(
    "key.revoke_all",
    update(api_key)
    .where(_K.owner == bindparam("user_id"), _K.revoked_us.is_(None))
    .values(revoked_us=bindparam("now_us"), taken=None),
    params=("user_id", "now_us"),
    phase=Phase.SWEEP,
)

set_cap = Statement(
    "key.cap",
    update(api_key)
    .where(_K.id == bindparam("key_id"), _K.revoked_us.is_(None))
    .values(cap_nano=bindparam("cap")),
    params=("key_id", "cap"),
    phase=Phase.UPDATE,
    refusal=lambda: ConflictError("the key is revoked"),
)

use_key = Statement(
    "key.use",
    update(api_key).where(_K.id == bindparam("key_id")).values(used_us=bindparam("now_us")),
    params=("key_id", "now_us"),
    phase=Phase.SWEEP,
)


class DrawnError(ConflictError):
    """Something else was taken from the cap since it was looked at: look again."""


draw = Statement(
    "key.draw",
    update(api_key)
    .where(_K.id == bindparam("key_id"), _K.jobs == bindparam("seen_jobs"))
    .values(jobs=bindparam("seen_jobs") + 1),
    params=("key_id", "seen_jobs"),
    phase=Phase.FENCE,
    refusal=lambda: DrawnError("the key started something else at the same moment; try again"),
)
"""Joins a commit that takes from a key's cap: nobody else has, since `cap_of` was read."""


@dataclass(frozen=True, slots=True)
class StoredKey:
    """What a key that someone shows stands for."""

    principal: Principal
    expires_us: int | None
    used_us: int | None
    revoked_us: int | None


@dataclass(frozen=True, slots=True)
class Cap:
    """The cap of a key, and how often it was drawn on."""

    name: str
    limit_nano: int | None
    jobs: int


def key_by_hash(connection: Connection, key_hash: bytes) -> StoredKey | None:
    """The key with this hash; with no more rights than its owner has now."""
    query = (
        select(
            _K.id,
            _K.name,
            _K.role,
            _K.owner,
            _K.cap_nano,
            _K.expires_us,
            _K.used_us,
            _K.revoked_us,
            _U.role.label("owner_role"),
        )
        .outerjoin(user, _U.id == _K.owner)
        .where(_K.hash == key_hash)
    )
    row = connection.execute(query).one_or_none()
    if row is None or (row.owner is not None and row.owner_role is None):
        return None
    role = Role(row.role)
    if row.owner_role is not None and not Role(row.owner_role).covers(role):
        role = Role(row.owner_role)
    owner = UserId(row.owner) if row.owner is not None else None
    capped = row.cap_nano is not None
    principal = Principal(f"key:{row.name}", role, PrincipalKind.KEY, owner, KeyId(row.id), capped)
    return StoredKey(principal, row.expires_us, row.used_us, row.revoked_us)


_SHOWN = (
    select(api_key, _U.name.label("owner_name")).outerjoin(user, _U.id == _K.owner).order_by(_K.row.desc())
)


def keys(connection: Connection) -> list[ApiKey]:
    """All of them, newest first, revoked ones too."""
    return [_key(row) for row in connection.execute(_SHOWN)]


def key_by_id(connection: Connection, key_id: KeyId) -> ApiKey | None:
    """The key with this id."""
    row = connection.execute(_SHOWN.where(_K.id == key_id)).one_or_none()
    return _key(row) if row else None


def key_taken(connection: Connection, name: str) -> bool:
    """Whether a key that is not revoked has this name."""
    return connection.execute(select(_K.row).where(_K.taken == name)).first() is not None


def cap_of(connection: Connection, key_id: KeyId) -> Cap | None:
    """The cap of a key; None when there is no such key, as for the one of the settings."""
    row = connection.execute(select(_K.name, _K.cap_nano, _K.jobs).where(_K.id == key_id)).one_or_none()
    return Cap(row.name, row.cap_nano, row.jobs) if row else None


def _key(row: Row[*tuple[Any, ...]]) -> ApiKey:
    return ApiKey(
        KeyId(row.id),
        row.name,
        row.hint,
        Role(row.role),
        row.owner_name,
        row.created_us,
        row.expires_us,
        row.cap_nano,
        row.used_us,
        row.revoked_us,
    )
