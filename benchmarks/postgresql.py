"""Measurements in PostgreSQL, stored and read by the customer database, beside COPY and SELECT.

Each run stores a month of 20 points of delivery, 1,000 rows a transaction, and reads it back. The
bare COPY writes the same readings whole, a row each, into a table whose key is the interval and
version; both are durable at each commit.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from tests.postgresql import Server, installed, running

from benchmarks.harness import PER_SECOND, NotThere, Row
from platone.customers.domain.scope import Scope, Selection
from platone.customers.records.measurement import MeasurementRecords
from platone.customers.records.stored_measurement import measurements
from platone.customers.records.table import metadata
from platone.infra.db import Database
from platone.infra.postgresql import Place
from platone.messages.registry import Measurement

_PODS, _QUARTERS = 20, 30 * 96
_BATCH = 1000
"""Rows a transaction."""
_RUNS = 3
_FIRST = datetime(2021, 6, 1, tzinfo=UTC)
_KEY = "pod_id, start_s, duration_minutes, version"
_WHOLE = str(
    select(measurements)
    .order_by(measurements.c.start_s, measurements.c.pod_id)
    .compile(compile_kwargs={"literal_binds": True})
)
"""The readings in the order in which they came."""
_READ = f"SELECT * FROM bare ORDER BY {_KEY}"  # noqa: S608 - our own names
_BARE = f"CREATE TABLE bare AS {_WHOLE} WITH NO DATA"


def rows() -> list[Measurement]:
    """A month of readings of some points of delivery, in the order in which they come."""
    return [
        Measurement(
            pod_id=f"POD-{pod:03}",
            start_time=_FIRST + timedelta(minutes=15 * quarter),
            duration_minutes=15,
            energy_wh=quarter,
            quality="measured",
            device="0x" + "5A" * 20,
            sequence=quarter,
            certification_id=f"cert-{pod}-{quarter}",
            certification_hash=f"{quarter:064x}",
            received_at=_FIRST,
            version=1,
        )
        for quarter in range(_QUARTERS)
        for pod in range(_PODS)
    ]


def batches(items: Sequence[Any]) -> list[Sequence[Any]]:
    return [items[start : start + _BATCH] for start in range(0, len(items), _BATCH)]


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    begin = time.perf_counter()
    await work()
    return time.perf_counter() - begin


async def _measure(address: str) -> tuple[list[float], ...]:
    place, items = Place(address, "customers"), rows()
    database = Database(place.url, metadata)
    await database.open()
    bare = await place.connect()
    await bare.execute(_BARE)
    await bare.execute(f"ALTER TABLE bare ADD PRIMARY KEY ({_KEY})")
    records = MeasurementRecords(database)
    wanted = Selection(Scope(), int(_FIRST.timestamp()), int(_FIRST.timestamp()) + 31 * 86400)

    async def store() -> None:
        for part in batches(items):
            async with records.transaction() as transaction:
                await transaction.add(part)

    async def copy() -> None:
        for part in batches(stored):
            await bare.copy_records_to_table("bare", records=part)

    times: tuple[list[float], ...] = ([], [], [], [])
    for _ in range(_RUNS):
        await bare.execute("TRUNCATE measurement, measurement_message, bare")
        times[0].append(await timed(store))
        stored = [tuple(row) for row in await bare.fetch(_WHOLE)]
        times[1].append(await timed(copy))
        times[2].append(await timed(lambda: records.select(wanted, len(items))))
        times[3].append(await timed(lambda: bare.fetch(_READ)))
    await bare.close()
    await database.close()
    return times


def measure() -> list[Row]:
    if not installed():
        raise NotThere("PostgreSQL's initdb and pg_ctl are not installed")
    with running() as server:
        times = asyncio.run(_measure(_durable(server)))
    count = _PODS * _QUARTERS
    store, copy, read, select = (count / statistics.median(each) for each in times)
    note = f"{count:,} rows, {_BATCH:,} a transaction; one process on the same cores"
    return [
        Row("PostgreSQL: measurements stored", store, PER_SECOND, "bare COPY", copy, note),
        Row("PostgreSQL: measurements read", read, PER_SECOND, "bare SELECT", select, note),
    ]


def _durable(server: Server) -> str:
    """Return a database of a server that syncs its log, as one in use does."""
    assert not server.psql("ALTER SYSTEM SET fsync = on; SELECT pg_reload_conf()").strip("t\n")
    return server.database()
