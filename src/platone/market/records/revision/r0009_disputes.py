"""The things that upheld disputes wait for."""

import sqlalchemy as sa
from alembic import op

revision = "r0009_disputes"
down_revision = "r0008_long_packed"


def upgrade() -> None:
    """Make what is new."""
    op.add_column("dispute", sa.Column("awaits", sa.String(), nullable=True))
    op.create_index("ix_dispute_awaits", "dispute", ["awaits"])
