"""Final outcomes of the market in SQL."""

from datetime import datetime

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.dso.records.table import final_outcomes
from platone.infra.db import Database
from platone.infra.http.turns import decode_in_turns
from platone.kernel.market_time import MarketDay
from platone.messages.outcome import ValidatedOutcome


class FinalOutcomeRecords:
    """The final outcomes, as the market told them.

    Args:
        database: The platform's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, market_outcome: str) -> ValidatedOutcome | None:
        """Return the final form of a market outcome; None where the market told none yet."""
        query = select(final_outcomes.c.document).where(
            final_outcomes.c.market_outcome == market_outcome
        )
        async with self._database.reading() as connection:
            document = (await connection.execute(query)).scalar()
        return None if document is None else await _outcome_in_turns(document)

    async def of_day(self, day: MarketDay) -> list[ValidatedOutcome]:
        """Return the final outcomes of a market day's sessions, in the order in which they came."""
        query = (
            select(final_outcomes.c.document)
            .where(final_outcomes.c.day == day.on.isoformat())
            .order_by(final_outcomes.c.number)
        )

        async def read(connection: AsyncConnection) -> list[ValidatedOutcome]:
            return [_outcome(row.document) for row in await connection.execute(query)]

        return await self._database.look(read)

    async def add(
        self, final: ValidatedOutcome, digest: str, day: MarketDay, now: datetime
    ) -> str | None:
        """Store a final outcome; where one is known already, return its content's hash."""
        name = final.market_outcome
        query = select(final_outcomes.c.content_hash).where(final_outcomes.c.market_outcome == name)
        async with self._database.transaction() as connection:
            known: str | None = (await connection.execute(query)).scalar()
            if known is None:
                await connection.execute(
                    insert(final_outcomes).values(
                        market_outcome=name,
                        day=day.on.isoformat(),
                        content_hash=digest,
                        document=msgspec.json.encode(final),
                        received_at=now.isoformat(),
                    )
                )
        return known


async def _outcome_in_turns(document: bytes) -> ValidatedOutcome:
    """Return a stored outcome; a part of a long one is decoded in turns with all else that runs."""
    found: ValidatedOutcome = await decode_in_turns(document, ValidatedOutcome, lambda _: None)
    return found


def _outcome(document: bytes) -> ValidatedOutcome:
    return msgspec.json.decode(document, type=ValidatedOutcome)
