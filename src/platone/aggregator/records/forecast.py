"""The newest forecast of each point of delivery's baseline in SQL."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import select

from platone.aggregator.records.table import forecast
from platone.infra.db import Database, replace_rows
from platone.messages.plan import PodForecast


class ForecastRecords:
    """The forecasts of portfolios.

    Args:
        database: The aggregator's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest(self, party: str | None) -> list[PodForecast]:
        """Return the newest forecasts of a party (of all: None), by PoD."""
        query = select(forecast.c.content).order_by(forecast.c.pod_id)
        if party is not None:
            query = query.where(forecast.c.party == party)
        async with self._database.reading() as connection:
            rows = await connection.execute(query)
            return [msgspec.json.decode(row.content, type=PodForecast) for row in rows]

    async def save(self, party: str, made: Sequence[PodForecast]) -> None:
        """Keep forecasts in place of earlier ones."""
        rows = [
            {"party": party, "pod_id": each.pod_id, "content": msgspec.json.encode(each)}
            for each in made
        ]
        async with self._database.transaction() as connection:
            await replace_rows(connection, forecast, rows)
