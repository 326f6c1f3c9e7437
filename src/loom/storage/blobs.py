"""Content kept once, by its hash, compressed: job specifications, suites, configurations.

Also the packing that other rooms use for bytes they keep inline.
"""

import zlib

from sqlalchemy import Column, Connection, Table, bindparam, insert, select, update

from loom.core.errors import ConflictError, NotFoundError
from loom.core.hashing import hash_bytes
from loom.storage.metadata import IDENTITY, Bytes, metadata, rowid
from loom.storage.statements import Phase, Statement, Write

__all__ = ["is_kept", "keep_blob", "load_blob", "pack", "rely_on_blob", "unpack"]

_RAW, _ZLIB = b"\x00", b"\x01"
_WORTH_PACKING = 1024

blob = Table(
    "blob",
    metadata,
    rowid(),
    Column("hash", IDENTITY, nullable=False, unique=True),
    Column("bytes", Bytes, nullable=False),
)

_keep = Statement("blob.keep", insert(blob), params=("hash", "bytes"), phase=Phase.KEEP)

rely_on_blob = Statement(
    "blob.rely_on",
    update(blob).where(blob.c.hash == bindparam("name")).values(hash=bindparam("name")),
    params=("name",),
    phase=Phase.UPDATE,
    refusal=lambda: ConflictError("content that was there a moment ago has been pruned; try again"),
)
"""What is committed with it refers to content that was found to be kept: packing that again would be for nothing."""


def pack(data: bytes | bytearray) -> bytes:
    """`data` with a one-byte mark of how it is stored; compressed when that is worth the time."""
    return _RAW + data if len(data) < _WORTH_PACKING else _ZLIB + zlib.compress(data, 1)


def unpack(packed: bytes) -> bytes:
    """What `pack` was given."""
    return zlib.decompress(packed[1:]) if packed[:1] == _ZLIB else packed[1:]


def keep_blob(data: bytes | bytearray) -> tuple[bytes, Write]:
    """The name of `data`, and the write that keeps it."""
    name = hash_bytes(data)
    return name, _keep(name, pack(data))


def is_kept(connection: Connection, name: bytes) -> bool:
    """Whether the content named `name` is there."""
    return connection.execute(select(blob.c.row).where(blob.c.hash == name)).first() is not None


def load_blob(connection: Connection, name: bytes) -> bytes:
    """The content named `name`.

    Raises:
        NotFoundError: when it is not kept here.
    """
    packed = connection.execute(select(blob.c.bytes).where(blob.c.hash == name)).scalar()
    if packed is None:
        raise NotFoundError(f"the content {name.hex()} is not in this database")
    return unpack(packed)
