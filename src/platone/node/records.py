"""The journal of a Light Node: its messages and setpoints in a SQLite file of its own."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    LargeBinary,
    MetaData,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)

from platone.infra.db import Database, sqlite_url
from platone.messages.metering import SetpointCommand
from platone.node.domain.message import SealedMessage, SetpointRefused

metadata = MetaData()
_progress = Table(
    "progress",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("next_sequence", BigInteger, nullable=False),
    Column("read_until_s", BigInteger),
)
_messages = Table(
    "messages",
    metadata,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("envelope", LargeBinary, nullable=False),
    Column("message_hash", String, nullable=False),
    Column("read_until_s", BigInteger, nullable=False),
    Column("refusal", String),
)
_setpoints = Table(
    "setpoints",
    metadata,
    Column("setpoint_id", String, primary_key=True),
    Column("command", LargeBinary, nullable=False),
    Column("acknowledgement", LargeBinary),
)
_ONLY_ROW = 1
"""Identifier of the one row of the progress table."""


class Journal:
    """A durable store of messages until they are received, and of setpoints with their answers.

    Numbers begin at the microseconds since 1970 of the journal's making: a node that has lost
    its journal does not use the lost one's numbers again.

    Args:
        file: The SQLite file; made where it is missing.
    """

    def __init__(self, file: Path) -> None:
        self._database = Database(sqlite_url(file), metadata)

    async def open(self) -> None:
        """Make the tables, and the first sequence number, where they are missing."""
        await self._database.open()
        async with self._database.transaction() as connection:
            if (await connection.execute(select(_progress.c.id))).first() is None:
                first = time.time_ns() // 1000
                await connection.execute(
                    insert(_progress).values(id=_ONLY_ROW, next_sequence=first, read_until_s=None)
                )

    async def close(self) -> None:
        """Close the file."""
        await self._database.close()

    async def read_until(self) -> datetime | None:
        """Return the end of the last interval that was kept; None at the very first."""
        async with self._database.reading() as connection:
            until_s = (await connection.execute(select(_progress.c.read_until_s))).scalar_one()
        return _instant(until_s) if until_s is not None else None

    async def keep(self, seal: Callable[[int], Sequence[SealedMessage]]) -> Sequence[SealedMessage]:
        """Number new messages and store them, with how far the meter was read: all or none."""
        async with self._database.transaction() as connection:
            progress = (await connection.execute(select(_progress))).one()
            made = seal(progress.next_sequence)
            for message in made:
                await connection.execute(insert(_messages).values(**_row(message)))
            await connection.execute(
                update(_progress).values(
                    next_sequence=progress.next_sequence + len(made),
                    read_until_s=max(_seconds(message.read_until) for message in made),
                )
            )
        return made

    async def waiting(self, limit: int) -> Sequence[SealedMessage]:
        """Return the oldest messages that have neither a receipt nor a refusal."""
        query = (
            select(_messages)
            .where(_messages.c.refusal.is_(None))
            .order_by(_messages.c.sequence)
            .limit(limit)
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).all()
        return [
            SealedMessage(row.sequence, row.envelope, row.message_hash, _instant(row.read_until_s))
            for row in rows
        ]

    async def settle(self, sequence: int, message_hash: str, refusal: str | None) -> bool:
        """Delete a received message, or mark a refused one; False where it is another message's."""
        is_it = (_messages.c.sequence == sequence) & (_messages.c.message_hash == message_hash)
        change = (
            delete(_messages).where(is_it)
            if refusal is None
            else update(_messages).where(is_it).values(refusal=refusal)
        )
        async with self._database.transaction() as connection:
            return (await connection.execute(change)).rowcount == 1

    async def count(self) -> tuple[int, int]:
        """Return how many messages wait, and how many were refused."""
        query = select(func.count(), func.count(_messages.c.refusal))
        async with self._database.reading() as connection:
            total, refused = (await connection.execute(query)).one()
        return total - refused, refused

    async def remember(self, command: SetpointCommand) -> bytes | None:
        """Store a setpoint; return its acknowledgement if it has one already."""
        body = msgspec.json.encode(command)
        query = select(_setpoints).where(_setpoints.c.setpoint_id == command.setpoint_id)
        async with self._database.transaction() as connection:
            known = (await connection.execute(query)).first()
            if known is None:
                await connection.execute(
                    insert(_setpoints).values(setpoint_id=command.setpoint_id, command=body)
                )
                return None
        if known.command != body:
            raise SetpointRefused(f"{command.setpoint_id} named another setpoint before.")
        acknowledgement: bytes | None = known.acknowledgement
        return acknowledgement

    async def open_setpoints(self) -> Sequence[SetpointCommand]:
        """Return the setpoints that have no acknowledgement, because the node stopped."""
        query = select(_setpoints.c.command).where(_setpoints.c.acknowledgement.is_(None))
        async with self._database.reading() as connection:
            bodies = (await connection.execute(query)).scalars().all()
        return [msgspec.json.decode(body, type=SetpointCommand) for body in bodies]

    async def answer(self, setpoint_id: str, acknowledgement: bytes) -> None:
        """Store a setpoint's acknowledgement."""
        change = update(_setpoints).where(_setpoints.c.setpoint_id == setpoint_id)
        async with self._database.transaction() as connection:
            await connection.execute(change.values(acknowledgement=acknowledgement))


def _seconds(instant: datetime) -> int:
    return int(instant.timestamp())


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _row(message: SealedMessage) -> dict[str, object]:
    return {
        "sequence": message.sequence,
        "envelope": message.envelope,
        "message_hash": message.message_hash,
        "read_until_s": _seconds(message.read_until),
    }
