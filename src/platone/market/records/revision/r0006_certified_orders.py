"""A record to certify may name a version of a request or offer in place of its text."""

import sqlalchemy as sa
from alembic import op

from platone.infra.whole import WholeNumber

revision = "r0006_certified_orders"
down_revision = "r0005_leases"


def upgrade() -> None:
    """Make what is new."""
    op.add_column("certificate", sa.Column("player_id", sa.String(), nullable=True))
    op.add_column("certificate", sa.Column("service_id", sa.String(), nullable=True))
    op.add_column("certificate", sa.Column("revision", WholeNumber, nullable=True))
