"""Judging: baselines, ratings by people, and looks at sealed cases."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

IDENTITY = sa.LargeBinary(32)
ROWID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _create(
        "baseline",
        "set_us",
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("suite", sa.Text(), nullable=False),
        sa.Column("run", IDENTITY),
        sa.Column("note", sa.Text()),
    )
    op.create_index("ix_baseline_worker_suite", "baseline", ["worker", "suite"])
    _create(
        "rating",
        "rated_us",
        sa.Column("subject", IDENTITY, nullable=False),
        sa.Column("execution", IDENTITY, nullable=False),
        sa.Column("rater", sa.Text(), nullable=False),
        sa.Column("value", sa.Float(53)),
        sa.Column("note", sa.Text()),
    )
    op.create_index("ix_rating_subject", "rating", ["subject"])
    _create(
        "peek",
        "at_us",
        sa.Column("suite", sa.Text(), nullable=False),
        sa.Column("run", IDENTITY, nullable=False),
    )
    op.create_index("ix_peek_suite", "peek", ["suite"])


def _create(name: str, when: str, *columns: sa.Column[object]) -> None:
    """An append-only table: what was said in which project, by whom, when."""
    op.create_table(
        name,
        sa.Column("row", ROWID, primary_key=True, autoincrement=True),
        sa.Column("project", sa.Text(), nullable=False),
        *columns,
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column(when, sa.BigInteger(), nullable=False),
    )
