"""Participants' endpoints as they are stored, how far each has come, and what it did not take."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, Table, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.db import replace_rows
from platone.infra.packed import unpack
from platone.market.domain.topic import topics_of
from platone.market.records.table import (
    dead_letter,
    topic_message,
    webhook,
    webhook_place,
)
from platone.messages.webhook import DeadLetter, WebhookStatus

_MOST_COUNTED = 1_000
"""Waiting messages that are counted for one party: enough to see that it is behind."""
_MOST_LETTERS = 200
"""Messages given up that are listed for one party: a page of them, the oldest first."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The endpoint of a party."""

    party: str
    url: str
    secret: str
    failures: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that waits for an endpoint; replayed where it was given up before."""

    topic: str
    offset: int
    content: bytes
    is_replayed: bool


class WebhookRecords:
    """The stored endpoints, within one transaction.

    Args:
        connection: The transaction.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def register(self, party: str, url: str, secret: str) -> None:
        """Store an endpoint; a new one gets what is published from now on."""
        is_known = await self.find(party) is not None
        row = {"party": party, "url": url, "secret": secret, "failures": 0, "answer": ""}
        await replace_rows(self._connection, webhook, [row | {"delivered_at": None}])
        if is_known:
            return
        newest = func.coalesce(func.max(topic_message.c.number), 0)
        for topic in topics_of(party):
            query = select(newest).where(topic_message.c.topic == topic)
            number = (await self._connection.execute(query)).scalar_one()
            place = {"party": party, "topic": topic, "number": number}
            await replace_rows(self._connection, webhook_place, [place])

    async def remove(self, party: str) -> bool:
        """Forget a party's endpoint; return whether there was one."""
        for table in (webhook_place, dead_letter):
            await self._connection.execute(delete(table).where(table.c.party == party))
        done = await self._connection.execute(delete(webhook).where(webhook.c.party == party))
        return bool(done.rowcount)

    async def all(self) -> list[Endpoint]:
        """Return all endpoints."""
        columns = webhook.c.party, webhook.c.url, webhook.c.secret, webhook.c.failures
        return [Endpoint(*row) for row in await self._connection.execute(select(*columns))]

    async def find(self, party: str) -> Endpoint | None:
        """Return a party's endpoint."""
        return next((each for each in await self.all() if each.party == party), None)

    async def next_for(self, party: str) -> Waiting | None:
        """Return the next message of a party: what is replayed first, else the oldest."""
        replayed = (
            select(dead_letter.c.topic, dead_letter.c.number, topic_message.c.content)
            .join(topic_message, _is_same(dead_letter))
            .where(dead_letter.c.party == party, dead_letter.c.replayed)
            .order_by(topic_message.c.published_at, dead_letter.c.topic, dead_letter.c.number)
        )
        for query, is_replayed in ((replayed, True), (_first_waiting(party), False)):
            for row in await self._connection.execute(query.limit(1)):
                return Waiting(row[0], row[1], unpack(row[2]), is_replayed)
        return None

    async def took(self, party: str, message: Waiting, at: datetime) -> None:
        """Note that an endpoint has taken a message."""
        await self._pass(party, message)
        await self._note(party, failures=0, answer="taken", delivered_at=at)

    async def failed(self, party: str, message: Waiting, answer: str, *, is_last: bool) -> None:
        """Note that an endpoint did not take a message; after the last try it is given up."""
        if is_last:
            await self._pass(party, message)
            letter = {"party": party, "topic": message.topic, "number": message.offset}
            await self._connection.execute(
                insert(dead_letter).values(**letter, answer=answer, replayed=False)
            )
        failures = 0 if is_last else webhook.c.failures + 1
        await self._note(party, failures=failures, answer=answer)

    async def replay(self, party: str) -> int:
        """Have all that was given up tried again; return how much that is."""
        change = update(dead_letter).where(dead_letter.c.party == party).values(replayed=True)
        await self._note(party, failures=0)
        return (await self._connection.execute(change)).rowcount

    async def status(self, party: str) -> WebhookStatus | None:
        """Return the state of a party's endpoint."""
        query = select(webhook).where(webhook.c.party == party)
        row = (await self._connection.execute(query)).first()
        if row is None:
            return None
        waiting = _waiting(party).limit(_MOST_COUNTED).subquery()
        count = (await self._connection.execute(select(func.count()).select_from(waiting))).scalar()
        letters = (
            select(dead_letter)
            .where(dead_letter.c.party == party)
            .order_by(dead_letter.c.topic, dead_letter.c.number)
            .limit(_MOST_LETTERS)
        )
        return WebhookStatus(
            url=row.url,
            delivered_at=row.delivered_at,
            failures=row.failures,
            answer=row.answer,
            waiting=count or 0,
            dead_letters=[
                DeadLetter(topic=each.topic, offset=each.number, answer=each.answer)
                for each in await self._connection.execute(letters)
            ],
        )

    async def _pass(self, party: str, message: Waiting) -> None:
        table = dead_letter if message.is_replayed else webhook_place
        its = (table.c.party == party) & (table.c.topic == message.topic)
        if message.is_replayed:
            gone = its & (dead_letter.c.number == message.offset)
            await self._connection.execute(delete(dead_letter).where(gone))
        else:
            change = update(webhook_place).where(its).values(number=message.offset)
            await self._connection.execute(change)

    async def _note(self, party: str, **values: object) -> None:
        await self._connection.execute(
            update(webhook).where(webhook.c.party == party).values(**values)
        )


def _is_same(table: Table) -> ColumnElement[bool]:
    return (topic_message.c.topic == table.c.topic) & (topic_message.c.number == table.c.number)


def _first_waiting(party: str) -> Select[tuple[str, int, bytes]]:
    """Return the query for the first message of each topic that waits, the oldest of them first.

    A topic's order is that of its numbers: two steps that publish at once may have read the clock
    in another order, and a message that is passed over would never be told.
    """
    waiting = _waiting(party).subquery()
    first = select(waiting.c.topic, func.min(waiting.c.number).label("number"))
    heads = first.group_by(waiting.c.topic).subquery()
    return (
        select(topic_message.c.topic, topic_message.c.number, topic_message.c.content)
        .join(
            heads,
            (heads.c.topic == topic_message.c.topic) & (heads.c.number == topic_message.c.number),
        )
        .order_by(topic_message.c.published_at, topic_message.c.topic)
    )


def _waiting(party: str) -> Select[tuple[str, int, bytes]]:
    return (
        select(topic_message.c.topic, topic_message.c.number, topic_message.c.content)
        .join(webhook_place, webhook_place.c.topic == topic_message.c.topic)
        .where(webhook_place.c.party == party, topic_message.c.number > webhook_place.c.number)
    )
