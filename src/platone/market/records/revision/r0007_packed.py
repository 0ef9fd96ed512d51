"""Documents are kept packed, which earlier versions cannot read; those that are there stay."""

revision = "r0007_packed"
down_revision = "r0006_certified_orders"


def upgrade() -> None:
    """Change no table."""
