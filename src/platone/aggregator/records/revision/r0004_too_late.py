"""Preferences tell the quarter-hours for which they came too late."""

import sqlalchemy as sa
from alembic import op

revision = "r0004_too_late"
down_revision = "r0003_sales"


def upgrade() -> None:
    """Make what is new."""
    op.add_column("day_preference", sa.Column("too_late", sa.LargeBinary(), nullable=True))
