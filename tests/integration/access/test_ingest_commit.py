"""The order of commit and receipt, over a real database, with the process dying in between."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.records import RecordsAt, ask

from platone.access.domain.message import IncomingMessage
from platone.access.domain.validation import Device, DeviceStatus
from platone.access.records.dead_letter import DeadLetterRecords
from platone.access.records.device import DeviceRecords
from platone.access.records.message import MessageRecords
from platone.access.service.ingest import Ingest
from platone.access.service.intake_figure import IntakeFigures
from platone.infra.db import Database
from platone.infra.listing import Part
from platone.infra.mqtt.link import LinkDown
from platone.kernel.clock import SimulatedClock
from platone.kernel.signature import SigningKey
from platone.messages.metering import Reading, Receipt, SignedMessage
from platone.node.domain.message import seal_readings

pytestmark = pytest.mark.both_databases

NOW = datetime(2021, 6, 23, 10, tzinfo=UTC)
POD = "IT002E61899978"


class Downlink:
    """Collects receipts, or is down."""

    def __init__(self, *, is_down: bool = False) -> None:
        self.is_down = is_down
        self.receipts: list[Receipt] = []

    async def send_receipt(self, device: str, envelope: bytes) -> None:
        del device
        if self.is_down:
            raise LinkDown("Nobody answers.")
        payload = msgspec.json.decode(envelope, type=SignedMessage).payload
        self.receipts.append(msgspec.json.decode(payload, type=Receipt))


class PowerCut(Exception):
    """The machine stops."""


class FailingRecords(MessageRecords):
    """Records whose disk fails at the very end of a transaction."""

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        async with super().transaction() as transaction:
            yield transaction
            raise PowerCut


@pytest.fixture
async def key(database: Database) -> SigningKey:
    made = SigningKey()
    device = Device(made.address, POD, "ACEAE", 3000.0, DeviceStatus.ACTIVE)
    await DeviceRecords(database).save(device, NOW, NOW)
    return made


def arrivals(key: SigningKey, count: int = 3) -> list[IncomingMessage]:
    readings = [
        Reading(
            pod_id=POD,
            start_time=NOW.replace(hour=index // 60, minute=index % 60),
            duration_minutes=1,
            energy_wh=index,
        )
        for index in range(100 * count)
    ]
    return [
        IncomingMessage(key.address, it.envelope) for it in seal_readings(key, 0, NOW, readings)
    ]


def ingest(records: MessageRecords, downlink: Downlink) -> Ingest:
    return Ingest(records, downlink, SigningKey(b"\x01" * 32), SimulatedClock(NOW, 0))


def rows(url: str) -> tuple[int, ...]:
    counts = (
        f"(SELECT count(*) FROM {table})"  # noqa: S608 - our own names
        for table in ("messages", "readings", "outbox")
    )
    (found,) = ask(url, f"SELECT {', '.join(counts)}")
    return found


async def test_no_receipt_where_the_commit_fails(
    database: Database, key: SigningKey, tmp_path: Path, records_at: RecordsAt
) -> None:
    downlink = Downlink()
    with pytest.raises(PowerCut):
        await ingest(FailingRecords(database), downlink).take(arrivals(key))
    assert downlink.receipts == []
    assert rows(records_at(tmp_path / "access.db")) == (0, 0, 0)


async def test_crash_between_commit_and_receipt_stores_once(
    database: Database, key: SigningKey, tmp_path: Path, records_at: RecordsAt
) -> None:
    sent = arrivals(key)
    await ingest(MessageRecords(database), Downlink(is_down=True)).take(sent)
    assert rows(records_at(tmp_path / "access.db")) == (3, 300, 1)
    downlink = Downlink()
    await ingest(MessageRecords(database), downlink).take([*sent, *sent])
    assert [it.status for it in downlink.receipts] == ["stored"] * 6
    assert [it.sequence for it in downlink.receipts] == [0, 1, 2, 0, 1, 2]
    assert rows(records_at(tmp_path / "access.db")) == (3, 300, 1)


async def test_same_message_twice_in_one_batch_is_stored_once(
    database: Database, key: SigningKey, tmp_path: Path, records_at: RecordsAt
) -> None:
    sent = arrivals(key)
    downlink = Downlink()
    await ingest(MessageRecords(database), downlink).take([*sent, *sent])
    assert [it.status for it in downlink.receipts] == ["stored"] * 6
    assert rows(records_at(tmp_path / "access.db")) == (3, 300, 1)


async def test_conflicting_messages_in_one_batch(database: Database, key: SigningKey) -> None:
    def message(sequence: int, energy_wh: int) -> IncomingMessage:
        reading = Reading(
            pod_id=POD, start_time=NOW.replace(hour=1), duration_minutes=15, energy_wh=energy_wh
        )
        (sealed,) = seal_readings(key, sequence, NOW, [reading])
        return IncomingMessage(key.address, sealed.envelope)

    downlink = Downlink()
    sent = [message(1, 10), message(1, 11), message(2, 12), message(3, 10)]
    await ingest(MessageRecords(database), downlink).take(sent)
    assert [it.reason for it in downlink.receipts] == [
        None,
        "sequence-reused",
        "interval-taken",
        None,
    ]


async def test_two_ingests_at_once_agree(
    database: Database, key: SigningKey, tmp_path: Path, records_at: RecordsAt
) -> None:
    downlink = Downlink()
    records = MessageRecords(database)
    sent = arrivals(key)
    await asyncio.gather(*(ingest(records, downlink).take(sent) for _ in range(5)))
    assert {it.status for it in downlink.receipts} == {"stored"}
    assert rows(records_at(tmp_path / "access.db")) == (3, 300, 1)


async def test_dead_letters_of_one_device_are_bounded(database: Database, key: SigningKey) -> None:
    taking = ingest(MessageRecords(database), Downlink())
    await taking.take([IncomingMessage(SigningKey().address, b"another's")])
    for start in range(0, 1100, 550):
        numbers = range(start, start + 550)
        await taking.take([IncomingMessage(key.address, b"%d" % it) for it in numbers])
    letters = (await DeadLetterRecords(database).select(Part("", 5000))).items
    kept = [it.message.raw for it in letters if it.message.device == key.address]
    assert kept == [b"%d" % it for it in range(100, 1100)]
    assert len(letters) == 1001


async def test_what_came_is_counted_by_what_became_of_it(
    database: Database, key: SigningKey
) -> None:
    """Three messages, the second time known; one of a stranger, refused by its reason."""
    figures = IntakeFigures()
    ingest = Ingest(
        MessageRecords(database), Downlink(), SigningKey(), SimulatedClock(NOW, 0.0), figures
    )
    verdicts = await ingest.take(arrivals(key))
    await ingest.take(arrivals(key))
    await ingest.take(arrivals(SigningKey(), 1))
    stored = sum(len(it.accepted.new_readings) for it in verdicts if it.accepted)
    found = {
        (told.name, *told.labels.values()): told.value
        for family in figures.collect()
        for told in family.samples
    }
    assert found["platone_access_messages_total", "stored", ""] == 3
    assert found["platone_access_messages_total", "known", ""] == 3
    assert found["platone_access_messages_total", "refused", "device-not-enrolled"] == 1
    assert found["platone_access_readings_total",] == stored > 0
    assert found["platone_access_receipt_seconds_count",] == 7
    waiting = await MessageRecords(database).numbers()
    assert (waiting.uncertified, waiting.uncertified_since, waiting.dead_letters) == (3, NOW, 1)
