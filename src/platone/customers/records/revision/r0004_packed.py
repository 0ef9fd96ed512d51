"""Documents are kept packed, which earlier versions cannot read; those that are there stay."""

revision = "r0004_packed"
down_revision = "r0003_kafka"


def upgrade() -> None:
    """Change no table."""
