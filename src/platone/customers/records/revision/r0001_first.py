"""The tables of the first version."""

from alembic import op

from platone.infra.migration import execute_file

revision = "r0001_first"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    execute_file(op.get_bind(), __file__)
