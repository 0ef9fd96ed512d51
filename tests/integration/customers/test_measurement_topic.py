"""Readings on their way to Kafka: whose they are, when they go, and that none goes twice."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert
from tests.records import RecordsAt

from platone.customers.domain.erasure import StoredErasure
from platone.customers.records.erasure import ErasureRecords
from platone.customers.records.kafka_queue import MeasurementQueue
from platone.customers.records.measurement import MeasurementRecords
from platone.customers.records.table import metadata, pod
from platone.infra.db import Database
from platone.infra.kafka.queue import Numbered
from platone.kernel.clock import SimulatedClock
from platone.messages.registry import Measurement

pytestmark = pytest.mark.both_databases
START = datetime(2021, 6, 23, 10, tzinfo=UTC)
OWNERS = {"POD-1": ("A", 0), "POD-2": ("B", int(START.timestamp()) + 900)}
"""Aggregators, and since when each has its point of delivery, s."""
TOPICS = ("measurements_A", "measurements_B", "measurements_MO")


class Taken:
    """A database of readings, and its clock."""

    def __init__(self, url: str) -> None:
        self.database = Database(url, metadata)
        self.clock = SimulatedClock(START, speed=0)
        self.queue = MeasurementQueue(self.database, self.clock)

    async def register(self) -> None:
        for pod_id, (aggregator, since_s) in OWNERS.items():
            row = {"pod_id": pod_id, "aggregator_id": aggregator, "owned_from_s": since_s}
            more = {"record": b"{}", "version": 1, "activation_hash": ""}
            async with self.database.transaction() as connection:
                await connection.execute(insert(pod).values(row | more))

    async def take(self, pod_id: str, *minutes: int) -> None:
        readings = [reading(pod_id, START + timedelta(minutes=each)) for each in minutes]
        async with MeasurementRecords(self.database).transaction() as unit:
            await unit.add(readings)
            await unit.mark(readings, "MO", self.clock.now())

    async def waiting(self) -> dict[str, tuple[int, int]]:
        return {each.name: (each.place, each.count) for each in await self.queue.waiting()}


def reading(pod_id: str, start: datetime) -> Measurement:
    return Measurement(
        pod_id=pod_id,
        start_time=start,
        duration_minutes=15,
        energy_wh=start.minute,
        quality="measured",
        device="0x" + "5A" * 20,
        sequence=1,
        certification_id="one",
        certification_hash="00",
        received_at=start,
    )


@pytest.fixture
async def taken(tmp_path: Path, records_at: RecordsAt) -> AsyncIterator[Taken]:
    made = Taken(records_at(tmp_path / "customers.db"))
    await made.database.open()
    await made.register()
    yield made
    await made.database.close()


def starts(messages: list[Numbered]) -> list[tuple[str, str]]:
    bodies: list[Any] = [json.loads(each.body)["measurements"] for each in messages]
    return [(each["podId"], each["startTime"][11:16]) for body in bodies for each in body]


async def test_readings_go_at_the_quarter_hour_to_whom_they_belong(taken: Taken) -> None:
    await taken.take("POD-1", 0)
    await taken.take("POD-2", 0, 15)
    assert await taken.waiting() == {}
    taken.clock.move_to(START + timedelta(minutes=15))
    await taken.take("POD-1", 15)
    assert await taken.waiting() == {
        "measurements_A": (0, 1),
        "measurements_B": (0, 1),
        "measurements_MO": (0, 3),
    }
    read = {topic: starts(await taken.queue.after(topic, 0)) for topic in TOPICS}
    one, other, late = ("POD-1", "10:00"), ("POD-2", "10:00"), ("POD-2", "10:15")
    assert read == {
        "measurements_A": [one],
        "measurements_B": [late],  # what it had before is another's
        "measurements_MO": [one, other, late],
    }


async def test_what_was_published_is_forgotten_and_numbers_rise(taken: Taken) -> None:
    await taken.take("POD-1", 0, 15)
    taken.clock.move_to(START + timedelta(minutes=15))
    (message,) = await taken.queue.after("measurements_A", 0)
    assert message.number == 2
    assert await taken.queue.mark_of("measurements_A", 2) == message.mark
    await taken.queue.passed("measurements_A", 2)
    assert await taken.queue.mark_of("measurements_A", 2) is None
    await taken.take("POD-1", 30)
    taken.clock.move_to(START + timedelta(minutes=30))
    assert (await taken.waiting())["measurements_A"] == (2, 1)
    (message,) = await taken.queue.after("measurements_A", 2)
    assert (message.number, starts([message])) == (3, [("POD-1", "10:30")])


async def test_a_clock_that_was_set_back_passes_nothing_over(taken: Taken) -> None:
    taken.clock.move_to(START + timedelta(minutes=20))
    await taken.take("POD-1", 0)
    taken.clock = taken.queue._clock = SimulatedClock(START + timedelta(minutes=5), speed=0)
    await taken.take("POD-1", 15)
    taken.clock.move_to(START + timedelta(minutes=16))
    assert await taken.queue.after("measurements_A", 0) == []
    taken.clock.move_to(START + timedelta(minutes=30))
    found = await taken.queue.after("measurements_A", 0)
    assert starts(found) == [("POD-1", "10:00"), ("POD-1", "10:15")]


async def test_messages_are_of_a_thousand_readings(taken: Taken) -> None:
    await taken.take("POD-1", *range(0, 15 * 1_500, 15))
    taken.clock.move_to(START + timedelta(minutes=15))
    found = await taken.queue.after("measurements_A", 0)
    assert [each.number for each in found] == [1_000, 1_500]


async def test_an_erased_person_s_readings_are_published_no_more(taken: Taken) -> None:
    await taken.take("POD-1", 0)
    await taken.take("POD-2", 15)
    erasure = StoredErasure("e", None, ("POD-1",), START, None, ())
    await ErasureRecords(taken.database).erase(erasure, START)
    taken.clock.move_to(START + timedelta(minutes=15))
    assert set(await taken.waiting()) == {"measurements_B", "measurements_MO"}
    assert starts(await taken.queue.after("measurements_MO", 0)) == [("POD-2", "10:15")]
