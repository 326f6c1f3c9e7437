"""The metadata that every room's `tables.py` registers its tables with, and the column types they share."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

__all__ = ["IDENTITY", "metadata", "rowid"]

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)


class Bytes(LargeBinary):
    """Bytes as the drivers take and give them. SQLAlchemy's own would wrap and copy each value on its way."""

    def bind_processor(self, dialect: Dialect) -> None:
        """Nothing to do."""

    def result_processor(self, dialect: Dialect, coltype: object) -> None:
        """Nothing to do."""


IDENTITY = Bytes(32)
"""Ids (16 bytes) and content hashes (32 bytes)."""

_ROWID: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")


def rowid() -> Column[int]:
    """The surrogate key every large table has: rows are appended in order, unique keys are indexes beside it."""
    return Column("row", _ROWID, primary_key=True, autoincrement=True)
