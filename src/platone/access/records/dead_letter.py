"""Dead letters in SQL: refused messages, each once, however often it came."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.access.domain.dead_letter import KEPT_PER_DEVICE, DeadLetter
from platone.access.domain.message import IncomingMessage
from platone.access.records.table import closed_letters, dead_letters, rows_by_key
from platone.infra.db import Database, replace_rows
from platone.infra.listing import Listed, Part, read_part
from platone.kernel.errors import PlatoneError

IS_OPEN = dead_letters.c.is_replayed.is_(False) & dead_letters.c.id.not_in(
    select(closed_letters.c.letter_id)
)
"""The condition that a refused message was neither taken since nor closed."""
_ALL = select(dead_letters, closed_letters.c.because).outerjoin(
    closed_letters, closed_letters.c.letter_id == dead_letters.c.id
)
"""The refused messages, each with why it was closed, where it was."""


class DeadLetterRecords:
    """The dead letters.

    Args:
        database: The access layer's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def select(self, part: Part) -> Listed[DeadLetter]:
        """Return dead letters in order of their numbers."""
        async with self._database.reading() as connection:
            found = await read_part(connection, _ALL, [dead_letters.c.id], part)
        return found.of(_dead_letter)

    async def find(self, letter_id: int) -> DeadLetter | None:
        """Return the dead letter of a number; None where there is none."""
        query = _ALL.where(dead_letters.c.id == letter_id)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).first()
        return _dead_letter(row) if row is not None else None

    async def mark_replayed(self, letter_id: int) -> None:
        """Note that a refused message was stored since."""
        change = update(dead_letters).where(dead_letters.c.id == letter_id)
        async with self._database.transaction() as connection:
            await connection.execute(change.values(is_replayed=True))

    async def close(self, letter_id: int, because: str) -> None:
        """Note that a refused message is not waited for any more, and why."""
        row = {"letter_id": letter_id, "because": because}
        async with self._database.transaction() as connection:
            await replace_rows(connection, closed_letters, [row])


async def store_refused(
    connection: AsyncConnection,
    refused: Sequence[tuple[IncomingMessage, PlatoneError]],
    now: datetime,
) -> None:
    """Store refused messages as dead letters, and delete the oldest beyond the number kept."""
    letters: dict[tuple[str, str], dict[str, object]] = {}
    times: Counter[tuple[str, str]] = Counter()
    for message, reason in refused:
        key = (message.device, hashlib.sha256(message.raw).hexdigest())
        letter = letters.setdefault(key, _row(message, key, now))
        letter |= {"reason": reason.slug, "detail": reason.detail}
        times[key] += 1
    for key, letter in letters.items():
        letter["times"] = times[key]
    columns = (dead_letters.c.device, dead_letters.c.raw_hash)
    for row in await rows_by_key(connection, columns, list(letters)):
        letter = letters.pop((row.device, row.raw_hash))
        change = update(dead_letters).where(dead_letters.c.id == row.id)
        await connection.execute(
            change.values(
                times=row.times + times[row.device, row.raw_hash],
                reason=letter["reason"],
                detail=letter["detail"],
                is_replayed=False,
            )
        )
        await connection.execute(delete(closed_letters).where(closed_letters.c.letter_id == row.id))
    if letters:
        await connection.execute(insert(dead_letters), list(letters.values()))
    for device in {device for device, _ in letters}:
        await _delete_oldest(connection, device)


async def mark_stored(connection: AsyncConnection, accepted: Sequence[tuple[str, str]]) -> None:
    """Note of dead letters that their messages are stored now: they were only too early before.

    Args:
        connection: The open transaction.
        accepted: Device and envelope of each message that is stored.
    """
    devices = {device for device, _ in accepted}
    is_open = dead_letters.c.device.in_(devices) & dead_letters.c.is_replayed.is_(False)
    query = select(dead_letters.c.device).where(is_open).distinct()
    concerned = set((await connection.execute(query)).scalars())
    for device, envelope in accepted:
        if device in concerned:
            is_it = dead_letters.c.device == device
            is_it &= dead_letters.c.raw_hash == hashlib.sha256(envelope.encode()).hexdigest()
            await connection.execute(update(dead_letters).where(is_it).values(is_replayed=True))


async def _delete_oldest(connection: AsyncConnection, device: str) -> None:
    of_device = dead_letters.c.device == device
    oldest_kept = (
        select(dead_letters.c.id)
        .where(of_device)
        .order_by(dead_letters.c.id.desc())
        .offset(KEPT_PER_DEVICE - 1)
        .limit(1)
        .scalar_subquery()
    )
    await connection.execute(
        delete(dead_letters).where(of_device & (dead_letters.c.id < oldest_kept))
    )
    await forget_closings(connection)


async def forget_closings(connection: AsyncConnection) -> None:
    """Delete the closings of refused messages that are gone: others may have their numbers."""
    there = select(dead_letters.c.id)
    await connection.execute(delete(closed_letters).where(closed_letters.c.letter_id.not_in(there)))


def _dead_letter(row: Row[Any]) -> DeadLetter:
    return DeadLetter(
        row.id,
        IncomingMessage(row.device, row.raw),
        row.reason,
        row.detail,
        datetime.fromisoformat(row.received_at),
        row.times,
        row.is_replayed,
        row.because,
    )


def _row(message: IncomingMessage, key: tuple[str, str], now: datetime) -> dict[str, object]:
    device, raw_hash = key
    return {
        "device": device,
        "raw_hash": raw_hash,
        "raw": message.raw,
        "received_at": now.isoformat(),
        "is_replayed": False,
    }
