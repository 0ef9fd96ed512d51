"""Messages that wait to be published, as the publisher sees them."""

from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Column, MetaData, String, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.db import replace_rows
from platone.infra.whole import WholeNumber


@dataclass(frozen=True, slots=True)
class WaitingTopic:
    """A topic with messages that wait.

    Attributes:
        name: The topic's name.
        place: The number of its last message that is known to be published; 0 before the first.
        count: How many wait.
    """

    name: str
    place: int
    count: int


@dataclass(frozen=True, slots=True)
class Numbered:
    """A message of a topic.

    Attributes:
        number: Its number in the topic, from 1 and rising.
        body: Its bytes.
        mark: What tells it from another message that once had the same number, as after a restored
            backup; some letters, 64 at most.
        key: What it is about, as readers of Kafka see it; none where the topic says it all.
    """

    number: int
    body: bytes
    mark: str
    key: str | None = None


class KafkaQueue(Protocol):
    """The topics of a context, of which each message is published once, in order."""

    async def waiting(self) -> list[WaitingTopic]:
        """Return the topics of which messages wait."""
        ...

    async def after(self, topic: str, number: int) -> list[Numbered]:
        """Return the next messages of a topic after a number, as many as go together."""
        ...

    async def mark_of(self, topic: str, number: int) -> str | None:
        """Return the mark of a message; None where there is no such message."""
        ...

    async def passed(self, topic: str, number: int) -> None:
        """Note that a topic is published up to and with a number."""
        ...


def place_table(metadata: MetaData) -> Table:
    """Return the table of how far each topic is published, which is added to a context's."""
    return Table(
        "kafka_place",
        metadata,
        Column("topic", String, primary_key=True),
        Column("number", WholeNumber, nullable=False),
    )


async def note_place(connection: AsyncConnection, table: Table, topic: str, number: int) -> None:
    """Note how far a topic is published."""
    await replace_rows(connection, table, [{"topic": topic, "number": number}])


async def place_of(connection: AsyncConnection, table: Table, topic: str) -> int:
    """Return how far a topic is published; 0 before its first message is."""
    query = select(table.c.number).where(table.c.topic == topic)
    return (await connection.execute(query)).scalar() or 0
