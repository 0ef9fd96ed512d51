"""Erasure of points of delivery from the DSO platform's records; networks stay as they are."""

import zlib
from collections.abc import Collection
from datetime import date

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.dso.records.profile import ProfileRecords
from platone.dso.records.table import (
    estimations,
    final_outcomes,
    outbox,
    outcomes,
    runs,
    setpoints,
    telemetry,
)
from platone.infra.db import Database
from platone.infra.erasure import erase_documents, erase_outbox, mentions
from platone.messages.outcome import TechnicalOutcome, ValidatedOutcome


class ErasureRecords:
    """The records that the platform has of points of delivery, and their erasure.

    Args:
        database: The platform's database.
        profiles: The typical days in it.
    """

    def __init__(self, database: Database, profiles: ProfileRecords) -> None:
        self._database, self._profiles = database, profiles

    async def last_day(self, pods: Collection[str]) -> date | None:
        """Return the last market day on which flexibility of these was traded; None: on none."""
        answered = select(outcomes.c.day, outcomes.c.technical.label("told"))
        final = select(final_outcomes.c.day, final_outcomes.c.document)
        told = answered.union_all(final).subquery()
        async with self._database.reading() as connection:
            async for row in await connection.stream(select(told).order_by(told.c.day.desc())):
                if mentions(row.told, pods):
                    return date.fromisoformat(row.day)
        return None

    async def erase(self, pods: Collection[str]) -> None:
        """Erase all that is kept of points of delivery; again: nothing more happens."""
        await self._profiles.forget(pods)
        async with self._database.erasing() as connection:
            await connection.execute(delete(setpoints).where(setpoints.c.pod_id.in_(pods)))
            await erase_documents(connection, outcomes, {"technical": TechnicalOutcome}, pods)
            finals = {"document": ValidatedOutcome}
            await erase_documents(connection, final_outcomes, finals, pods)
            await erase_documents(connection, runs, {"alarms": object}, pods)
            await _erase_measured(connection, pods)
            await erase_outbox(connection, outbox, pods)
        await self._database.compact()


async def _erase_measured(connection: AsyncConnection, pods: Collection[str]) -> None:
    """Delete measurements at points of delivery, and the estimates that were made of them."""
    rows = await connection.stream(select(telemetry.c.id, telemetry.c.at_us, telemetry.c.content))
    for row in [each async for each in rows if mentions(each.content, pods)]:
        measured = msgspec.json.decode(row.content)
        if measured.get("element") in pods or measured.get("id") in pods:
            is_it = (telemetry.c.id == row.id) & (telemetry.c.at_us == row.at_us)
            await connection.execute(delete(telemetry).where(is_it))
    found = await connection.stream(select(estimations.c.number, estimations.c.content))
    for number in [it.number async for it in found if mentions(zlib.decompress(it.content), pods)]:
        await connection.execute(delete(estimations).where(estimations.c.number == number))
