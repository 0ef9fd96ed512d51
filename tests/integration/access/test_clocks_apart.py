"""Two parties with clocks half an hour apart: what is true is shared in the end, not refused."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.integration.access.conftest import NOW, POD
from tests.records import RecordsAt

from platone.customers.adapters.push import Push
from platone.customers.context import Customers
from platone.infra.http.outward import OutwardCalls
from platone.kernel.clock import SimulatedClock

BEHIND = timedelta(minutes=30)
"""How much the customer database's clock is behind the access layer's."""
MEASUREMENTS = f"/api/scd/measurements?podId={POD}"


@pytest.fixture
async def customers_clock(field_: Any, records_at: RecordsAt) -> AsyncIterator[SimulatedClock]:
    """The customer database itself, by a clock of its own, where others have a recorder."""
    clock = SimulatedClock(datetime(2021, 6, 22, 8, tzinfo=UTC), speed=0)
    push = Push(field_.folder / "push-key", "https://platone.example", OutwardCalls())
    records = records_at(field_.folder / "customers.db")
    customers = Customers(records, field_.party("MDA"), clock, push)
    await customers.start()
    routes = field_.app.router.routes
    recorder = len(routes)
    field_.app.include_router(customers.router)
    routes[:0] = routes[recorder:]
    pod = {"podId": POD, "aggregatorId": "ACEAE", "pnP": 3000.0}
    answer = await field_.call("ACEAE", "POST", "/api/scd/pods", {"pods": [pod]})
    assert answer.json()["results"][0]["status"] == "accepted", answer.text
    clock.move_to(NOW - BEHIND)
    yield clock
    await customers.stop()


async def measured(field_: Any, count: int) -> list[Any]:
    """Wait for as many measurements in the customer database, and return them."""
    async with asyncio.timeout(60):
        while True:
            await field_.access.tick(field_.clock.now())
            found = (await field_.call("MDA", "GET", MEASUREMENTS)).json()["measurements"]
            if len(found) >= count:
                return list(found)
            await asyncio.sleep(0.1)


async def letters(field_: Any) -> list[Any]:
    return list((await field_.call("MDA", "GET", "/api/access/deadLetters")).json()["deadLetters"])


async def test_what_another_party_holds_for_the_future_is_sent_again(
    field_: Any, profile: Any, customers_clock: SimulatedClock
) -> None:
    """Of 9:00 to 10:00: at half past nine the customer database takes what ends until 9:45."""
    node = await field_.enrolled(profile(4))
    await node.start()
    await node.collect()
    await node.wait_received()
    early = await measured(field_, 3)
    assert [each["energyWh"] for each in early] == [1000, 1001, 1002]
    assert await letters(field_) == []
    customers_clock.move_to(NOW - timedelta(minutes=15))
    assert [each["energyWh"] for each in await measured(field_, 4)] == [1000, 1001, 1002, 1003]
    assert await letters(field_) == []


async def test_what_is_refused_beside_it_still_becomes_a_dead_letter(
    field_: Any, profile: Any, customers_clock: SimulatedClock
) -> None:
    """A message that may be taken later hides none that never will be."""
    gone = {"podId": POD, "aggregatorId": "ACEAE", "actionType": "delete"}
    node = await field_.enrolled(profile(4))
    await field_.call("ACEAE", "POST", "/api/scd/pods", {"pods": [gone]})
    await node.start()
    await node.collect()
    await node.wait_received()
    customers_clock.move_to(NOW)
    async with asyncio.timeout(60):
        while not (found := await letters(field_)):
            await field_.access.tick(field_.clock.now())
            await asyncio.sleep(0.1)
    assert "pod-ended" in found[0]["detail"]
