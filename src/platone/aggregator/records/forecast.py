"""The newest forecast of each point of delivery's baseline in SQL."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import select

from platone.aggregator.records.seen import Seen
from platone.aggregator.records.table import forecast
from platone.infra.db import Database, replace_rows
from platone.infra.listing import Listed, Part, read_part
from platone.messages.plan import PodForecast


class ForecastRecords:
    """The forecasts of portfolios.

    Args:
        database: The aggregator's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest(self, seen: Seen, part: Part) -> Listed[PodForecast]:
        """Return newest forecasts that a reader sees, by party and PoD."""
        query = select(forecast.c.content).where(*seen.of(forecast))
        by = [forecast.c.party, forecast.c.pod_id]
        async with self._database.reading() as connection:
            found = await read_part(connection, query, by, part)
        return found.of(lambda row: msgspec.json.decode(row.content, type=PodForecast))

    async def save(self, party: str, made: Sequence[PodForecast]) -> None:
        """Keep forecasts in place of earlier ones."""
        rows = [
            {"party": party, "pod_id": each.pod_id, "content": msgspec.json.encode(each)}
            for each in made
        ]
        async with self._database.transaction() as connection:
            await replace_rows(connection, forecast, rows)
