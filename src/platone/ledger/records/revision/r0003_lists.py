"""Lists are read in their order."""

from alembic import op

revision = "r0003_lists"
down_revision = "r0002_proposal"


def upgrade() -> None:
    """Make what is new."""
    op.create_index("agreement_pod", "agreement", ["pod"], unique=False)
    op.create_index("document_of", "document", ["party", "number"], unique=False)
