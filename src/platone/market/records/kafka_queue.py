"""The participants' topics as Kafka gets them: all of their messages, from the first on."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.sql.functions import coalesce

from platone.infra.db import Database
from platone.infra.kafka.queue import Numbered, WaitingTopic, note_place
from platone.infra.outbox import BATCH, first_together
from platone.infra.packed import unpack
from platone.market.records.table import kafka_place, topic_message


class MarketQueue:
    """The market's topics: the topic itself is what waits, a place in it is all that is kept.

    Args:
        database: The market's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def waiting(self) -> list[WaitingTopic]:
        """Return the topics of which messages wait.

        It leaps from topic to topic through their index, and reads no message: they grow for years.
        """
        first = select(func.min(topic_message.c.topic).label("topic")).cte("leap", recursive=True)
        beyond = (
            select(func.min(topic_message.c.topic))
            .where(topic_message.c.topic > first.c.topic)
            .scalar_subquery()
        )
        leap = first.union_all(select(beyond).where(first.c.topic.is_not(None)))
        newest = (
            select(func.max(topic_message.c.number))
            .where(topic_message.c.topic == leap.c.topic)
            .scalar_subquery()
        )
        place = coalesce(kafka_place.c.number, 0)
        query = (
            select(leap.c.topic, place, newest - place)
            .join_from(leap, kafka_place, kafka_place.c.topic == leap.c.topic, isouter=True)
            .where(newest > place)
            .order_by(leap.c.topic)
        )
        async with self._database.reading() as connection:
            return [WaitingTopic(*row) for row in await connection.execute(query)]

    async def after(self, topic: str, number: int) -> list[Numbered]:
        """Return the next messages of a topic after a number, as many as go together."""
        own = topic_message.c.topic == topic
        columns = topic_message.c.number, func.length(topic_message.c.content)
        lengths = select(*columns).where(own, topic_message.c.number > number)
        async with self._database.reading() as connection:
            stored = await connection.execute(lengths.order_by(columns[0]).limit(BATCH))
            chosen = first_together(stored.all())
            query = select(topic_message.c.number, topic_message.c.content)
            query = query.where(own, topic_message.c.number.in_(chosen)).order_by(columns[0])
            return _together((await connection.execute(query)).all())

    async def mark_of(self, topic: str, number: int) -> str | None:
        """Return the mark of a message; None where there is no such message."""
        query = select(topic_message.c.content)
        query = query.where(topic_message.c.topic == topic, topic_message.c.number == number)
        async with self._database.reading() as connection:
            content = (await connection.execute(query)).scalar()
        return None if content is None else _mark(unpack(content))

    async def passed(self, topic: str, number: int) -> None:
        """Note that a topic is published up to and with a number."""
        async with self._database.transaction() as connection:
            await note_place(connection, kafka_place, topic, number)


def _numbered(number: int, content: bytes) -> Numbered:
    text = unpack(content)
    return Numbered(number, text, _mark(text))


def _together(rows: Sequence[Any]) -> list[Numbered]:
    """Return the first messages of some that are not too long together as they are read."""
    found: list[Numbered] = []
    for number, content in rows:
        found.append(_numbered(number, content))
        if len(first_together([(each.number, len(each.body)) for each in found])) < len(found):
            return found[:-1]
    return found


def _mark(content: bytes) -> str:
    return sha256(content).hexdigest()
