"""Calculations name their network, and are found by day."""

import sqlalchemy as sa
from alembic import op

revision = "r0003_calculated_days"
down_revision = "r0002_databus"


def upgrade() -> None:
    """Make what is new."""
    op.add_column("runs", sa.Column("network_id", sa.String(), nullable=True))
    op.add_column("runs", sa.Column("network_version", sa.String(), nullable=True))
    op.create_index("runs_by_day", "runs", ["day", "network_id"], unique=False)
