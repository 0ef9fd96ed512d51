"""Texts of messages are kept packed, and their identifiers, which their names tell, no more."""

from alembic import op

from platone.infra.migration import execute_file

revision = "r0003_packed"
down_revision = "r0002_health"


def upgrade() -> None:
    """Keep texts as bytes: those that are there are read as they are."""
    execute_file(op.get_bind(), __file__)
