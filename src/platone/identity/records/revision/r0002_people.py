"""People who are invited, and the log of changes."""

import sqlalchemy as sa
from alembic import op

from platone.infra.whole import WholeNumber

revision = "r0002_people"
down_revision = "r0001_first"


def upgrade() -> None:
    """Make what is new."""
    op.create_table(
        "change",
        sa.Column("number", WholeNumber, autoincrement=True, nullable=False),
        sa.Column("at_s", sa.BigInteger(), nullable=False),
        sa.Column("party_id", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("after", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index(op.f("ix_change_at_s"), "change", ["at_s"], unique=False)
    op.create_index(op.f("ix_change_kind"), "change", ["kind"], unique=False)
    op.create_table(
        "invitation",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("party_id", sa.String(), nullable=False),
        sa.Column("roles", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("ends_s", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("token_hash"),
        sa.ForeignKeyConstraint(
            ["party_id"],
            ["party.party_id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_invitation_ends_s"), "invitation", ["ends_s"], unique=False)
