"""Scores of executions; baselines, ratings by people, and looks at sealed cases, of which the newest row holds."""

from sqlalchemy import BigInteger, Column, Float, Index, Table, Text

from loom.storage.metadata import IDENTITY, Bytes, metadata, rowid

__all__ = ["baseline", "peek", "rating", "score", "sealed_case"]

score = Table(
    "score",
    metadata,
    rowid(),
    Column("execution", IDENTITY, nullable=False),
    Column("scorer", IDENTITY, nullable=False),
    Column("value", Float(53)),
    Column("reason", Text),
    Column("details", Bytes),
    Index("uq_score_execution_scorer", "execution", "scorer", unique=True),
)

baseline = Table(
    "baseline",
    metadata,
    rowid(),
    Column("project", Text, nullable=False),
    Column("worker", Text, nullable=False),
    Column("suite", Text, nullable=False),
    Column("run", IDENTITY),  # NULL: cleared
    Column("note", Text),
    Column("principal", Text, nullable=False),
    Column("set_us", BigInteger, nullable=False),
    Column("folder", Text),  # NULL: not known
    Index("ix_baseline_worker_suite", "worker", "suite"),
)

rating = Table(
    "rating",
    metadata,
    rowid(),
    Column("project", Text, nullable=False),
    Column("subject", IDENTITY, nullable=False),  # an output of a case, in whichever run it is given
    Column("execution", IDENTITY, nullable=False),  # the one in which it was seen
    Column("rater", Text, nullable=False),
    Column("value", Float(53)),  # NULL: taken back
    Column("note", Text),
    Column("principal", Text, nullable=False),
    Column("rated_us", BigInteger, nullable=False),
    Index("ix_rating_subject", "subject"),
)

peek = Table(
    "peek",
    metadata,
    rowid(),
    Column("project", Text, nullable=False),
    Column("suite", Text, nullable=False),
    Column("run", IDENTITY, nullable=False),
    Column("principal", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("sealed", IDENTITY),  # which cases; NULL: those of the suite of that name, whatever they were
    Index("ix_peek_suite", "suite"),
)

sealed_case = Table(
    "sealed_case",
    metadata,
    rowid(),
    Column("sealed", IDENTITY, nullable=False),  # names a set of sealed cases
    Column("item", IDENTITY, nullable=False),  # a case in it
    Index("uq_sealed_case_item_sealed", "item", "sealed", unique=True),
)
