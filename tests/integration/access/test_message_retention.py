"""Old messages of devices go by age, unless something still needs them; each stays known."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select, update

from platone.access.domain.dead_letter import Unshared
from platone.access.domain.message import IncomingMessage
from platone.access.domain.validation import Device, DeviceStatus
from platone.access.records.dead_letter import DeadLetterRecords
from platone.access.records.device import DeviceRecords
from platone.access.records.message import MessageRecords
from platone.access.records.retention import RefusedRecords, SignedRecords
from platone.access.records.table import dead_letters, messages, outbox
from platone.access.service.ingest import Ingest
from platone.infra.db import Database
from platone.kernel.clock import SimulatedClock
from platone.kernel.signature import SigningKey
from platone.messages.metering import Reading
from platone.node.domain.message import seal_readings

pytestmark = pytest.mark.both_databases
NOW = datetime(2021, 6, 23, 10, tzinfo=UTC)
LATER = NOW + timedelta(days=31)
MONTH = timedelta(days=30)
POD = "IT002E61899978"


class Downlink:
    """Takes receipts."""

    async def send_receipt(self, device: str, envelope: bytes) -> None:
        del device, envelope


@pytest.fixture
async def key(database: Database) -> SigningKey:
    made = SigningKey()
    device = Device(made.address, POD, "ACEAE", 3000.0, DeviceStatus.ACTIVE)
    await DeviceRecords(database).save(device, NOW, NOW)
    return made


def sealed(key: SigningKey, sequence: int) -> IncomingMessage:
    reading = Reading(
        pod_id=POD,
        start_time=NOW - timedelta(minutes=15 * sequence),
        duration_minutes=15,
        energy_wh=100,
        quality="measured",
    )
    (made,) = seal_readings(key, sequence, NOW, [reading])
    return IncomingMessage(key.address, made.envelope)


async def take(database: Database, *taken: IncomingMessage, at: datetime = NOW) -> list[str]:
    clock = SimulatedClock(at, speed=0)
    ingest = Ingest(MessageRecords(database), Downlink(), SigningKey(), clock)
    return [
        f"{each.status}{'' if each.accepted else ' before'}"
        for each in await ingest.take(list(taken))
    ]


async def certify(database: Database, *, is_delivered: bool = True) -> None:
    async with MessageRecords(database).transaction() as transaction:
        await transaction.certify_all()
    if is_delivered:
        async with database.transaction() as connection:
            await connection.execute(update(outbox.table).values(state="delivered", body=b""))


async def with_text(database: Database) -> list[int]:
    query = select(messages.c.sequence).where(messages.c.envelope != "", messages.c.salt != b"")
    async with database.reading() as connection:
        return sorted((await connection.execute(query)).scalars())


async def removed(database: Database, now: datetime = LATER) -> int:
    records = SignedRecords(database)
    foretold = await records.count(now, MONTH)
    gone = sum([number async for number in records.remove(now, MONTH)])
    assert gone == foretold
    return gone


async def test_texts_of_certified_messages_go_and_the_messages_stay_known(
    database: Database, key: SigningKey
) -> None:
    old, young = [sealed(key, number) for number in (1, 2)], sealed(key, 3)
    assert await take(database, *old) == ["stored", "stored"]
    await take(database, young, at=LATER - timedelta(days=29))
    await certify(database)
    names = select(messages.c.sequence, messages.c.message_hash)
    async with database.reading() as connection:
        before = (await connection.execute(names.order_by(messages.c.sequence))).all()
    assert await removed(database) == 2
    assert await with_text(database) == [3]
    async with database.reading() as connection:
        assert (await connection.execute(names.order_by(messages.c.sequence))).all() == before
    assert await take(database, *old, young) == ["stored before"] * 3
    assert await removed(database) == 0


async def test_a_message_that_is_not_certified_keeps_its_text(
    database: Database, key: SigningKey
) -> None:
    await take(database, sealed(key, 1))
    assert await removed(database) == 0
    await certify(database)
    assert await removed(database) == 1


async def test_a_message_that_another_party_has_not_taken_keeps_its_text(
    database: Database, key: SigningKey
) -> None:
    await take(database, sealed(key, 1))
    await certify(database)
    await take(database, sealed(key, 2))
    await certify(database, is_delivered=False)
    assert await removed(database) == 1
    assert await with_text(database) == [2]


async def test_a_message_that_may_be_shared_again_keeps_its_text(
    database: Database, key: SigningKey
) -> None:
    first, second = sealed(key, 1), sealed(key, 2)
    await take(database, first, second)
    await certify(database)
    refused = Unshared((key.address, 1), "POST /api/certification", "x", "no")
    async with MessageRecords(database).transaction() as transaction:
        await transaction.store_unshared([refused], NOW)
    assert await removed(database) == 1
    assert await with_text(database) == [1]


async def test_only_mended_letters_go(database: Database) -> None:
    letters = DeadLetterRecords(database)
    async with database.transaction() as connection:
        rows = [
            {
                "device": "0x1",
                "raw_hash": str(number),
                "raw": b"x",
                "reason": "malformed-message",
                "detail": "",
                "received_at": (NOW if number != 4 else LATER).isoformat(),
                "is_replayed": number in {1, 4, 5},
            }
            for number in range(1, 6)
        ]
        await connection.execute(insert(dead_letters), rows)
    await letters.close(2, "the meter was replaced")
    records = RefusedRecords(database)
    foretold = await records.count(LATER, MONTH)
    gone = sum([number async for number in records.remove(LATER, MONTH)])
    assert foretold == gone == 2
    query = select(dead_letters.c.id).order_by(dead_letters.c.id)
    async with database.reading() as connection:  # 3 is open, 4 young, 5 the newest number
        assert (await connection.execute(query)).scalars().all() == [3, 4, 5]
