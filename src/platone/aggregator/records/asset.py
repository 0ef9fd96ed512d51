"""Assets of points of delivery in SQL."""

import msgspec
from sqlalchemy import delete, select

from platone.aggregator.records.seen import Seen
from platone.aggregator.records.table import asset
from platone.infra.db import Database, replace_rows
from platone.infra.listing import Listed, Part, read_part
from platone.messages.asset import Asset


class AssetRecords:
    """The assets of portfolios.

    Args:
        database: The aggregator's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, party: str | None, pod_id: str | None = None) -> list[Asset]:
        """Return the assets of a party (of all: None), or of one of its PoDs, by name."""
        query = select(asset.c.content).order_by(asset.c.pod_id, asset.c.asset_id)
        if party is not None:
            query = query.where(asset.c.party == party)
        if pod_id is not None:
            query = query.where(asset.c.pod_id == pod_id)
        async with self._database.reading() as connection:
            rows = await connection.execute(query)
            return [msgspec.json.decode(row.content, type=Asset) for row in rows]

    async def listed(self, seen: Seen, part: Part) -> Listed[Asset]:
        """Return assets that a reader sees, by party, PoD and name."""
        query = select(asset.c.content).where(*seen.of(asset))
        by = [asset.c.party, asset.c.pod_id, asset.c.asset_id]
        async with self._database.reading() as connection:
            found = await read_part(connection, query, by, part)
        return found.of(lambda row: msgspec.json.decode(row.content, type=Asset))

    async def save(self, party: str, kept: Asset) -> None:
        """Keep an asset in place of an earlier one of its name."""
        row = {
            "party": party,
            "pod_id": kept.pod_id,
            "asset_id": kept.asset_id,
            "content": msgspec.json.encode(kept),
        }
        async with self._database.transaction() as connection:
            await replace_rows(connection, asset, [row])

    async def remove(self, party: str, pod_id: str, asset_id: str) -> bool:
        """Remove an asset; False where there is none."""
        gone = delete(asset).where(
            asset.c.party == party, asset.c.pod_id == pod_id, asset.c.asset_id == asset_id
        )
        async with self._database.transaction() as connection:
            return (await connection.execute(gone)).rowcount > 0
