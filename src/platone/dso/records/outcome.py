"""Validated market outcomes in SQL, with the answers on their way to the market."""

from collections.abc import Callable, Mapping

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.dso.domain.made_run import MadeRun
from platone.dso.domain.outcome import AnsweredOutcome
from platone.dso.records.run import write_run
from platone.dso.records.table import outbox, outcomes
from platone.infra.db import Database
from platone.kernel.market_time import MarketDay
from platone.messages.calculated_day import Stage
from platone.messages.outcome import TechnicalOutcome

TO_MARKET = "POST /api/technicalOutcome"


class OutcomeRecords:
    """The market outcomes that were validated.

    Args:
        database: The platform's database.
        wake: Says that something waits in the outbox.
    """

    def __init__(self, database: Database, wake: Callable[[], None]) -> None:
        self._database = database
        self._wake = wake

    async def answered(self, market_outcome: str) -> AnsweredOutcome | None:
        """Return the answer to a market outcome; None where it was not validated."""
        query = select(outcomes.c.content_hash, outcomes.c.technical).where(
            outcomes.c.market_outcome == market_outcome
        )
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).first()
        return None if row is None else AnsweredOutcome(row.content_hash, _technical(row.technical))

    async def of_day(self, day: MarketDay) -> list[TechnicalOutcome]:
        """Return the answers that concern a market day, in the order in which they were given."""
        query = (
            select(outcomes.c.technical)
            .where(outcomes.c.day == day.on.isoformat())
            .order_by(outcomes.c.number)
        )

        async def read(connection: AsyncConnection) -> list[TechnicalOutcome]:
            return [_technical(row.technical) for row in await connection.execute(query)]

        return await self._database.look(read)

    async def keep_outcome(
        self,
        answered: AnsweredOutcome,
        alarms: Mapping[Stage, bytes],
        made: MadeRun,
    ) -> None:
        """Store an answer with its alarms (JSON), and send it to the market, all at once."""
        name = answered.technical.market_outcome
        content = msgspec.json.encode(answered.technical)
        is_known = select(outcomes.c.number).where(outcomes.c.market_outcome == name)
        async with self._database.transaction() as connection:
            if (await connection.execute(is_known)).first() is not None:
                return  # the same outcome came twice at once; its answer is the same
            await connection.execute(
                insert(outcomes).values(
                    market_outcome=name,
                    day=made.day.on.isoformat(),
                    content_hash=answered.content_hash,
                    technical=content,
                    answered_at=made.made_at.isoformat(),
                )
            )
            for stage, found in alarms.items():
                await write_run(connection, made, stage, found)
            await outbox.put(connection, TO_MARKET, content)
        self._wake()


def _technical(content: bytes) -> TechnicalOutcome:
    return msgspec.json.decode(content, type=TechnicalOutcome)
