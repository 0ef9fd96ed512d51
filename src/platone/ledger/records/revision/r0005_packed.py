"""Certified texts are kept packed."""

from alembic import op

from platone.infra.migration import execute_file

revision = "r0005_packed"
down_revision = "r0004_network"


def upgrade() -> None:
    """Keep texts as bytes: those that are there are read as they are."""
    execute_file(op.get_bind(), __file__)
