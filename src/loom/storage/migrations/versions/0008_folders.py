"""The folder that runs and baselines are of, and which sealed cases a look was at."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

IDENTITY = sa.LargeBinary(32)
ROWID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("run", sa.Column("folder", sa.Text()))
    op.add_column("baseline", sa.Column("folder", sa.Text()))
    op.add_column("peek", sa.Column("sealed", IDENTITY))
    op.create_table(
        "sealed_case",
        sa.Column("row", ROWID, primary_key=True, autoincrement=True),
        sa.Column("sealed", IDENTITY, nullable=False),
        sa.Column("item", IDENTITY, nullable=False),
    )
    op.create_index("uq_sealed_case_item_sealed", "sealed_case", ["item", "sealed"], unique=True)
