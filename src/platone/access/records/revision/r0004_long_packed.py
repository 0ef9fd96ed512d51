"""Long texts of messages are packed in another form, which earlier versions cannot read."""

revision = "r0004_long_packed"
down_revision = "r0003_packed"


def upgrade() -> None:
    """Change no table."""
