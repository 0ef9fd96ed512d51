"""Outcomes tell whether their party sold something, so that days with sales are found."""

from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op

revision = "r0003_sales"
down_revision = "r0002_lists"


def upgrade() -> None:
    """Make what is new."""
    op.add_column("outcome", sa.Column("sells", sa.Boolean(), nullable=True))
    op.create_index("outcome_by_sale", "outcome", ["party", "sells", "start_time"], unique=False)
    _fill()


def _fill() -> None:
    """Tell of the outcomes that are there whether something was sold, from what is stored."""
    names = ("party", "market_outcome", "content", "sells")
    outcome = sa.table("outcome", *map(sa.column, names))
    connection = op.get_bind()
    rows = connection.execute(sa.select(outcome.c.party, outcome.c.market_outcome))
    for party, name in rows.all():
        is_it = outcome.c.party == party, outcome.c.market_outcome == name
        content = connection.execute(sa.select(outcome.c.content).where(*is_it)).scalar_one()
        sells = _sells(msgspec.json.decode(content), party)
        connection.execute(outcome.update().where(*is_it).values(sells=sells))


def _sells(document: dict[str, Any], party: str) -> bool:
    return any(
        power["playerOfferId"] == party
        and power.get("playerRequestId") is not None
        and power.get("acceptedPValue") is not None
        and power.get("acceptedPChange") != 0
        for part in document["flexibility"]
        for power in part["power"]
    )
