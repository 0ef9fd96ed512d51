"""Messages that leave the market: the outbox, records to certify, topics."""

import asyncio
import secrets
from collections.abc import Mapping
from datetime import datetime

import msgspec
from sqlalchemy import and_, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.db import chunks
from platone.infra.insertion import Insertion, Row
from platone.infra.outbox import Outbox
from platone.infra.packed import pack, unpack
from platone.kernel.canonical import canonical_json
from platone.market.domain.certification import MOST_RECORDS, certified_text, first_batch
from platone.market.records.submission import StoredOrder
from platone.market.records.table import certificate, service, topic_message
from platone.messages.ledger import CertificationBatch, CertificationRecord
from platone.messages.market import RecordedService, TopicMessage

CERTIFICATION = "POST /api/certification"
_RECORDS_AT_ONCE = 1_000
"""Records stored in one statement: some 20 ms of making it."""
_SALT_BYTES = 32
"""Length of a record's random salt, as long as the hash that it protects."""
_CERTIFY = Insertion(certificate)
WITH_ORDERS = certificate.outerjoin(
    service,
    and_(
        service.c.player_id == certificate.c.player_id,
        service.c.service_id == certificate.c.service_id,
        service.c.revision == certificate.c.revision,
    ),
)
"""The records that wait to be certified, with the version that some of them name."""


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
        await _CERTIFY(self._connection, [_row(record)])

    async def certify_texts(self, kind: str, texts: Mapping[str, bytes]) -> None:
        """Have many short contents certified that are canonical JSON already, by identifier."""
        for some in chunks(texts.items(), _RECORDS_AT_ONCE):  # others have their turn between
            records = [_record(name, kind, text) for name, text in some]
            await _CERTIFY(self._connection, map(_row, records))

    async def certify_orders(self, kind: str, orders: Mapping[str, StoredOrder]) -> None:
        """Have versions of requests or offers certified, by identifier.

        They are stored in this transaction, too. Their texts are long, so they are read from there
        when they are sent, and not stored twice; until then nobody erases anything of them.
        """
        rows = [_row(_record(name, kind, b""), each.recorded) for name, each in orders.items()]
        await _CERTIFY(self._connection, rows)

    async def any_certificates(self) -> bool:
        """Return whether something waits for certification."""
        query = select(certificate.c.number).limit(1)
        return (await self._connection.execute(query)).scalar() is not None

    async def send_certificates(self) -> None:
        """Send what waits for certification together, as far as one message holds it."""
        oldest, of_order = certificate.c.number, func.length(service.c.document)
        length = func.length(certificate.c.document) + func.coalesce(of_order, 0)
        query = select(oldest, length).select_from(WITH_ORDERS).order_by(oldest).limit(MOST_RECORDS)
        waiting = (await self._connection.execute(query)).all()
        if not waiting:
            return
        last, _ = waiting[first_batch([each for _, each in waiting]) - 1]
        text = select(certificate.c.document, service.c.document).select_from(WITH_ORDERS)
        rows = await self._connection.execute(text.where(oldest <= last).order_by(oldest))
        records = [_filled(*row) for row in rows]
        await self.send(CERTIFICATION, CertificationBatch(records=records))
        await self._connection.execute(delete(certificate).where(oldest <= last))

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


def _row(record: CertificationRecord, order: RecordedService | None = None) -> Row:
    """Return a record as it waits to be certified, maybe with the name of an order."""
    document = msgspec.json.encode(record)
    if order is None:
        return document, None, None, None
    return document, order.player_id, order.player_service_id, order.revision


def _filled(document: bytes, order: bytes | None) -> CertificationRecord:
    """Return a record as it was stored, with the text of the order that it names."""
    record = msgspec.json.decode(document, type=CertificationRecord)
    if order is None:
        return record
    return msgspec.structs.replace(record, content=certified_text(record.id, order))
