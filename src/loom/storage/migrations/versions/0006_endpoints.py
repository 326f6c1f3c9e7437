"""Endpoints that were added by hand, with their keys, and the settings of this Loom."""

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    pass
