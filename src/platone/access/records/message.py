"""Messages and readings in SQL: every message once, together with what is to be shared of it."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.access.domain.certification import (
    MOST_MESSAGES,
    AcceptedMessage,
    certification_id_of,
    first_tree,
)
from platone.access.domain.dead_letter import Unshared
from platone.access.domain.message import AuthenticMessage, IncomingMessage
from platone.access.domain.validation import StoredState, pod_hour
from platone.access.records.dead_letter import IS_OPEN, mark_stored, store_refused
from platone.access.records.device import device_of
from platone.access.records.reading import find_readings, store_readings
from platone.access.records.table import (
    CERTIFICATION,
    MEASUREMENTS,
    dead_letters,
    devices,
    messages,
    outbox,
    rows_by_key,
)
from platone.infra.among import among_keys
from platone.infra.db import Database, chunks
from platone.infra.outbox import Entry
from platone.kernel.errors import PlatoneError
from platone.kernel.reading_choice import precedence
from platone.messages.ledger import CertificationBatch, CertificationRecord
from platone.messages.registry import MeasurementBatch


@dataclass(frozen=True, slots=True)
class Waiting:
    """The messages that wait for somebody.

    Attributes:
        uncertified: Messages that were not yet put into the outbox for certification.
        uncertified_since: When the oldest of them came, by the market's clock.
        dead_letters: Refused messages that were neither taken since nor closed.
    """

    uncertified: int
    uncertified_since: datetime | None
    dead_letters: int


class MessageTransaction:
    """One durable change of messages and readings; nothing of it happens unless all of it does.

    Args:
        connection: The open transaction.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def load_state(self, found: Sequence[AuthenticMessage]) -> StoredState:
        """Return the stored facts about the messages' devices, numbers and times."""
        state = StoredState()
        addresses = {(message.batch.device,) for message in found}
        for row in await self._rows(devices.c.address, keys=addresses):
            state.devices[row.address] = device_of(row)
        names = {message.name for message in found}
        for row in await self._rows(messages.c.device, messages.c.sequence, keys=names):
            state.hashes[row.device, row.sequence] = row.message_hash
        hours = {pod_hour(reading) for message in found for reading in message.batch.readings}
        stored = await find_readings(self._connection, hours)
        for each in sorted((each.reading for each in stored), key=precedence):
            state.add_reading(each)
        return state

    async def _rows(self, *columns: Any, keys: Iterable[tuple[Any, ...]]) -> list[Row[Any]]:
        return await rows_by_key(self._connection, columns, keys)

    async def store_accepted(self, accepted: Sequence[AcceptedMessage]) -> None:
        """Store messages and readings, and put the measurements into the outbox."""
        if not accepted:
            return
        await self._connection.execute(insert(messages), [_message_row(it) for it in accepted])
        texts = [(it.message.batch.device, it.message.text) for it in accepted]
        await mark_stored(self._connection, texts)
        await store_readings(self._connection, accepted)
        await self._put_measurements(accepted)

    async def store_refused(
        self, refused: Sequence[tuple[IncomingMessage, PlatoneError]], now: datetime
    ) -> None:
        """Store refused messages as dead letters, with the reasons."""
        await store_refused(self._connection, refused, now)

    async def store_unshared(self, unshared: Sequence[Unshared], now: datetime) -> None:
        """Store messages that another party refuses as dead letters, each once."""
        first = {it.name: it for it in reversed(unshared)}
        letters = [
            (IncomingMessage(row.device, row.envelope.encode()), first[name].problem())
            for row in await self._rows(messages.c.device, messages.c.sequence, keys=first)
            if (name := (row.device, row.sequence)) in first
        ]
        await store_refused(self._connection, letters, now)

    async def share_again(self, message: AuthenticMessage) -> None:
        """Put a stored message's measurements into the outbox again, and have it certified again.

        What another party took before changes nothing there. Its dead letter counts as replayed.
        """
        name = message.name
        (stored,) = await self._rows(messages.c.device, messages.c.sequence, keys=[name])
        hours = {pod_hour(reading) for reading in message.batch.readings}
        stored_ones = await find_readings(self._connection, hours)
        own = [each.reading for each in stored_ones if each.message == name]
        received_at = datetime.fromisoformat(stored.received_at)
        await self._put_measurements([AcceptedMessage(message, own, stored.salt, received_at)])
        is_it = (messages.c.device == stored.device) & (messages.c.sequence == stored.sequence)
        await self._connection.execute(update(messages).where(is_it).values(is_certified=False))
        await mark_stored(self._connection, [(stored.device, stored.envelope)])

    async def _put_measurements(self, accepted: Sequence[AcceptedMessage]) -> None:
        measurements = [measured for it in accepted for measured in it.measurements()]
        if measurements:
            body = msgspec.json.encode(MeasurementBatch(measurements=measurements))
            await outbox.put(self._connection, MEASUREMENTS, body)

    async def certify_tree(self) -> int:
        """Put the oldest messages that were not yet certified into the outbox, as one tree.

        Returns:
            How many messages were put.
        """
        query = (
            select(messages)
            .where(messages.c.is_certified.is_(False))
            .order_by(messages.c.received_at)
            .limit(MOST_MESSAGES)
        )
        rows = (await self._connection.execute(query)).all()
        chosen = rows[: first_tree([len(row.envelope) for row in rows])]
        if chosen:
            body = CertificationBatch(records=[_certification_record(row) for row in chosen])
            await outbox.put(self._connection, CERTIFICATION, msgspec.json.encode(body))
        for names in chunks((row.device, row.sequence) for row in chosen):
            by = messages.c.device, messages.c.sequence
            is_chosen = among_keys(self._connection, by, names)
            change = update(messages).where(is_chosen).values(is_certified=True)
            await self._connection.execute(change)
        return len(chosen)

    async def certify_all(self) -> None:
        """Put all messages that were not yet certified into the outbox."""
        while await self.certify_tree():
            pass

    async def numbers(self) -> Waiting:
        """Return how many messages wait for somebody, and since when the oldest does."""
        uncertified = select(func.count(), func.min(messages.c.received_at)).where(
            messages.c.is_certified.is_(False)
        )
        letters = select(func.count()).select_from(dead_letters).where(IS_OPEN)
        number, oldest = (await self._connection.execute(uncertified)).one()
        refused = (await self._connection.execute(letters)).scalar_one()
        since = None if oldest is None else datetime.fromisoformat(oldest)
        return Waiting(number, since, refused)

    async def has_uncertified(self, device: str) -> bool:
        """Return whether messages of a device were not put into the outbox for certification."""
        of_device = (messages.c.device == device) & messages.c.is_certified.is_(False)
        query = select(messages.c.sequence).where(of_device).limit(1)
        return (await self._connection.execute(query)).first() is not None

    async def certifies_before(self, entry: Entry) -> bool:
        """Return whether certifications wait in the outbox that were put before an entry."""
        query = select(outbox.table.c.id).where(
            outbox.table.c.state == "waiting",
            outbox.table.c.destination == CERTIFICATION,
            outbox.table.c.id < entry.id,
        )
        return (await self._connection.execute(query.limit(1))).first() is not None

    async def put_again(self, entry: Entry) -> None:
        """Put an entry into the outbox again, behind all that is in it."""
        await outbox.put(self._connection, entry.destination, entry.body)


