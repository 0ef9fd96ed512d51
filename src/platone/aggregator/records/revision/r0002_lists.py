"""Lists are read in their order; a portfolio tells who is supplied at each point of delivery."""

import msgspec
import sqlalchemy as sa
from alembic import op

revision = "r0002_lists"
down_revision = "r0001_first"


def upgrade() -> None:
    """Make what is new."""
    op.create_index("alarm_in_time", "alarm", ["start_time"], unique=False)
    op.add_column("portfolio", sa.Column("customer_id", sa.String(), nullable=True))
    op.create_index(op.f("ix_portfolio_customer_id"), "portfolio", ["customer_id"], unique=False)
    _fill()


def _fill() -> None:
    """Tell the customers of the points of delivery that are there, from what is stored of each."""
    portfolio = sa.table(
        "portfolio", *map(sa.column, ("party", "pod_id", "content", "customer_id"))
    )
    connection = op.get_bind()
    change = portfolio.update().where(
        portfolio.c.party == sa.bindparam("whose"), portfolio.c.pod_id == sa.bindparam("which")
    )
    rows = connection.execute(sa.select(portfolio.c.party, portfolio.c.pod_id, portfolio.c.content))
    found = [
        {"whose": row.party, "which": row.pod_id, "who": _customer(row.content)} for row in rows
    ]
    if found:
        connection.execute(change.values(customer_id=sa.bindparam("who")), found)


def _customer(content: bytes) -> str | None:
    customer: str | None = msgspec.json.decode(content)["pod"].get("customerId")
    return customer
