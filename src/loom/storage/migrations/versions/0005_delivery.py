"""Delivery: streams, and their events in order; the jobs of servers, and those asked for once.

Jobs from before get a stream, so that they can be resumed.
"""

from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

IDENTITY = sa.LargeBinary(32)
ROWID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _streams()
    _jobs()


def _streams() -> None:
    stream = op.create_table(
        "stream",
        sa.Column("row", ROWID, primary_key=True, autoincrement=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("closed_us", sa.BigInteger()),
        sa.UniqueConstraint("name", name="uq_stream_name"),
    )
    op.create_table(
        "event",
        sa.Column("row", ROWID, primary_key=True, autoincrement=True),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("lines", sa.LargeBinary(), nullable=False),
    )
    op.create_index("uq_event_stream_last", "event", ["stream", "last"], unique=True)
    jobs = op.get_bind().execute(sa.text("SELECT id FROM job")).scalars()
    names = ["jobs", *(f"job:{UUID(bytes=bytes(job))}" for job in jobs)]
    op.bulk_insert(stream, [{"name": name, "last": 0} for name in names])


def _jobs() -> None:
    op.create_table(
        "hosted",
        sa.Column("row", ROWID, primary_key=True, autoincrement=True),
        sa.Column("job", IDENTITY, nullable=False),
        sa.UniqueConstraint("job", name="uq_hosted_job"),
    )
    op.create_table(
        "once",
        sa.Column("row", ROWID, primary_key=True, autoincrement=True),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("asked", IDENTITY, nullable=False),
        sa.Column("job", IDENTITY, nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
    )
    op.create_index("uq_once_principal_key", "once", ["principal", "key"], unique=True)