class MessageRecords:
    """The messages and readings that were taken in.

    Args:
        database: The access layer's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[MessageTransaction]:
        """Begin a change; it is durable when the block ends."""
        async with self._database.transaction() as connection:
            yield MessageTransaction(connection)

    async def numbers(self) -> Waiting:
        """Return how many messages wait, as of now."""
        async with self._database.reading() as connection:
            return await MessageTransaction(connection).numbers()

    async def uncertified(self) -> int:
        """Return how many messages were not yet certified, those of one tree at most."""
        some = select(messages.c.device).where(messages.c.is_certified.is_(False))
        query = select(func.count()).select_from(some.limit(MOST_MESSAGES).subquery())
        async with self._database.reading() as connection:
            return (await connection.execute(query)).scalar_one()


def _message_row(accepted: AcceptedMessage) -> dict[str, object]:
    device, sequence = accepted.message.name
    return {
        "device": device,
        "sequence": sequence,
        "message_hash": accepted.message.message_hash,
        "envelope": accepted.message.text,
        "salt": accepted.salt,
        "received_at": accepted.received_at.isoformat(),
    }


def _certification_record(row: Row[Any]) -> CertificationRecord:
    return CertificationRecord(
        id=certification_id_of(row.device, row.sequence),
        kind="reading",
        content=row.envelope,
        salt="0x" + row.salt.hex(),
    )
