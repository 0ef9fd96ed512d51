"""Long documents are packed in another form, outcomes among them; those that are there stay."""

revision = "r0008_long_packed"
down_revision = "r0007_packed"


def upgrade() -> None:
    """Change no table."""
