"""Users, their logins, API keys, and what was done by whom."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from loom.storage.metadata import IDENTITY, metadata, rowid

__all__ = ["access_state", "api_key", "audit", "login", "user"]

access_state = Table(
    "access_state",
    metadata,
    rowid(),
    Column("version", Integer, nullable=False),  # one row; counts changes of who there is
)

user = Table(
    "user",
    metadata,
    rowid(),
    Column("id", IDENTITY, nullable=False, unique=True),
    Column("name", Text, nullable=False, unique=True),
    Column("password", Text, nullable=False),  # argon2
    Column("role", Text, nullable=False),
    Column("epoch", Integer, nullable=False),  # tokens of an earlier one hold no more
    Column("created_us", BigInteger, nullable=False),
)

login = Table(
    "login",
    metadata,
    rowid(),
    Column("hash", IDENTITY, nullable=False, unique=True),  # of the cookie's value
    Column("user", IDENTITY, nullable=False, index=True),
    Column("created_us", BigInteger, nullable=False),
    Column("seen_us", BigInteger, nullable=False),
)

api_key = Table(
    "api_key",
    metadata,
    rowid(),
    Column("id", IDENTITY, nullable=False, unique=True),
    Column("hash", IDENTITY, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("taken", Text, unique=True),  # the name, until the key is revoked
    Column("hint", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("owner", IDENTITY),  # NULL: nobody's, made before there was a user
    Column("cap_nano", BigInteger),
    Column("jobs", Integer, nullable=False),  # how often its cap was drawn on
    Column("created_us", BigInteger, nullable=False),
    Column("expires_us", BigInteger),
    Column("used_us", BigInteger),
    Column("revoked_us", BigInteger),
)

audit = Table(
    "audit",
    metadata,
    rowid(),
    Column("at_us", BigInteger, nullable=False),
    Column("principal", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text),
    Index("ix_audit_principal", "principal"),
)
