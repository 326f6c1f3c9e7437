"""Access: users, their logins, API keys, and what was done by whom; accounts are found by the key that pays."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

IDENTITY = sa.LargeBinary(32)
ROWID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_UNIQUE = {"unique": True}


def upgrade() -> None:
    _create("access_state", sa.Column("version", sa.Integer(), nullable=False))
    op.execute("INSERT INTO access_state (version) VALUES (0)")
    _create(
        "user",
        sa.Column("id", IDENTITY, nullable=False, info=_UNIQUE),
        sa.Column("name", sa.Text(), nullable=False, info=_UNIQUE),
        sa.Column("password", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("created_us", sa.BigInteger(), nullable=False),
    )
    _create(
        "login",
        sa.Column("hash", IDENTITY, nullable=False, info=_UNIQUE),
        sa.Column("user", IDENTITY, nullable=False),
        sa.Column("created_us", sa.BigInteger(), nullable=False),
        sa.Column("seen_us", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_login_user", "login", ["user"])
    _create(
        "audit",
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text()),
    )
    op.create_index("ix_audit_principal", "audit", ["principal"])
    _create_keys()


def _create_keys() -> None:
    _create(
        "api_key",
        sa.Column("id", IDENTITY, nullable=False, info=_UNIQUE),
        sa.Column("hash", IDENTITY, nullable=False, info=_UNIQUE),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("taken", sa.Text(), info=_UNIQUE),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("owner", IDENTITY),
        sa.Column("cap_nano", sa.BigInteger()),
        sa.Column("jobs", sa.Integer(), nullable=False),
        sa.Column("created_us", sa.BigInteger(), nullable=False),
        sa.Column("expires_us", sa.BigInteger()),
        sa.Column("used_us", sa.BigInteger()),
        sa.Column("revoked_us", sa.BigInteger()),
    )
    op.create_index("ix_account_parent", "account", ["parent"])


def _create(name: str, *columns: sa.Column[object]) -> None:
    """A table with a surrogate key, and a unique key for each column that asks for one."""
    unique = [
        sa.UniqueConstraint(column.name, name=f"uq_{name}_{column.name}")
        for column in columns
        if column.info.get("unique")
    ]
    op.create_table(name, sa.Column("row", ROWID, primary_key=True, autoincrement=True), *columns, *unique)
