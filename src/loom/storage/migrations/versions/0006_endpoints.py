"""Endpoints that were added by hand, with their keys, and the settings of this Loom."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

IDENTITY = sa.LargeBinary(32)
ROWID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "endpoint",
        sa.Column("row", ROWID, primary_key=True, autoincrement=True),
        sa.Column("id", IDENTITY, nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("taken", sa.Text()),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("key_reference", sa.Text()),
        sa.Column("key_sealed", sa.LargeBinary()),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("created_us", sa.BigInteger(), nullable=False),
        sa.Column("changed_us", sa.BigInteger(), nullable=False),
        sa.Column("removed_us", sa.BigInteger()),
        sa.UniqueConstraint("id", name="uq_endpoint_id"),
        sa.UniqueConstraint("taken", name="uq_endpoint_taken"),
    )
    op.create_table(
        "setting",
        sa.Column("row", ROWID, primary_key=True, autoincrement=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("set_us", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_setting_key", "setting", ["key"])
