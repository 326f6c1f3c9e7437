"""Content kept once, by its hash, compressed: job specifications, suites, configurations.

Also the packing that other rooms use for bytes they keep inline.
"""

import zlib

from sqlalchemy import Column, Connection, Table, insert, select

from loom.core.errors import NotFoundError
from loom.core.hashing import hash_bytes
from loom.storage.metadata import IDENTITY, Bytes, metadata, rowid
from loom.storage.statements import Phase, Statement, Write

__all__ = ["keep_blob", "load_blob", "pack", "unpack"]

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


def load_blob(connection: Connection, name: bytes) -> bytes:
    """The content named `name`.

    Raises:
        NotFoundError: when it is not kept here.
    """
    packed = connection.execute(select(blob.c.bytes).where(blob.c.hash == name)).scalar()
    if packed is None:
        raise NotFoundError(f"the content {name.hex()} is not in this database")
    return unpack(packed)
