"""Messages on their way to the databus in Kafka: stored before anything counts as taken."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.sql.functions import coalesce

from platone.dso.domain.problem import DatabusFull
from platone.dso.records.table import databus_message, kafka_place
from platone.infra.db import Database
from platone.infra.kafka.queue import Numbered, WaitingTopic, note_place
from platone.infra.outbox import BATCH, first_together

_KEPT = 5_000
"""Published messages of a topic that are known by their sources, at least. A broker of devices
sends 1,000 again, and a reader in Kafka the 250 that it had not finished."""
_MOST_BYTES = 268_435_456
"""Most bytes that wait, 256 MiB: some hours of a fast stream while Kafka is away."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that is to be published.

    Attributes:
        topic: The topic in Kafka.
        place: Its place on the databus.
        content: Its bytes.
        source: What it was made of, 64 letters at most: of two alike the second is left out.
    """

    topic: str
    place: str
    content: bytes
    source: str


class DatabusQueue:
    """The messages that wait, and how far each topic is published.

    Args:
        database: The platform's database.
        most_bytes: Most bytes that wait.
    """

    def __init__(self, database: Database, most_bytes: int = _MOST_BYTES) -> None:
        self._database, self._most_bytes = database, most_bytes
        self._adding = asyncio.Lock()  # numbers are stored in the order in which they are given
        self._bytes: int | None = None

    async def add(self, messages: Sequence[Waiting]) -> None:
        """Store messages durably, except for those that were stored lately.

        Raises:
            DatabusFull: Too much waits; none of them is stored.
        """
        if not messages:
            return
        columns = databus_message.c
        new: dict[tuple[str, str], Waiting] = {}
        for each in messages:
            new.setdefault((each.topic, each.source), each)
        async with self._adding:
            async with self._database.transaction() as connection:
                if self._bytes is None:
                    total = select(coalesce(func.sum(func.length(columns.content)), 0))
                    self._bytes = int((await connection.execute(total)).scalar_one())
                known = select(columns.topic, columns.source)
                known = known.where(columns.source.in_([source for _, source in new]))
                for row in await connection.execute(known):
                    new.pop((row.topic, row.source), None)
                size = sum(len(each.content) for each in new.values())
                if self._bytes + size > self._most_bytes:
                    raise DatabusFull(f"{self._bytes} bytes wait for Kafka.")
                if new:
                    rows = [asdict(each) for each in new.values()]
                    await connection.execute(insert(databus_message), rows)
            self._bytes += size

    async def waiting(self) -> list[WaitingTopic]:
        """Return the topics of which messages wait."""
        columns, place = databus_message.c, coalesce(kafka_place.c.number, 0)
        query = (
            select(columns.topic, place, func.count())
            .join_from(
                databus_message, kafka_place, kafka_place.c.topic == columns.topic, isouter=True
            )
            .where(columns.number > place)
            .group_by(columns.topic, place)
            .order_by(columns.topic)
        )
        async with self._database.reading() as connection:
            return [WaitingTopic(*row) for row in await connection.execute(query)]

    async def after(self, topic: str, number: int) -> list[Numbered]:
        """Return the next messages of a topic after a number, as many as go together."""
        columns = databus_message.c
        lengths = (
            select(columns.number, func.length(columns.content))
            .where(columns.topic == topic, columns.number > number)
            .order_by(columns.number)
            .limit(BATCH)
        )
        async with self._database.reading() as connection:
            chosen = first_together((await connection.execute(lengths)).all())
            query = select(columns.number, columns.content, columns.source, columns.place)
            query = query.where(columns.number.in_(chosen)).order_by(columns.number)
            return [Numbered(*row) for row in await connection.execute(query)]

    async def mark_of(self, topic: str, number: int) -> str | None:
        """Return the mark of a message; None where there is no such message."""
        columns = databus_message.c
        query = select(columns.source).where(columns.topic == topic, columns.number == number)
        async with self._database.reading() as connection:
            return (await connection.execute(query)).scalar()

    async def passed(self, topic: str, number: int) -> None:
        """Note that a topic is published up to and with a number, and forget what it said."""
        columns = databus_message.c
        published = (columns.topic == topic) & (columns.number <= number)
        full = published & (columns.content != b"")
        size = select(coalesce(func.sum(func.length(columns.content)), 0)).where(full)
        oldest_kept = (
            select(columns.number)
            .where(published)
            .order_by(columns.number.desc())
            .offset(_KEPT)
            .limit(1)
        )
        async with self._database.transaction() as connection:
            await note_place(connection, kafka_place, topic, number)
            freed = int((await connection.execute(size)).scalar_one())
            await connection.execute(update(databus_message).where(full).values(content=b""))
            last = (await connection.execute(oldest_kept)).scalar()
            if last is not None:
                gone = delete(databus_message).where(published, columns.number <= last)
                await connection.execute(gone)
        if self._bytes is not None:
            self._bytes = max(self._bytes - freed, 0)
