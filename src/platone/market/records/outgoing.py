"""Messages that leave the market: the outbox, records to certify, topics."""

import asyncio
import secrets
from collections.abc import Mapping
from datetime import datetime

import msgspec
from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.db import chunks
from platone.infra.outbox import Outbox
from platone.infra.packed import pack, unpack
from platone.kernel.canonical import canonical_json
from platone.market.domain.certification import MOST_RECORDS, certified_text, first_batch
from platone.market.records.table import certificate, topic_message
from platone.messages.ledger import CertificationBatch, CertificationRecord
from platone.messages.market import TopicMessage

CERTIFICATION = "POST /api/certification"
_RECORDS_AT_ONCE = 1_000
"""Records stored in one statement: some 20 ms of making it."""
_SALT_BYTES = 32
"""Length of a record's random salt, as long as the hash that it protects."""


class OutgoingRecords:
    """The messages that wait to leave, within one transaction.

    Args:
        connection: The transaction.
        outbox: The outbox.
    """

    def __init__(self, connection: AsyncConnection, outbox: Outbox) -> None:
        self._connection = connection
        self._outbox = outbox

    async def send(self, destination: str, message: object) -> None:
        """Put a message into the outbox, which sends it."""
        await self.send_text(destination, msgspec.json.encode(message))

    async def send_text(self, destination: str, text: bytes) -> None:
        """Put a message that is written already into the outbox, which sends it."""
        await self._outbox.put(self._connection, destination, text)

    async def certify(self, identifier: str, kind: str, content: object) -> None:
        """Have a content certified, as canonical JSON, with a salt that is drawn now."""
        await self.certify_texts(kind, {identifier: canonical_json(content)})

    async def certify_text(self, identifier: str, kind: str, text: bytes) -> None:
        """Have a content certified that is canonical JSON already."""
        record = await asyncio.to_thread(_record, identifier, kind, text)
        row = {"document": msgspec.json.encode(record)}
        await self._connection.execute(insert(certificate), [row])

    async def certify_texts(self, kind: str, texts: Mapping[str, bytes]) -> None:
        """Have many short contents certified that are canonical JSON already, by identifier."""
        for some in chunks(texts.items(), _RECORDS_AT_ONCE):  # others have their turn between
            rows = [
                {"document": msgspec.json.encode(_record(name, kind, text))} for name, text in some
            ]
            await self._connection.execute(insert(certificate), rows)

    async def any_certificates(self) -> bool:
        """Return whether something waits for certification."""
        query = select(certificate.c.number).limit(1)
        return (await self._connection.execute(query)).scalar() is not None

    async def send_certificates(self) -> None:
        """Send what waits for certification together, as far as one message holds it."""
        query = select(certificate).order_by(certificate.c.number).limit(MOST_RECORDS)
        rows = (await self._connection.execute(query)).all()
        chosen = rows[: first_batch([len(row.document) for row in rows])]
        if not chosen:
            return
        records = [msgspec.json.decode(row.document, type=CertificationRecord) for row in chosen]
        await self.send(CERTIFICATION, CertificationBatch(records=records))
        last = chosen[-1].number
        await self._connection.execute(delete(certificate).where(certificate.c.number <= last))

    async def publish(self, topic: str, message: object, at: datetime) -> None:
        """Append a message to a topic."""
        await self.publish_text(topic, msgspec.json.encode(message), at)

    async def publish_text(self, topic: str, text: bytes, at: datetime) -> None:
        """Append a message that is written already to a topic."""
        query = select(func.max(topic_message.c.number)).where(topic_message.c.topic == topic)
        newest = (await self._connection.execute(query)).scalar() or 0
        await self._connection.execute(
            insert(topic_message).values(
                topic=topic,
                number=newest + 1,
                published_at=at,
                content=await asyncio.to_thread(pack, text),
            )
        )

    async def read_topic(self, topic: str, after: int, limit: int) -> list[TopicMessage]:
        """Return a topic's messages after an offset."""
        query = (
            select(topic_message)
            .where(topic_message.c.topic == topic, topic_message.c.number > after)
            .order_by(topic_message.c.number)
            .limit(limit)
        )
        return [
            TopicMessage(
                offset=row.number,
                topic=topic,
                published_at=row.published_at,
                content=msgspec.Raw(unpack(row.content)),
            )
            for row in await self._connection.execute(query)
        ]


def _record(identifier: str, kind: str, content: bytes) -> CertificationRecord:
    text = certified_text(identifier, content)
    salt = "0x" + secrets.token_hex(_SALT_BYTES)
    return CertificationRecord(id=identifier, kind=kind, content=text, salt=salt)
