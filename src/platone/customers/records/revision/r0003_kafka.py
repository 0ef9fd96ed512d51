"""Readings on their way to Kafka."""

import sqlalchemy as sa
from alembic import op

from platone.infra.whole import WholeNumber

revision = "r0003_kafka"
down_revision = "r0002_notices"


def upgrade() -> None:
    """Make what is new."""
    op.create_table(
        "kafka_place",
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("number", WholeNumber, nullable=False),
        sa.PrimaryKeyConstraint("topic"),
    )
    op.create_table(
        "measurement_mark",
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("number", WholeNumber, nullable=False),
        sa.Column("pod_id", sa.String(), nullable=False),
        sa.Column("start_s", sa.BigInteger(), nullable=False),
        sa.Column("duration_minutes", WholeNumber, nullable=False),
        sa.Column("version", WholeNumber, nullable=False),
        sa.Column("marked_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("topic", "number"),
    )
    op.create_index(
        op.f("ix_measurement_mark_pod_id"), "measurement_mark", ["pod_id"], unique=False
    )
