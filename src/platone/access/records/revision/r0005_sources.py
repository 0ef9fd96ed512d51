"""Where readings come from is kept once, and named by a number."""

from alembic import op

from platone.infra.migration import execute_file

revision = "r0005_sources"
down_revision = "r0004_long_packed"


def upgrade() -> None:
    """Carry the readings over, in the order in which they lie."""
    execute_file(op.get_bind(), __file__)
