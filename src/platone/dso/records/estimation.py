"""State estimations and the measurements sent for them, in SQL."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import delete, func, insert, select

from platone.dso.domain.retention import ESTIMATIONS_KEPT, TELEMETRY_KEPT
from platone.dso.records.instant import microseconds_at
from platone.dso.records.table import estimations, telemetry
from platone.grid.estimation.measurement import Measurement
from platone.infra.among import among_keys
from platone.infra.db import Database, chunks

_DECODER: msgspec.json.Decoder[Measurement] = msgspec.json.Decoder(Measurement)


class EstimationRecords:
    """The state estimations that were made, the oldest deleted beyond a number.

    Args:
        database: The platform's database.
        kept: How many are kept; the oldest go first.
    """

    def __init__(self, database: Database, kept: int = ESTIMATIONS_KEPT) -> None:
        self._database, self._kept = database, kept

    async def keep(self, run_id: str, made_at: datetime, packed: bytes) -> None:
        """Store a state estimation."""
        values = {"id": run_id, "content": packed, "made_at": made_at.isoformat()}
        async with self._database.transaction() as connection:
            stored = await connection.execute(insert(estimations).values(**values))
            number = stored.inserted_primary_key[0] if stored.inserted_primary_key else 0
            gone = estimations.c.number <= number - self._kept
            await connection.execute(delete(estimations).where(gone))

    async def latest(self) -> bytes | None:
        """Return the state estimation made last, packed; None where there is none."""
        query = select(estimations.c.content).order_by(estimations.c.number.desc()).limit(1)
        async with self._database.reading() as connection:
            found: bytes | None = (await connection.execute(query)).scalar()
        return found

    async def by_id(self, run_id: str) -> bytes | None:
        """Return a state estimation by its identifier, packed; None where there is none."""
        query = select(estimations.c.content).where(estimations.c.id == run_id)
        async with self._database.reading() as connection:
            found: bytes | None = (await connection.execute(query)).scalar()
        return found


class TelemetryRecords:
    """The measurements that were sent to the platform.

    Args:
        database: The platform's database.
        kept: How long a measurement is kept after it was taken.
    """

    def __init__(self, database: Database, kept: timedelta = TELEMETRY_KEPT) -> None:
        self._database, self._kept = database, kept

    async def keep(self, measurements: Sequence[Measurement], now: datetime) -> None:
        """Store measurements; of the same identifier and instant the last one counts."""
        rows = {
            (each.id, microseconds_at(each.at or now)): msgspec.json.encode(each)
            for each in measurements
        }
        if not rows:
            return
        values = [
            {"id": name, "at_us": at_us, "content": content}
            for (name, at_us), content in rows.items()
        ]
        async with self._database.transaction() as connection:
            for part in chunks(values):
                keys = [(row["id"], row["at_us"]) for row in part]
                same = among_keys(connection, (telemetry.c.id, telemetry.c.at_us), keys)
                await connection.execute(delete(telemetry).where(same))
                await connection.execute(insert(telemetry), part)
            old = telemetry.c.at_us < microseconds_at(now - self._kept)
            await connection.execute(delete(telemetry).where(old))

    async def newest(self, at: datetime, within: timedelta) -> list[Measurement]:
        """Return the newest of each identifier that is not after an instant, and not too old."""
        newest = (
            select(telemetry.c.id, func.max(telemetry.c.at_us).label("at_us"))
            .where(
                telemetry.c.at_us <= microseconds_at(at),
                telemetry.c.at_us > microseconds_at(at - within),
            )
            .group_by(telemetry.c.id)
            .subquery()
        )
        is_newest = (telemetry.c.id == newest.c.id) & (telemetry.c.at_us == newest.c.at_us)
        query = select(telemetry.c.content).join(newest, is_newest).order_by(telemetry.c.id)
        async with self._database.reading() as connection:
            return [_DECODER.decode(row.content) for row in await connection.execute(query)]
