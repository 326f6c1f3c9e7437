"""Versions of definitions."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from loom.storage.metadata import IDENTITY, metadata, rowid

__all__ = ["version"]

version = Table(
    "version",
    metadata,
    rowid(),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column(
        "home", Text, nullable=False
    ),  # the folder of definitions: the same name elsewhere is another worker
    Column("number", Integer, nullable=False),
    Column("hash", IDENTITY, nullable=False),  # of the file's bytes, which are a blob of that name
    Column("definition", IDENTITY),  # what the text means, whatever its comments; NULL when it is invalid
    Column("change", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("note", Text),
    Column("principal", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Index("uq_version_kind_name_home_number", "kind", "name", "home", "number", unique=True),
)
