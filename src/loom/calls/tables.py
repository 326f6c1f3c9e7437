"""Accounts, calls, attempts and the cache."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from loom.storage.metadata import IDENTITY, Bytes, metadata, rowid

__all__ = ["account", "attempt", "cache", "call"]

account = Table(
    "account",
    metadata,
    rowid(),
    Column("id", IDENTITY, nullable=False, unique=True),
    Column("scope", Text, nullable=False),
    Column("parent", IDENTITY, index=True),  # the API key whose cap this counts against
    Column("limit_nano", BigInteger),
    Column("reserved_nano", BigInteger, nullable=False),
    Column("spent_nano", BigInteger, nullable=False),
)

call = Table(
    "call",
    metadata,
    rowid(),
    Column("id", IDENTITY, nullable=False, unique=True),
    Column("execution", IDENTITY, index=True),
    Column("purpose", Text, nullable=False),
    Column("cache_key", IDENTITY, nullable=False),
    Column("model", Text, nullable=False),
    Column("served_by", IDENTITY),
    Column("dropped", Text),
)

attempt = Table(
    "attempt",
    metadata,
    rowid(),
    Column("id", IDENTITY, nullable=False, unique=True),
    Column("call", IDENTITY, nullable=False, index=True),
    Column("account", IDENTITY, nullable=False),
    Column("number", Integer, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("fault", Text),
    Column("message", Text),
    Column("reserved_nano", BigInteger),  # NULL: the price is unknown
    Column("cost_nano", BigInteger),
    Column("input_tokens", BigInteger),
    Column("output_tokens", BigInteger),
    Column("snapshot", Text),
    Column("answer", Bytes),
    Column("streamed", Integer),
    Column("opened_us", BigInteger, nullable=False),
    Column("closed_us", BigInteger),
)
# `ix_attempt_open`, the attempts of an account that are still open, is a partial index made by the migration alone:
# spelling it here would load the PostgreSQL dialect into every process.

cache = Table(
    "cache",
    metadata,
    rowid(),
    Column("project", Text, nullable=False),
    Column("key", IDENTITY, nullable=False),
    Column("attempt", IDENTITY, nullable=False),
    Index("uq_cache_project_key", "project", "key", unique=True),
)
