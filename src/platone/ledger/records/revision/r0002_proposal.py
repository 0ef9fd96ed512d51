"""Terms of agreements that aggregators propose."""

import sqlalchemy as sa
from alembic import op

from platone.infra.whole import WholeNumber

revision = "r0002_proposal"
down_revision = "r0001_first"


def upgrade() -> None:
    """Make what is new."""
    op.create_table(
        "proposal",
        sa.Column("number", WholeNumber, autoincrement=True, nullable=False),
        sa.Column("pod", sa.String(), nullable=False),
        sa.Column("aggregator_id", sa.String(), nullable=False),
        sa.Column("customer_share_ppm", WholeNumber, nullable=False),
        sa.Column("penalty_price", WholeNumber, nullable=False),
        sa.Column("least_delivery_ppm", WholeNumber, nullable=False),
        sa.Column("full_delivery_ppm", WholeNumber, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("proposed_s", sa.BigInteger(), nullable=False),
        sa.Column("agreement_id", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index(op.f("ix_proposal_pod"), "proposal", ["pod"], unique=False)
