"""Streams, and the events in them: one row holds all that one commit told a stream."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from loom.storage.metadata import Bytes, metadata, rowid

__all__ = ["event", "stream"]

stream = Table(
    "stream",
    metadata,
    rowid(),
    Column("name", Text, nullable=False, unique=True),
    Column("last", BigInteger, nullable=False),  # the number of its newest event
    Column("closed_us", BigInteger),  # since when nothing more will happen in it
)

event = Table(
    "event",
    metadata,
    rowid(),
    Column("stream", Text, nullable=False),
    Column("last", BigInteger, nullable=False),  # the number of the last event in this row
    Column("count", Integer, nullable=False),
    Column("lines", Bytes, nullable=False),  # of each: [type, time, data], as JSON on a line of its own
    Index("uq_event_stream_last", "stream", "last", unique=True),
)
