"""Lists are read in their order."""

from alembic import op

revision = "r0005_lists"
down_revision = "r0004_recovery_codes"


def upgrade() -> None:
    """Make what is new."""
    op.create_index(op.f("ix_person_party_id"), "person", ["party_id"], unique=False)
