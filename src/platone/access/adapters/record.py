"""The access layer's records in SQL: every message once, with its outbox rows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from sqlalchemy import Row, delete, insert, select, update

from platone.access.adapters.table import dead_letters, devices
from platone.access.adapters.transaction import SqlTransaction, device_of
from platone.access.domain.judgement import Device
from platone.access.domain.message import Arrival
from platone.access.service.ports import DeadLetter
from platone.infra.db import Database


class SqlRecords:
    """Devices, messages, readings and dead letters.

    Args:
        database: The access layer's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[SqlTransaction]:
        """Begin a change; it is durable when the block ends."""
        async with self._database.transaction() as connection:
            yield SqlTransaction(connection)

    async def devices(self, owner: str | None = None, pod_id: str | None = None) -> list[Device]:
        """Enrolled devices by address, of one owner or PoD where given."""
        query = select(devices).order_by(devices.c.address)
        if owner is not None:
            query = query.where(devices.c.owner == owner)
        if pod_id is not None:
            query = query.where(devices.c.pod_id == pod_id)
        async with self._database.reading() as connection:
            return [device_of(row) for row in await connection.execute(query)]

    async def enrol(self, device: Device, now: datetime) -> None:
        """Store a device, or replace what is stored of it."""
        async with self._database.transaction() as connection:
            await connection.execute(delete(devices).where(devices.c.address == device.address))
            await connection.execute(
                insert(devices).values(
                    address=device.address,
                    pod_id=device.pod_id,
                    owner=device.owner,
                    contract_kw=device.contract_kw,
                    status=device.status.value,
                    chain_transaction=device.transaction,
                    changed_at=now.isoformat(),
                )
            )

    async def dead_letters(self, after_id: int, limit: int) -> list[DeadLetter]:
        """Refused messages in order of their numbers."""
        query = (
            select(dead_letters)
            .where(dead_letters.c.id > after_id)
            .order_by(dead_letters.c.id)
            .limit(limit)
        )
        async with self._database.reading() as connection:
            return [_letter(row) for row in await connection.execute(query)]

    async def dead_letter(self, letter_id: int) -> DeadLetter | None:
        """One refused message."""
        query = select(dead_letters).where(dead_letters.c.id == letter_id)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).first()
        return _letter(row) if row is not None else None

    async def mark_replayed(self, letter_id: int) -> None:
        """Note that a refused message was stored since."""
        change = update(dead_letters).where(dead_letters.c.id == letter_id)
        async with self._database.transaction() as connection:
            await connection.execute(change.values(is_replayed=True))


def _letter(row: Row[tuple[object, ...]]) -> DeadLetter:
    return DeadLetter(
        row.id,
        Arrival(row.device, row.raw),
        row.reason,
        row.detail,
        datetime.fromisoformat(row.received_at),
        row.times,
        row.is_replayed,
    )
