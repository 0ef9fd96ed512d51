"""Documents are kept packed, which earlier versions cannot read; those that are there stay."""

revision = "r0006_packed"
down_revision = "r0005_leases"


def upgrade() -> None:
    """Change no table."""
