"""Recovery codes of people."""

import sqlalchemy as sa
from alembic import op

revision = "r0004_recovery_codes"
down_revision = "r0003_passkeys"


def upgrade() -> None:
    """Make what is new."""
    op.create_table(
        "recovery_code",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["name"], ["person.name"]),
        sa.PrimaryKeyConstraint("name", "code_hash"),
    )
