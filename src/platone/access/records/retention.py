"""Devices' messages that are old: refused ones that are mended, and the texts of certified ones."""

import hashlib
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, delete, func, literal, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.access.domain.certification import certification_id_of
from platone.access.records.dead_letter import IS_OPEN, forget_closings
from platone.access.records.table import (
    CERTIFICATION,
    MEASUREMENTS,
    dead_letters,
    messages,
    outbox,
)
from platone.infra.among import among_keys
from platone.infra.db import Database
from platone.messages.ledger import CertificationBatch
from platone.messages.registry import MeasurementBatch

_TOGETHER = 500
"""Messages looked at in one transaction: a megabyte of texts, some 20 ms."""


class RefusedRecords:
    """The refused messages that were taken or closed since; those that are open are never touched.

    Args:
        database: The access layer's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def count(self, now: datetime, age: timedelta) -> int:
        """Return how many would go now; arguments as of :class:`AgedRecords`."""
        query = select(func.count()).select_from(dead_letters).where(*_is_mended(now - age))
        async with self._database.reading() as connection:
            return (await connection.execute(query)).scalar_one()

    async def remove(self, now: datetime, age: timedelta) -> AsyncIterator[int]:
        """Remove them; likewise."""
        some = select(dead_letters.c.id).where(*_is_mended(now - age)).limit(_TOGETHER)
        number = _TOGETHER
        while number == _TOGETHER:
            async with self._database.transaction() as connection:
                done = await connection.execute(
                    delete(dead_letters).where(dead_letters.c.id.in_(some))
                )
                await forget_closings(connection)
            number = done.rowcount
            yield number


class SignedRecords:
    """The texts and salts of certified messages; number, hash and identifier of each stay.

    By these a message that comes again is still known, and its proof is still found: the ledger has
    the text, the salt and the leaf of its own. A text stays while the message was not told to the
    ledger and the customer database, or while there is a refused copy of it, which may be replayed.

    Args:
        database: The access layer's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def count(self, now: datetime, age: timedelta) -> int:
        """Return how many would go now; arguments as of :class:`AgedRecords`."""
        number = 0
        waiting = _Waiting()
        place: tuple[str, int] = ("", -1)
        while True:
            async with self._database.reading() as connection:
                found = await _after(connection, place, now - age)
                number += len(await _not_needed(connection, found, waiting))
            if not found:
                return number
            place = found[-1].device, found[-1].sequence

    async def remove(self, now: datetime, age: timedelta) -> AsyncIterator[int]:
        """Remove them; likewise."""
        waiting = _Waiting()
        place: tuple[str, int] = ("", -1)
        while True:
            async with self._database.reading() as connection:  # a long way: writers go on
                found = await _after(connection, place, now - age)
            if not found:
                return
            place = found[-1].device, found[-1].sequence
            async with self._database.transaction() as connection:
                names = await _not_needed(connection, found, waiting)
                by = messages.c.device, messages.c.sequence
                is_one = among_keys(connection, by, names)
                change = update(messages).where(is_one, messages.c.is_certified.is_(True))
                if names:
                    await connection.execute(change.values(envelope="", salt=b""))
            yield len(names)


class _Waiting:
    """The certification identifiers in messages that other parties have not taken yet."""

    def __init__(self) -> None:
        self._last = 0
        self.names: set[str] = set()

    async def look(self, connection: AsyncConnection) -> None:
        """Add those that were put since the last look; who is told meanwhile stays named."""
        row = outbox.table.c
        query = select(row.id, row.destination, row.body).where(
            row.state == "waiting",
            row.id > self._last,
            row.destination.in_((CERTIFICATION, MEASUREMENTS)),
        )
        async for each in await connection.stream(query.order_by(row.id)):
            self._last = each.id
            self.names |= _named(each.destination, each.body)


def _named(destination: str, body: bytes) -> set[str]:
    if destination == CERTIFICATION:
        batch = msgspec.json.decode(body, type=CertificationBatch)
        return {each.id for each in batch.records}
    told = msgspec.json.decode(body, type=MeasurementBatch)
    return {each.certification_id for each in told.measurements}


def _is_mended(before: datetime) -> Sequence[ColumnElement[bool]]:
    """Return the condition of refused messages that go; the newest stays, and so its number."""
    newest = select(func.max(dead_letters.alias().c.id)).scalar_subquery()
    is_old = dead_letters.c.received_at < before.isoformat()
    return is_old, ~IS_OPEN, dead_letters.c.id < newest


async def _after(
    connection: AsyncConnection, place: tuple[str, int], before: datetime
) -> Sequence[Any]:
    """Return the next old messages with a text, after a device and a number."""
    key = tuple_(messages.c.device, messages.c.sequence)
    query = select(messages.c.device, messages.c.sequence, messages.c.envelope).where(
        key > tuple_(literal(place[0]), literal(place[1])),
        messages.c.received_at < before.isoformat(),
        messages.c.is_certified.is_(True),
        messages.c.envelope != "",
    )
    ordered = query.order_by(messages.c.device, messages.c.sequence).limit(_TOGETHER)
    return (await connection.execute(ordered)).all()


async def _not_needed(
    connection: AsyncConnection, found: Sequence[Any], waiting: _Waiting
) -> list[tuple[str, int]]:
    """Return the names of those messages that neither another party nor a replay waits for."""
    await waiting.look(connection)
    refused = await _refused(connection, {each.device for each in found})
    return [
        (each.device, each.sequence)
        for each in found
        if certification_id_of(each.device, each.sequence) not in waiting.names
        and _hash(each.envelope) not in refused
    ]


async def _refused(connection: AsyncConnection, devices: Collection[str]) -> set[str]:
    query = select(dead_letters.c.raw_hash).where(dead_letters.c.device.in_(devices))
    return set((await connection.execute(query)).scalars())


def _hash(envelope: str) -> str:
    return hashlib.sha256(envelope.encode()).hexdigest()
