"""The ends of devices' certificates, and refused messages that were closed."""

import sqlalchemy as sa
from alembic import op

from platone.infra.whole import WholeNumber

revision = "r0002_health"
down_revision = "r0001_first"


def upgrade() -> None:
    """Make what is new."""
    op.create_table(
        "closed_letters",
        sa.Column("letter_id", WholeNumber, autoincrement=False, nullable=False),
        sa.Column("because", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("letter_id"),
    )
    op.create_table(
        "device_certificates",
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("ends_at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("address"),
    )
