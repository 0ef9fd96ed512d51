"""Enrolled devices in SQL."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.access.domain.validation import Device, DeviceStatus
from platone.access.records.table import NODE_REVOCATION, devices, outbox
from platone.infra.db import Database


def device_of(row: Row[Any]) -> Device:
    """Return the device that a row holds."""
    return Device(
        row.address,
        row.pod_id,
        row.owner,
        row.contract_kw,
        DeviceStatus(row.status),
        row.chain_transaction,
    )


class DeviceRecords:
    """The enrolled devices.

    Args:
        database: The access layer's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def select(self, owner: str | None = None, pod_id: str | None = None) -> list[Device]:
        """Return enrolled devices by address, of one owner or PoD where given."""
        query = select(devices).order_by(devices.c.address)
        if owner is not None:
            query = query.where(devices.c.owner == owner)
        if pod_id is not None:
            query = query.where(devices.c.pod_id == pod_id)
        async with self._database.reading() as connection:
            return [device_of(row) for row in await connection.execute(query)]

    async def find(self, address: str) -> Device | None:
        """Return the device of an address; none where it was never enrolled."""
        async with self._database.reading() as connection:
            query = select(devices).where(devices.c.address == address)
            row = (await connection.execute(query)).first()
        return None if row is None else device_of(row)

    async def active(self) -> list[str]:
        """Return the addresses of the devices whose enrolment stands."""
        query = select(devices.c.address).where(devices.c.status == DeviceStatus.ACTIVE.value)
        async with self._database.reading() as connection:
            return list((await connection.execute(query)).scalars())

    async def save(self, device: Device, now: datetime) -> None:
        """Store a device, or replace what is stored of it."""
        async with self._database.transaction() as connection:
            await _save(connection, device, now)

    async def revoke(self, device: Device, now: datetime) -> None:
        """Store that a device is revoked, and have its key withdrawn from the chain's register."""
        async with self._database.transaction() as connection:
            await _save(connection, device, now)
            await outbox.put(connection, f"{NODE_REVOCATION}/{device.address}", b"")


async def _save(connection: AsyncConnection, device: Device, now: datetime) -> None:
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
