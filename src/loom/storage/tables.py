"""The writers' marks, by which one that lost its connection can tell whether its last commit happened."""

from sqlalchemy import BigInteger, Column, Table

from loom.storage.metadata import IDENTITY, metadata

__all__ = ["writer_mark"]

writer_mark = Table(
    "writer_mark",
    metadata,
    Column("writer", IDENTITY, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("at_us", BigInteger, nullable=False),
)
