"""Long texts are packed in another form, which earlier versions cannot read."""

revision = "r0006_long_packed"
down_revision = "r0005_packed"


def upgrade() -> None:
    """Change no table."""
