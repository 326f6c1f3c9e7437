"""The catalog: every version of every definition that was seen or saved, in order; the texts are blobs."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

IDENTITY = sa.LargeBinary(32)
ROWID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "version",
        sa.Column("row", ROWID, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("home", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", IDENTITY, nullable=False),
        sa.Column("definition", IDENTITY),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("note", sa.Text()),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
    )
    identity = ["kind", "name", "home", "number"]
    op.create_index("uq_version_kind_name_home_number", "version", identity, unique=True)
