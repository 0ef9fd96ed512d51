"""Validated market outcomes in SQL, with the answers on their way to the market."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import insert, select

from platone.dso.adapters.network_record import write_run
from platone.dso.adapters.table import outbox, outcomes
from platone.dso.service.ports import Answered, Stage
from platone.infra.db import Database
from platone.kernel.market_time import MarketDay
from platone.messages.grid import Alarm
from platone.messages.market import TechnicalOutcome

TO_MARKET = "POST /api/technicalOutcome"


class SqlOutcomes:
    """Implements :class:`platone.dso.service.ports.Outcomes`.

    Args:
        database: The platform's database.
        wake: Says that something waits in the outbox.
    """

    def __init__(self, database: Database, wake: Callable[[], None]) -> None:
        self._database = database
        self._wake = wake

    async def answered(self, market_outcome: str) -> Answered | None:
        """The answer to a market outcome."""
        query = select(outcomes.c.content_hash, outcomes.c.technical).where(
            outcomes.c.market_outcome == market_outcome
        )
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).first()
        return None if row is None else Answered(row.content_hash, _technical(row.technical))

    async def of_day(self, day: MarketDay) -> list[TechnicalOutcome]:
        """The answers that concern a market day, in the order in which they were given."""
        query = (
            select(outcomes.c.technical)
            .where(outcomes.c.day == day.on.isoformat())
            .order_by(outcomes.c.number)
        )
        async with self._database.reading() as connection:
            return [_technical(row.technical) for row in await connection.execute(query)]

    async def keep_outcome(
        self,
        answered: Answered,
        alarms: Mapping[Stage, Sequence[Alarm]],
        day: MarketDay,
        now: datetime,
    ) -> None:
        """Store an answer with its alarms, and send it to the market, all at once."""
        name = answered.technical.market_outcome
        content = msgspec.json.encode(answered.technical)
        is_known = select(outcomes.c.number).where(outcomes.c.market_outcome == name)
        async with self._database.transaction() as connection:
            if (await connection.execute(is_known)).first() is not None:
                return  # the same outcome came twice at once; its answer is the same
            await connection.execute(
                insert(outcomes).values(
                    market_outcome=name,
                    day=day.on.isoformat(),
                    content_hash=answered.content_hash,
                    technical=content,
                    answered_at=now.isoformat(),
                )
            )
            for stage, found in alarms.items():
                await write_run(connection, day, stage, found, now)
            await outbox.put(connection, TO_MARKET, content)
        self._wake()


def _technical(content: bytes) -> TechnicalOutcome:
    return msgspec.json.decode(content, type=TechnicalOutcome)
