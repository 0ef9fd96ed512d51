"""Passkeys of people, and to whom one was offered."""

import sqlalchemy as sa
from alembic import op

revision = "r0003_passkeys"
down_revision = "r0002_people"


def upgrade() -> None:
    """Make what is new."""
    op.create_table(
        "passkey",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("handle", sa.String(), nullable=False),
        sa.Column("credential", sa.LargeBinary(), nullable=False),
        sa.Column("counter", sa.BigInteger(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("made_s", sa.BigInteger(), nullable=False),
        sa.Column("used_s", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["name"],
            ["person.name"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_passkey_name"), "passkey", ["name"], unique=False)
    op.create_table(
        "passkey_offer",
        sa.Column("name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["name"],
            ["person.name"],
        ),
        sa.PrimaryKeyConstraint("name"),
    )
