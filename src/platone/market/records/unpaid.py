"""Search for the lines of settlement that are delivered and not paid."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.db import chunks
from platone.market.domain.delivery import LineState
from platone.market.domain.progress import Unpaid
from platone.market.records.table import line


async def first_unpaid(
    connection: AsyncConnection, outcome_ids: Iterable[str], now: datetime
) -> dict[str, list[Unpaid]]:
    """Return the first delivered, unpaid lines of each outcome, one of each state."""
    found: dict[str, list[Unpaid]] = {}
    first = [func.min(each, type_=each.type) for each in (line.c.window_start, line.c.window_end)]
    for chunk in chunks(outcome_ids):
        query = (
            select(line.c.outcome_id, line.c.state, *first)
            .where(
                line.c.outcome_id.in_(chunk),
                line.c.state != LineState.PAID.value,
                line.c.window_end <= now,
            )
            .group_by(line.c.outcome_id, line.c.state)
        )
        for outcome_id, state, start, end in await connection.execute(query):
            found.setdefault(outcome_id, []).append(Unpaid(LineState(state), start, end))
    return found
