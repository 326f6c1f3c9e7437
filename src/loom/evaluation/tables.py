"""Scores of executions."""

from sqlalchemy import Column, Float, Index, LargeBinary, Table, Text

from loom.storage.metadata import IDENTITY, metadata, rowid

__all__ = ["score"]

score = Table(
    "score",
    metadata,
    rowid(),
    Column("execution", IDENTITY, nullable=False),
    Column("scorer", IDENTITY, nullable=False),
    Column("value", Float(53)),
    Column("reason", Text),
    Column("details", LargeBinary),
    Index("uq_score_execution_scorer", "execution", "scorer", unique=True),
)
