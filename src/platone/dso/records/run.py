"""Alarms of grid calculations in SQL: of each market day and stage the latest ones."""

from collections.abc import Iterable
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Row, Select, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.dso.domain.made_run import MadeRun
from platone.dso.records.table import runs
from platone.infra.day_list import DaySpan
from platone.infra.db import Database
from platone.infra.listing import Listed, Part, read_part
from platone.kernel.market_time import MarketDay
from platone.messages.calculated_day import CalculatedDay, DayCalculation, Stage

_UNBALANCED = "/unbalanced"
"""The end of the name that an unbalanced calculation is stored under."""
_TOLD = (runs.c.day, runs.c.stage, runs.c.made_at, runs.c.network_id, runs.c.network_version)
"""The columns that say what a calculation is of, without its alarms."""


def _kind(stage: Stage, *, unbalanced: bool) -> str:
    """Return the name that a calculation is stored under; a balanced one has the stage's alone."""
    return f"{stage.value}{_UNBALANCED}" if unbalanced else stage.value


async def write_run(
    connection: AsyncConnection, made: MadeRun, stage: Stage, alarms: bytes
) -> None:
    """Store a calculation's alarms (JSON) inside a transaction, in place of an earlier one's."""
    day, kind = made.day.on.isoformat(), _kind(stage, unbalanced=made.unbalanced)
    await connection.execute(delete(runs).where(runs.c.day == day, runs.c.stage == kind))
    await connection.execute(
        insert(runs).values(
            day=day,
            stage=kind,
            alarms=alarms,
            made_at=made.made_at.isoformat(),
            network_id=made.network.id,
            network_version=made.network.version,
        )
    )


class RunRecords:
    """The alarms of the latest calculation of each market day and stage.

    Args:
        database: The platform's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep_run(self, made: MadeRun, stage: Stage, alarms: bytes) -> None:
        """Store a calculation's alarms (JSON), in place of an earlier one's of its kind."""
        async with self._database.transaction() as connection:
            await write_run(connection, made, stage, alarms)

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

    async def days(
        self, span: DaySpan, network_id: str | None, part: Part
    ) -> Listed[CalculatedDay]:
        """Return the days of a span of which a calculation is kept, with what is known of each.

        Args:
            span: The days, and whether they are told from the last one back.
            network_id: The network that was calculated; none for any.
            part: Which part of the list.
        """
        wanted = (runs.c.day >= span.first.isoformat()) & (runs.c.day < span.end.isoformat())
        if network_id is not None:
            wanted &= runs.c.network_id == network_id
        days = select(runs.c.day).where(wanted).distinct()
        by, back = [runs.c.day], span.newest_first
        async with self._database.reading() as connection:
            found = await read_part(connection, days, by, part, newest_first=back)
            is_told = runs.c.day.in_([row.day for row in found.items])
            query: Select[Any] = select(*_TOLD).where(wanted, is_told)
            rows = await connection.execute(query.order_by(runs.c.day, runs.c.number))
            by_day = {day: _calculations(group) for day, group in groupby(rows, _day_of)}
        return found.of(
            lambda row: CalculatedDay(day=date.fromisoformat(row.day), calculations=by_day[row.day])
        )


def _day_of(row: Row[Any]) -> str:
    return str(row.day)


def _calculations(rows: Iterable[Row[Any]]) -> list[DayCalculation]:
    return [
        DayCalculation(
            stage=Stage(row.stage.removesuffix(_UNBALANCED)),
            made_at=datetime.fromisoformat(row.made_at),
            network_id=row.network_id,
            version=row.network_version,
            unbalanced=row.stage.endswith(_UNBALANCED),
        )
        for row in rows
    ]
