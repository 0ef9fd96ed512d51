"""One durable change of the access layer's records."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Row, Table, delete, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.access.adapters.partner import MEASUREMENTS
from platone.access.adapters.table import dead_letters, devices, messages, outbox, readings
from platone.access.domain.certificate import Accepted
from platone.access.domain.judgement import Device, DeviceStatus, Hour, Knowledge, hour, minute
from platone.access.domain.message import Arrival, Authentic
from platone.kernel.errors import PlatoneError
from platone.messages.ledger import CertificationBatch, CertificationRecord
from platone.messages.metering import Reading
from platone.messages.registry import MeasurementBatch

CERTIFICATION = "POST /api/certification"
_DEAD_LETTERS_PER_DEVICE = 1000
_KEYS_PER_QUERY = 500
T = TypeVar("T")


class SqlTransaction:
    """Reads and writes inside one transaction.

    Args:
        connection: The open transaction.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def know(self, found: Sequence[Authentic]) -> Knowledge:
        """What is stored about the messages' devices, numbers and times."""
        known = Knowledge()
        addresses = {message.batch.device for message in found}
        async for row in self._rows(devices, (devices.c.address,), ((it,) for it in addresses)):
            known.devices[row.address] = device_of(row)
        name = (messages.c.device, messages.c.sequence)
        async for row in self._rows(messages, name, {message.name for message in found}):
            known.hashes[row.device, row.sequence] = row.message_hash
        hours = {hour(reading) for message in found for reading in message.batch.readings}
        async for row in self._rows(readings, (readings.c.pod_id, readings.c.hour), hours):
            known.readings.setdefault((row.pod_id, row.hour), {})[row.minute] = _reading(row)
        return known

    async def _rows(
        self, table: Table, columns: tuple[Any, ...], keys: Iterable[tuple[Any, ...]]
    ) -> Any:
        for part in _chunks(list(keys), _KEYS_PER_QUERY):
            query = select(table).where(tuple_(*columns).in_(part))
            for row in (await self._connection.execute(query)).all():
                yield row

    async def keep(self, accepted: Sequence[Accepted]) -> None:
        """Store messages and readings, and put the measurements into the outbox."""
        if not accepted:
            return
        await self._connection.execute(insert(messages), [_message_row(it) for it in accepted])
        rows = [_reading_row(it, reading) for it in accepted for reading in it.fresh]
        if not rows:
            return
        await self._connection.execute(insert(readings), rows)
        measurements = [measured for it in accepted for measured in it.measurements()]
        body = msgspec.json.encode(MeasurementBatch(measurements=measurements))
        await outbox.put(self._connection, MEASUREMENTS, body)

    async def certify(self, max_messages: int, max_characters: int) -> int:
        """Put the oldest messages that were not yet certified into the outbox, as one tree.

        Args:
            max_messages: Most messages in one tree.
            max_characters: Their greatest length together, but for one message at least.

        Returns:
            How many messages were put.
        """
        query = (
            select(messages)
            .where(messages.c.is_certified.is_(False))
            .order_by(messages.c.received_at)
            .limit(max_messages)
        )
        chosen: list[Row[Any]] = []
        for row in (await self._connection.execute(query)).all():
            max_characters -= len(row.envelope)
            if chosen and max_characters < 0:
                break
            chosen.append(row)
        if chosen:
            body = CertificationBatch(records=[_record(row) for row in chosen])
            await outbox.put(self._connection, CERTIFICATION, msgspec.json.encode(body))
            names = [(row.device, row.sequence) for row in chosen]
            for part in _chunks(names, _KEYS_PER_QUERY):
                is_chosen = tuple_(messages.c.device, messages.c.sequence).in_(part)
                await self._connection.execute(
                    update(messages).where(is_chosen).values(is_certified=True)
                )
        return len(chosen)

    async def bury(self, refused: Sequence[tuple[Arrival, PlatoneError]], now: datetime) -> None:
        """Keep refused messages once, however often they come; of each device the newest 1000."""
        letters: dict[tuple[str, str], dict[str, object]] = {}
        times: Counter[tuple[str, str]] = Counter()
        for arrival, reason in refused:
            name = (arrival.device, hashlib.sha256(arrival.raw).hexdigest())
            letter = letters.setdefault(name, _letter_row(arrival, name, now))
            letter |= {"reason": reason.slug, "detail": reason.detail}
            times[name] += 1
        for name, letter in letters.items():
            letter["times"] = times[name]
        columns = (dead_letters.c.device, dead_letters.c.raw_hash)
        async for row in self._rows(dead_letters, columns, list(letters)):
            letter = letters.pop((row.device, row.raw_hash))
            change = update(dead_letters).where(dead_letters.c.id == row.id)
            await self._connection.execute(
                change.values(
                    times=row.times + times[row.device, row.raw_hash],
                    reason=letter["reason"],
                    detail=letter["detail"],
                    is_replayed=False,
                )
            )
        if letters:
            await self._connection.execute(insert(dead_letters), list(letters.values()))
        for device in {device for device, _ in letters}:
            await self._forget_old_letters(device)

    async def _forget_old_letters(self, device: str) -> None:
        of_device = dead_letters.c.device == device
        oldest_kept = (
            select(dead_letters.c.id)
            .where(of_device)
            .order_by(dead_letters.c.id.desc())
            .offset(_DEAD_LETTERS_PER_DEVICE - 1)
            .limit(1)
            .scalar_subquery()
        )
        await self._connection.execute(
            delete(dead_letters).where(of_device & (dead_letters.c.id < oldest_kept))
        )


def _chunks(items: list[T], size: int) -> Iterator[list[T]]:
    return (items[at : at + size] for at in range(0, len(items), size))


def device_of(row: Row[Any]) -> Device:
    """A device as its row has it."""
    return Device(
        row.address,
        row.pod_id,
        row.owner,
        row.contract_kw,
        DeviceStatus(row.status),
        row.chain_transaction,
    )


def _reading(row: Row[Any]) -> Reading:
    start_s = row.hour * 3600 + row.minute * 60
    return Reading(
        pod_id=row.pod_id,
        start_time=datetime.fromtimestamp(start_s, UTC),
        duration_minutes=row.duration_minutes,
        energy_wh=row.energy_wh,
        quality=row.quality,
    )


def _reading_row(accepted: Accepted, reading: Reading) -> dict[str, object]:
    place: Hour = hour(reading)
    device, sequence = accepted.message.name
    return {
        "pod_id": reading.pod_id,
        "hour": place[1],
        "minute": minute(reading),
        "duration_minutes": reading.duration_minutes,
        "energy_wh": reading.energy_wh,
        "quality": reading.quality,
        "device": device,
        "sequence": sequence,
    }


def _message_row(accepted: Accepted) -> dict[str, object]:
    device, sequence = accepted.message.name
    return {
        "device": device,
        "sequence": sequence,
        "message_hash": accepted.message.message_hash,
        "certification_id": accepted.certification_id,
        "envelope": accepted.message.text,
        "salt": accepted.salt,
        "received_at": accepted.received_at.isoformat(),
    }


def _record(row: Row[Any]) -> CertificationRecord:
    return CertificationRecord(
        id=row.certification_id,
        kind="reading",
        content=row.envelope,
        salt="0x" + row.salt.hex(),
    )


def _letter_row(arrival: Arrival, name: tuple[str, str], now: datetime) -> dict[str, object]:
    device, raw_hash = name
    return {
        "device": device,
        "raw_hash": raw_hash,
        "raw": arrival.raw,
        "received_at": now.isoformat(),
        "is_replayed": False,
    }
