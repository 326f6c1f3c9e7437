"""Delivery: events by stream and sequence, and how far each reader has come."""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    pass
