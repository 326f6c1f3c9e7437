"""What the catalog reads and writes: the log of versions. Rows do not leave this file."""

from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from loom.catalog.models import Change, Ref, Version
from loom.catalog.tables import version
from loom.core.kinds import Kind
from loom.storage.statements import Phase, Statement, Write

__all__ = ["add_version", "known_names", "last_version", "newest", "version_at", "versions"]

_V = version.c

_add = Statement(
    "version.add",
    insert(version),
    params=(
        "kind",
        "name",
        "home",
        "number",
        "hash",
        "definition",
        "change",
        "file",
        "note",
        "principal",
        "at_us",
    ),
    phase=Phase.KEEP,
)


def add_version(ref: Ref, new: Version) -> Write:
    """Adds `new`, or nothing when its number is taken: whoever adds must look whether it is there."""
    return _add(
        ref.kind.value,
        ref.name,
        new.home,
        new.number,
        new.hash,
        new.definition,
        new.change.value,
        new.file,
        new.note,
        new.principal,
        new.at_us,
    )


def versions(connection: Connection, ref: Ref) -> list[Version]:
    """Every version of `ref` in any home, in the order in which they were logged."""
    return [_version(row) for row in connection.execute(_of(ref).order_by(_V.row))]


def version_at(connection: Connection, ref: Ref, like: Version) -> Version | None:
    """The version of `ref` that has the number of `like` in its home."""
    query = _of(ref).where(_V.home == like.home, _V.number == like.number)
    row = connection.execute(query).first()
    return None if row is None else _version(row)


def last_version(connection: Connection, ref: Ref, home: str) -> Version | None:
    """The newest version of `ref` in `home`."""
    query = _of(ref).where(_V.home == home).order_by(_V.number.desc()).limit(1)
    row = connection.execute(query).first()
    return None if row is None else _version(row)


def newest(connection: Connection, kind: Kind) -> list[tuple[str, str, bytes, int]]:
    """Of every definition of `kind` the version that was logged last: name, home, hash, number."""
    last = select(func.max(_V.row)).where(_V.kind == kind.value).group_by(_V.name, _V.home)
    query = select(_V.name, _V.home, _V.hash, _V.number).where(_V.row.in_(last))
    return [(name, home, bytes(digest), number) for name, home, digest, number in connection.execute(query)]


def known_names(connection: Connection, kind: Kind, home: str) -> list[str]:
    """The names that have or had a definition of `kind` in `home`."""
    query = select(_V.name).where(_V.kind == kind.value, _V.home == home).distinct()
    return list(connection.execute(query).scalars())


def _of(ref: Ref) -> Any:
    return select(version).where(_V.kind == ref.kind.value, _V.name == ref.name)


def _version(row: Row[Any]) -> Version:
    return Version(
        row.number,
        row.hash,
        row.definition,
        Change(row.change),
        row.file,
        row.home,
        row.principal,
        row.at_us,
        row.note,
    )
