"""Erasure of points of delivery from the access layer's records."""

import re
from collections.abc import Collection

from sqlalchemy import delete, select

from platone.access.records.dead_letter import forget_closings
from platone.access.records.table import (
    dead_letters,
    device_certificates,
    devices,
    messages,
    outbox,
    reading_source,
    readings,
)
from platone.infra.db import Database, chunks
from platone.infra.erasure import erase_outbox

_OF_DEVICE = (
    messages.c.device,
    dead_letters.c.device,
    devices.c.address,
    device_certificates.c.address,
)
"""The columns that name a device, one a table."""


class ErasureRecords:
    """The records that the access layer has of points of delivery, and their erasure.

    Args:
        database: The access layer's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def devices_of(self, pods: Collection[str]) -> list[str]:
        """Return the devices that are or were enrolled at these, or have measured there."""
        enrolled = select(devices.c.address).where(devices.c.pod_id.in_(pods))
        measuring = select(reading_source.c.device).where(reading_source.c.pod_id.in_(pods))
        async with self._database.reading() as connection:
            found = set((await connection.execute(enrolled)).scalars())
            found |= set((await connection.execute(measuring)).scalars())
        return sorted(found)

    async def erase(self, pods: Collection[str]) -> None:
        """Erase all that is kept of points of delivery; again: nothing more happens."""
        gone = await self.devices_of(pods)
        named = re.compile(rb"podId\W+(?:" + b"|".join(map(_escaped, pods)) + rb")\W")
        async with self._database.erasing() as connection:
            for some in chunks(gone):
                for column in _OF_DEVICE:
                    await connection.execute(delete(column.table).where(column.in_(some)))
            are_theirs = reading_source.c.pod_id.in_(pods)
            numbers = select(reading_source.c.number).where(are_theirs)
            await connection.execute(delete(readings).where(readings.c.source.in_(numbers)))
            await connection.execute(delete(reading_source).where(are_theirs))
            letters = await connection.stream(select(dead_letters.c.id, dead_letters.c.raw))
            for number in [each.id async for each in letters if named.search(each.raw)]:
                await connection.execute(delete(dead_letters).where(dead_letters.c.id == number))
            await forget_closings(connection)
            await erase_outbox(connection, outbox, pods)
        await self._database.compact()


def _escaped(pod: str) -> bytes:
    return re.escape(pod.encode())
