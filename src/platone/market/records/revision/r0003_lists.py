"""Lists are read in their order."""

from alembic import op

revision = "r0003_lists"
down_revision = "r0002_line_window"


def upgrade() -> None:
    """Make what is new."""
    op.create_index("dispute_opened", "dispute", ["opened_at", "id"], unique=False)
