"""What the readings of a message have in common is kept once, and named by a number."""

from alembic import op

from platone.infra.migration import execute_file

revision = "r0006_common"
down_revision = "r0005_long_packed"


def upgrade() -> None:
    """Carry the readings over, those of each month, UTC, with messages of its own."""
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":  # which has no such function before version 3.41
        connection.connection.create_function("raw_hash", 1, bytes.fromhex)
    execute_file(connection, __file__)
