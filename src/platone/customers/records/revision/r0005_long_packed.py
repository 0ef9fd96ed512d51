"""Long documents are packed in another form, which earlier versions cannot read."""

revision = "r0005_long_packed"
down_revision = "r0004_packed"


def upgrade() -> None:
    """Change no table."""
