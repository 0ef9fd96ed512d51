"""Which worker does which step."""

import sqlalchemy as sa
from alembic import op

from platone.infra.whole import WholeNumber

revision = "r0005_leases"
down_revision = "r0004_kafka"


def upgrade() -> None:
    """Make what is new."""
    op.create_table(
        "lease",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), server_default="", nullable=False),
        sa.Column("number", WholeNumber, server_default="0", nullable=False),
        sa.Column("until", WholeNumber, server_default="0", nullable=False),
        sa.Column("news", WholeNumber, server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
