"""Enrolled devices in SQL."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Row,
    ScalarSelect,
    Select,
    Table,
    delete,
    func,
    insert,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.access.domain.device_health import DeviceNews
from platone.access.domain.validation import Device, DeviceStatus
from platone.access.records.dead_letter import IS_OPEN
from platone.access.records.table import (
    NODE_REVOCATION,
    dead_letters,
    device_certificates,
    devices,
    messages,
    outbox,
)
from platone.infra.db import Database, replace_rows
from platone.infra.listing import Listed, Part, read_part


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


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


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
        async with self._database.reading() as connection:
            rows = await connection.execute(_chosen(query, owner, pod_id))
            return [device_of(row) for row in rows]

    async def news(
        self, part: Part, owner: str | None = None, pod_id: str | None = None
    ) -> Listed[DeviceNews]:
        """Return enrolled devices as :meth:`select`, with what was last heard of each."""
        query, by = _chosen(_heard_of(), owner, pod_id), [devices.c.address]
        async with self._database.reading() as connection:
            return (await read_part(connection, query, by, part)).of(_news)

    async def news_of(self, address: str) -> DeviceNews:
        """Return an enrolled device with what was last heard of it."""
        query = _heard_of().where(devices.c.address == address)
        async with self._database.reading() as connection:
            return _news((await connection.execute(query)).one())

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

    async def save(self, device: Device, now: datetime, certificate_ends_at: datetime) -> None:
        """Store a device with the end of its certificate, or replace what is stored of it."""
        ends = {"address": device.address, "ends_at": certificate_ends_at.isoformat()}
        async with self._database.transaction() as connection:
            await _save(connection, device, now)
            await replace_rows(connection, device_certificates, [ends])

    async def revoke(self, device: Device, now: datetime) -> None:
        """Store that a device is revoked, and have its key withdrawn from the chain's register."""
        async with self._database.transaction() as connection:
            await _save(connection, device, now)
            await outbox.put(connection, f"{NODE_REVOCATION}/{device.address}", b"")


def _heard_of() -> Select[Any]:
    """Return the query of devices with what was last heard of each."""
    heard = _newest(messages, messages.c.received_at, messages.c.sequence)
    refused = [
        _newest(dead_letters, column, dead_letters.c.id, IS_OPEN)
        for column in (dead_letters.c.received_at, dead_letters.c.reason)
    ]
    is_own, ends = dead_letters.c.device == devices.c.address, device_certificates.c
    count = select(func.count()).where(is_own & IS_OPEN).scalar_subquery()
    return select(
        devices,
        heard.label("heard_at"),
        count.label("refused"),
        refused[0].label("refused_at"),
        refused[1].label("refusal"),
        select(ends.ends_at)
        .where(ends.address == devices.c.address)
        .scalar_subquery()
        .label("ends_at"),
    )


def _news(row: Row[Any]) -> DeviceNews:
    return DeviceNews(
        device_of(row),
        _instant(row.heard_at),
        row.refused,
        _instant(row.refused_at),
        row.refusal,
        _instant(row.ends_at),
    )


def _chosen(query: Select[Any], owner: str | None, pod_id: str | None) -> Select[Any]:
    """Return a query of devices, of one owner or PoD where given."""
    if owner is not None:
        query = query.where(devices.c.owner == owner)
    return query if pod_id is None else query.where(devices.c.pod_id == pod_id)


def _newest(
    table: Table, column: Column[Any], by: Column[Any], wanted: ColumnElement[bool] | None = None
) -> ScalarSelect[Any]:
    """Return a column of the newest row that a table has of each device."""
    of_device = table.c.device == devices.c.address
    query = select(column).where(of_device if wanted is None else of_device & wanted)
    return query.order_by(by.desc()).limit(1).scalar_subquery()


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
