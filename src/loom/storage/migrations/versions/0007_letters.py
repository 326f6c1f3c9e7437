"""Dead letters, their replays, and the name under which the servers of this store share what the mesh sends."""

import os

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

IDENTITY = sa.LargeBinary(32)
ROWID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "letter",
        sa.Column("row", ROWID, primary_key=True, autoincrement=True),
        sa.Column("id", IDENTITY, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("task_id", sa.Text()),
        sa.Column("worker_type", sa.Text()),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("left_us", sa.BigInteger()),
        sa.Column("left_by", sa.Text()),
        sa.Column("clearing", IDENTITY),
        sa.Column("task", sa.LargeBinary(), nullable=False),
        sa.UniqueConstraint("id", name="uq_letter_id"),
    )
    op.create_index("ix_letter_state_row", "letter", ["state", "row"])
    op.create_index("ix_letter_clearing", "letter", ["clearing"])
    op.create_table(
        "letter_replay",
        sa.Column("row", ROWID, primary_key=True, autoincrement=True),
        sa.Column("id", IDENTITY, nullable=False),
        sa.Column("letter", IDENTITY, nullable=False),
        sa.Column("task_id", sa.Text()),
        sa.Column("worker_type", sa.Text()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("begun_us", sa.BigInteger(), nullable=False),
        sa.Column("sent_us", sa.BigInteger()),
        sa.UniqueConstraint("id", name="uq_letter_replay_id"),
    )
    box = op.create_table(
        "letter_box",
        sa.Column("row", ROWID, primary_key=True, autoincrement=True),
        sa.Column("id", IDENTITY, nullable=False),
    )
    op.bulk_insert(box, [{"id": os.urandom(16)}])
    op.execute("INSERT INTO stream (name, last) VALUES ('dead-letters', 0)")
