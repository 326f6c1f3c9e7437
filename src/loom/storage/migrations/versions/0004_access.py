"""Access: users, sessions, API keys, and what was done by whom."""

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    pass
