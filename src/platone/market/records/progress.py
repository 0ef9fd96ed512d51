"""How far the payment of outcomes has come: lines that are due, and those that are not paid."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.db import chunks
from platone.market.domain.delivery import LineState
from platone.market.domain.progress import Unpaid
from platone.market.records.stored_line import read_lines
from platone.market.records.table import line, payment


async def first_unpaid(
    connection: AsyncConnection, names: Mapping[str, str], now: datetime
) -> dict[str, list[Unpaid]]:
    """Return the first delivered, unpaid lines of each outcome, one of each state and name.

    Args:
        connection: The transaction.
        names: The names by which outcomes are settled, each with its outcome.
        now: By the market's clock.
    """
    found: dict[str, list[Unpaid]] = {}
    first = [func.min(each, type_=each.type) for each in (line.c.window_start, line.c.window_end)]
    for chunk in chunks(names):
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
            found.setdefault(names[outcome_id], []).append(Unpaid(LineState(state), start, end))
    return found


async def progress_of(
    connection: AsyncConnection, names: Collection[str]
) -> tuple[int, int] | None:
    """Return how many lines are done, and how many they are.

    Args:
        connection: The transaction.
        names: The names by which an outcome is settled.

    Returns:
        None while some are not due: nothing was decided yet in their window.
    """
    own = line.c.outcome_id.in_(names)
    decided = exists().where(
        payment.c.outcome_id == line.c.outcome_id, payment.c.window_start == line.c.window_start
    )
    waiting = select(line.c.line_id).where(own, line.c.state == LineState.OPEN.value, ~decided)
    if (await connection.execute(waiting.limit(1))).first() is not None:
        return None
    count = int((await connection.execute(select(func.count()).where(own))).scalar_one())
    left = await read_lines(connection, own, line.c.state != LineState.PAID.value)
    return count - sum(not each.is_done for each in left), count
