"""Lines are found by their window and quarter-hour."""

from alembic import op

revision = "r0002_line_window"
down_revision = "r0001_first"


def upgrade() -> None:
    """Make what is new."""
    op.drop_index(op.f("line_window"), table_name="line")
    op.create_index("line_window", "line", ["window_start", "starts"], unique=False)
