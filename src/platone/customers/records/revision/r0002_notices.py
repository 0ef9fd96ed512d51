"""Notices by web push to households' browsers."""

import sqlalchemy as sa
from alembic import op

from platone.infra.whole import WholeNumber

revision = "r0002_notices"
down_revision = "r0001_first"


def upgrade() -> None:
    """Make what is new."""
    op.create_table(
        "notice_endpoint",
        sa.Column("endpoint_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("endpoint", sa.String(), nullable=False),
        sa.Column("p256dh", sa.String(), nullable=False),
        sa.Column("auth", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("made_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("endpoint_id"),
    )
    op.create_index(
        op.f("ix_notice_endpoint_customer_id"), "notice_endpoint", ["customer_id"], unique=False
    )
    op.create_table(
        "notice",
        sa.Column("id", WholeNumber, autoincrement=True, nullable=False),
        sa.Column("endpoint_id", sa.String(), nullable=False),
        sa.Column("pod_id", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("tries", WholeNumber, nullable=False),
        sa.Column("made_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["endpoint_id"],
            ["notice_endpoint.endpoint_id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_notice_endpoint_id"), "notice", ["endpoint_id"], unique=False)
    op.create_index(op.f("ix_notice_pod_id"), "notice", ["pod_id"], unique=False)
