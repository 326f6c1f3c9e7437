"""What was set, by key; the newest row of a key holds."""

from sqlalchemy import BigInteger, Column, Index, Table, Text

from loom.storage.metadata import metadata, rowid

__all__ = ["setting"]

setting = Table(
    "setting",
    metadata,
    rowid(),
    Column("key", Text, nullable=False),
    Column("value", Text, nullable=False),  # JSON
    Column("principal", Text, nullable=False),
    Column("set_us", BigInteger, nullable=False),
    Index("ix_setting_key", "key"),
)
