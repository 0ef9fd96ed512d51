"""The contracts on a network."""

import sqlalchemy as sa
from alembic import op

from platone.infra.whole import WholeNumber

revision = "r0004_network"
down_revision = "r0003_lists"


def upgrade() -> None:
    """Make what is new."""
    op.create_table(
        "chain_transaction",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("nonce", sa.BigInteger(), nullable=False),
        sa.Column("version", WholeNumber, nullable=False),
        sa.Column("intent", sa.LargeBinary(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("fee", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("sent_s", sa.BigInteger(), nullable=False),
        sa.Column("replaced_by", sa.LargeBinary(), nullable=True),
        sa.Column("block_number", sa.BigInteger(), nullable=True),
        sa.Column("block_hash", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index(
        "chain_transaction_place", "chain_transaction", ["sender", "nonce", "version"], unique=True
    )
    op.create_index(
        op.f("ix_chain_transaction_intent"), "chain_transaction", ["intent"], unique=False
    )
    op.create_index(
        op.f("ix_chain_transaction_state"), "chain_transaction", ["state"], unique=False
    )
    op.create_table(
        "network",
        sa.Column("chain_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first_block", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id"),
    )
