"""How far each topic is in Kafka."""

import sqlalchemy as sa
from alembic import op

from platone.infra.whole import WholeNumber

revision = "r0004_kafka"
down_revision = "r0003_lists"


def upgrade() -> None:
    """Make what is new."""
    op.create_table(
        "kafka_place",
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("number", WholeNumber, nullable=False),
        sa.PrimaryKeyConstraint("topic"),
    )
