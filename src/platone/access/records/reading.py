"""Readings in SQL: where they come from is kept once, and named by a number."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.access.domain.certification import AcceptedMessage
from platone.access.domain.validation import minute_of_hour, pod_hour
from platone.access.records.table import reading_source, readings, rows_by_key
from platone.infra.db import chunks
from platone.kernel.reading_choice import QUALITIES
from platone.messages.metering import Reading

_Source = tuple[str, str]
"""A point of delivery and a device that has measured there."""


@dataclass(frozen=True, slots=True)
class StoredReading:
    """A reading that was taken in.

    Attributes:
        reading: The reading.
        message: The device and number of its message.
    """

    reading: Reading
    message: tuple[str, int]


async def find_readings(
    connection: AsyncConnection, hours: Collection[tuple[str, int]]
) -> list[StoredReading]:
    """Return the readings of points of delivery in hours since 1970, UTC."""
    numbers = await _numbers(connection, {pod_id for pod_id, _ in hours})
    of_pod: dict[str, list[int]] = {}
    for (pod_id, _), number in numbers.items():
        of_pod.setdefault(pod_id, []).append(number)
    keys = [(number, hour) for pod_id, hour in hours for number in of_pod.get(pod_id, ())]
    rows = await rows_by_key(connection, (readings.c.source, readings.c.hour), keys)
    sources = {number: source for source, number in numbers.items()}
    found = []
    for row in rows:
        pod_id, device = sources[row.source]
        reading = Reading(
            pod_id=pod_id,
            start_time=datetime.fromtimestamp(row.hour * 3600 + row.minute * 60, UTC),
            duration_minutes=row.duration_minutes,
            energy_wh=row.energy_wh,
            quality=QUALITIES[row.quality],
            revision=row.revision,
            reactive_energy_varh=row.reactive_energy_varh,
        )
        found.append(StoredReading(reading, (device, row.sequence)))
    return found


async def store_readings(connection: AsyncConnection, accepted: Sequence[AcceptedMessage]) -> None:
    """Store the new readings of messages."""
    new = [(it.message.name, each) for it in accepted for each in it.new_readings]
    if not new:
        return
    sources = {(each.pod_id, device) for (device, _), each in new}
    numbers = await _number_sources(connection, sources)
    rows = [
        {
            "source": numbers[reading.pod_id, device],
            "hour": pod_hour(reading)[1],
            "minute": minute_of_hour(reading),
            "duration_minutes": reading.duration_minutes,
            "energy_wh": reading.energy_wh,
            "quality": QUALITIES.index(reading.quality),
            "revision": reading.revision,
            "reactive_energy_varh": reading.reactive_energy_varh,
            "sequence": sequence,
        }
        for (device, sequence), reading in new
    ]
    await connection.execute(insert(readings), rows)


async def _number_sources(
    connection: AsyncConnection, sources: Collection[_Source]
) -> dict[_Source, int]:
    """Return the numbers of sources; new ones get the next."""
    numbers = await _numbers(connection, {pod_id for pod_id, _ in sources})
    missing = sorted(sources - numbers.keys())
    if missing:
        highest = select(func.coalesce(func.max(reading_source.c.number), 0))
        first = (await connection.execute(highest)).scalar_one() + 1
        numbers |= {source: number for number, source in enumerate(missing, first)}
        rows = [
            {"number": numbers[source], "pod_id": source[0], "device": source[1]}
            for source in missing
        ]
        await connection.execute(insert(reading_source), rows)
    return numbers


async def _numbers(connection: AsyncConnection, pods: Iterable[str]) -> dict[_Source, int]:
    """Return the numbers of the sources at points of delivery."""
    found: dict[_Source, int] = {}
    for some in chunks(pods):
        query = select(reading_source).where(reading_source.c.pod_id.in_(some))
        for row in await connection.execute(query):
            found[row.pod_id, row.device] = row.number
    return found
