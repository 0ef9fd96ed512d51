"""Messages on their way to the databus in Kafka."""

import sqlalchemy as sa
from alembic import op

from platone.infra.whole import WholeNumber

revision = "r0002_databus"
down_revision = "r0001_first"


def upgrade() -> None:
    """Make what is new."""
    op.create_table(
        "databus_message",
        sa.Column("number", WholeNumber, autoincrement=True, nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("topic", "source"),
    )
    op.create_index("databus_message_topic", "databus_message", ["topic", "number"], unique=False)
    op.create_table(
        "kafka_place",
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("number", WholeNumber, nullable=False),
        sa.PrimaryKeyConstraint("topic"),
    )
