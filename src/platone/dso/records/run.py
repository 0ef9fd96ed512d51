"""Alarms of grid calculations in SQL: of each market day and stage the latest ones."""

from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.dso.domain.outcome import Stage
from platone.dso.records.table import runs
from platone.infra.db import Database
from platone.kernel.market_time import MarketDay


def _kind(stage: Stage, *, unbalanced: bool) -> str:
    """Return the name that a calculation is stored under; a balanced one has the stage's alone."""
    return f"{stage.value}/unbalanced" if unbalanced else stage.value


async def write_run(
    connection: AsyncConnection,
    day: MarketDay,
    stage: Stage,
    alarms: bytes,
    now: datetime,
    *,
    unbalanced: bool = False,
) -> None:
    """Store a calculation's alarms (JSON) inside a transaction, in place of an earlier one's."""
    kind = _kind(stage, unbalanced=unbalanced)
    same = (runs.c.day == day.on.isoformat()) & (runs.c.stage == kind)
    await connection.execute(delete(runs).where(same))
    await connection.execute(
        insert(runs).values(
            day=day.on.isoformat(),
            stage=kind,
            alarms=alarms,
            made_at=now.isoformat(),
        )
    )


class RunRecords:
    """The alarms of the latest calculation of each market day and stage.

    Args:
        database: The platform's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep_run(
        self,
        day: MarketDay,
        stage: Stage,
        alarms: bytes,
        now: datetime,
        *,
        unbalanced: bool = False,
    ) -> None:
        """Store a calculation's alarms (JSON), in place of an earlier one's of its kind."""
        async with self._database.transaction() as connection:
            await write_run(connection, day, stage, alarms, now, unbalanced=unbalanced)

    async def alarms(
        self, day: MarketDay | None, stage: Stage, *, unbalanced: bool = False
    ) -> bytes | None:
        """Return the alarms (JSON) of a day, or of the calculation of a kind made last."""
        kind = _kind(stage, unbalanced=unbalanced)
        query = select(runs.c.alarms).where(runs.c.stage == kind)
        if day is not None:
            query = query.where(runs.c.day == day.on.isoformat())
        async with self._database.reading() as connection:
            found: bytes | None = (
                await connection.execute(query.order_by(runs.c.number.desc()).limit(1))
            ).scalar()
        return found
