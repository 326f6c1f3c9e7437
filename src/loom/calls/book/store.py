"""What is written and read of the address book. Rows do not leave this file; keys come and go encrypted."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from loom.calls.book.headers import KeptHeader
from loom.calls.book.models import Entry, EntryId, Led
from loom.calls.book.tables import endpoint
from loom.core.endpoint_config import EndpointConfig, EndpointKind, EndpointLimits
from loom.core.errors import ConflictError
from loom.core.jsonvalue import Json, canonical
from loom.core.money import Price
from loom.storage.statements import Phase, Statement, Write

__all__ = [
    "add_entry",
    "change_entry",
    "changed_meanwhile",
    "entries",
    "forget_removed",
    "remove_entry",
    "removed_entry",
    "reseal_entry",
    "reseal_headers",
    "restore_entry",
    "sealed_keys",
    "with_sealed_headers",
]

_E = endpoint.c
_CHANGED = (
    "label",
    "taken",
    "url",
    "kind",
    "enabled",
    "key_reference",
    "key_sealed",
    "details",
    "principal",
    "changed_us",
)


def changed_meanwhile() -> ConflictError:
    """What is said to whoever looked at an older revision."""
    return ConflictError(
        "someone else changed this endpoint meanwhile; look at it again, then repeat the change"
    )


_add = Statement(
    "endpoint.add",
    insert(endpoint),
    params=("id", *_CHANGED, "revision", "created_us"),
    phase=Phase.INSERT,
)

_change = Statement(
    "endpoint.change",
    update(endpoint)
    .where(_E.id == bindparam("entry"), _E.revision == bindparam("base"), _E.removed_us.is_(None))
    .values(revision=_E.revision + 1, **{name: bindparam(f"new_{name}") for name in _CHANGED}),
    params=("entry", "base", *(f"new_{name}" for name in _CHANGED)),
    phase=Phase.UPDATE,
    refusal=changed_meanwhile,
)

_remove = Statement(
    "endpoint.remove",
    update(endpoint)
    .where(_E.id == bindparam("entry"), _E.revision == bindparam("base"), _E.removed_us.is_(None))
    .values(
        taken=None,
        removed_us=bindparam("now_us"),
        principal=bindparam("by"),
        details=bindparam("with_led"),
        revision=_E.revision + 1,
    ),
    params=("entry", "base", "now_us", "by", "with_led"),
    phase=Phase.UPDATE,
    refusal=changed_meanwhile,
)

_restore = Statement(
    "endpoint.restore",
    update(endpoint)
    .where(_E.id == bindparam("entry"), _E.removed_us.is_not(None))
    .values(
        taken=bindparam("name"),
        removed_us=None,
        principal=bindparam("by"),
        details=bindparam("without_led"),
        revision=_E.revision + 1,
    ),
    params=("entry", "name", "by", "without_led"),
    phase=Phase.UPDATE,
    refusal=changed_meanwhile,
)

_reseal = Statement(
    "endpoint.reseal",
    update(endpoint)
    .where(_E.id == bindparam("entry"), _E.key_sealed == bindparam("old"))
    .values(key_sealed=bindparam("new")),
    params=("entry", "old", "new"),
    phase=Phase.UPDATE,
    refusal=changed_meanwhile,
)

_redetail = Statement(
    "endpoint.redetail",
    update(endpoint)
    .where(_E.id == bindparam("entry"), _E.details == bindparam("old"))
    .values(details=bindparam("new")),
    params=("entry", "old", "new"),
    phase=Phase.UPDATE,
    refusal=changed_meanwhile,
)

_forget = Statement(
    "endpoint.forget",
    delete(endpoint).where(_E.removed_us < bindparam("before_us")),
    params=("before_us",),
    phase=Phase.SWEEP,
)


def add_entry(entry: Entry) -> Write:
    """A new entry. The commit fails with `StorageError` when its label was taken meanwhile."""
    return _add(entry.id, *_values(entry), entry.revision, entry.created_us)


def change_entry(entry: Entry) -> Write:
    """The entry as it shall be; its `revision` is the one that was looked at."""
    return _change(entry.id, entry.revision, *_values(entry))


def remove_entry(entry: Entry, principal: str, now_us: int) -> Write:
    """It is gone from the book, and can be restored until `forget_removed`."""
    return _remove(entry.id, entry.revision, now_us, principal, canonical(_details(entry)).decode())


def restore_entry(entry: Entry, principal: str) -> Write:
    """Undo its removal."""
    details = canonical(_details(replace(entry, led=()))).decode()
    return _restore(entry.id, _taken(entry.config.name), principal, details)


def reseal_entry(name: EntryId, old: bytes, new: bytes) -> Write:
    """The same key, encrypted otherwise."""
    return _reseal(name, old, new)


def reseal_headers(entry: Entry, headers: tuple[KeptHeader, ...]) -> Write:
    """The same values, encrypted otherwise."""
    old, new = _details(entry), _details(replace(entry, headers=headers))
    return _redetail(entry.id, canonical(old).decode(), canonical(new).decode())


def forget_removed(before_us: int) -> Write:
    """Delete what was removed before then, keys included."""
    return _forget(before_us)


def entries(connection: Connection) -> tuple[Entry, ...]:
    """The book, in the order in which it was written."""
    query = select(endpoint).where(_E.removed_us.is_(None)).order_by(_E.row)
    return tuple(_entry(row) for row in connection.execute(query))


def removed_entry(connection: Connection, name: EntryId) -> Entry | None:
    """The removed entry of that id; None when there is none, or it is forgotten."""
    row = connection.execute(select(endpoint).where(_E.id == name, _E.removed_us.is_not(None))).one_or_none()
    return None if row is None else _entry(row)


def removed_entries(connection: Connection, since_us: int) -> tuple[Entry, ...]:
    """What was removed since then, the last first."""
    query = select(endpoint).where(_E.removed_us >= since_us).order_by(_E.removed_us.desc())
    return tuple(_entry(row) for row in connection.execute(query))


def sealed_keys(connection: Connection) -> dict[EntryId, tuple[str, bytes]]:
    """The URL and the encrypted key of every entry that has one, removed ones included."""
    query = select(_E.id, _E.url, _E.key_sealed).where(_E.key_sealed.is_not(None))
    return {EntryId(name): (url, sealed) for name, url, sealed in connection.execute(query)}


def with_sealed_headers(connection: Connection) -> tuple[Entry, ...]:
    """Every entry that has an encrypted header, removed ones included."""
    found = (_entry(row) for row in connection.execute(select(endpoint)))
    return tuple(one for one in found if any(header.sealed for header in one.headers))


def _values(entry: Entry) -> tuple[object, ...]:
    config = entry.config
    return (
        config.name,
        _taken(config.name),
        config.url,
        str(config.kind),
        entry.enabled,
        entry.key_reference,
        entry.key_sealed,
        canonical(_details(entry)).decode(),
        entry.principal,
        entry.changed_us,
    )


def _taken(label: str) -> str:
    return label.casefold()


def _details(entry: Entry) -> Json:
    config = entry.config
    return {
        "models": list(config.models),
        "prices": {model: asdict(price) for model, price in config.prices.items()},
        "limits": asdict(config.limits),
        "headers": [_kept(one) for one in entry.headers],
        **({"led": [asdict(one) for one in entry.led]} if entry.led else {}),
    }


def _kept(one: KeptHeader) -> Json:
    sealed = None if one.sealed is None else one.sealed.decode("ascii")
    return {"name": one.name, "reference": one.reference, "sealed": sealed}


def _headers(details: Json) -> tuple[KeptHeader, ...]:
    return tuple(
        KeptHeader(one["name"], one["reference"], one["sealed"] and one["sealed"].encode("ascii"))
        for one in details.get("headers", ())  # there were none before
    )


def _entry(row: Row[Any]) -> Entry:
    details: Json = json.loads(row.details)
    prices: Mapping[str, Json] = details["prices"]
    config = EndpointConfig(
        row.label,
        row.url,
        EndpointKind(row.kind),
        None,
        tuple(details["models"]),
        {model: Price(**price) for model, price in prices.items()},
        EndpointLimits(**details["limits"]),
    )
    return Entry(
        EntryId(bytes(row.id)),
        config,
        row.enabled,
        row.key_reference,
        None if row.key_sealed is None else bytes(row.key_sealed),
        row.revision,
        row.principal,
        row.created_us,
        row.changed_us,
        _headers(details),
        tuple(Led(**one) for one in details.get("led", ())),
    )
