"""Dead letters, what was replayed of them, and the box of this store."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text

from loom.storage.metadata import IDENTITY, metadata, rowid

__all__ = ["letter", "letter_box", "letter_replay"]

letter = Table(
    "letter",
    metadata,
    rowid(),
    Column("id", IDENTITY, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("task_id", Text),
    Column("worker_type", Text),
    Column("size", Integer, nullable=False),  # bytes of the task as JSON
    Column("left_us", BigInteger),  # when it was replayed or cleared
    Column("left_by", Text),
    Column("clearing", IDENTITY, index=True),  # the one that took it
    Column("task", LargeBinary, nullable=False),  # packed; last, so that lists do not read through it
    Index("ix_letter_state_row", "state", "row"),
)

letter_replay = Table(
    "letter_replay",
    metadata,
    rowid(),
    Column("id", IDENTITY, nullable=False, unique=True),
    Column("letter", IDENTITY, nullable=False),
    Column("task_id", Text),
    Column("worker_type", Text),
    Column("reason", Text, nullable=False),  # of the letter
    Column("principal", Text, nullable=False),
    Column("begun_us", BigInteger, nullable=False),
    Column("sent_us", BigInteger),  # none: it is not known whether it was sent
)

letter_box = Table(
    "letter_box",
    metadata,
    rowid(),
    Column("id", IDENTITY, nullable=False),  # one row, made with the table
)
