"""Endpoints that were added by hand."""

from sqlalchemy import BigInteger, Boolean, Column, Integer, Table, Text

from loom.storage.metadata import IDENTITY, Bytes, metadata, rowid

__all__ = ["endpoint"]

endpoint = Table(
    "endpoint",
    metadata,
    rowid(),
    Column("id", IDENTITY, nullable=False, unique=True),
    Column("label", Text, nullable=False),
    Column(
        "taken", Text, unique=True
    ),  # the label in small letters; NULL once removed, so that it is free again
    Column("url", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("key_reference", Text),  # the name of a variable
    Column("key_sealed", Bytes),  # the key itself, encrypted
    Column("details", Text, nullable=False),  # models, prices and limits: JSON
    Column("revision", Integer, nullable=False),
    Column("principal", Text, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("changed_us", BigInteger, nullable=False),
    Column("removed_us", BigInteger),
)
