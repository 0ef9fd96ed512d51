"""A measurement with an invented certification: from the customer database to no payment."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey
from tests.integration.ledger.metered import METER, reading, record, signed
from tests.integration.market.test_market_with_customers import (
    DELIVERY,
    MEASUREMENT,
    Town,
    register,
    trade,
)

from platone.infra.db import sqlite_url
from platone.kernel.clock import SimulatedClock
from platone.ledger.context import Ledger

WINDOW_ENDS = datetime(2021, 6, 23, 14, tzinfo=UTC)


@pytest.fixture
async def town(tmp_path: Path, issuer_key: ECKey, party_token: Any) -> AsyncIterator[Town]:
    """Market, customer database and ledger, who speak over REST."""
    clock = SimulatedClock(datetime(2021, 6, 22, 10, tzinfo=UTC), speed=0)
    ledger = Ledger(sqlite_url(tmp_path / "ledger.db"), tmp_path / "ledger", clock, wait_s=0)
    made = Town(tmp_path, issuer_key, party_token, ledger.router)
    for each in (ledger, made.market, made.customers):
        await each.start()
    await made.market.tick(made.clock.now())
    yield made
    for each in (made.market, made.customers, ledger):
        await each.stop()


async def test_invented_measurements_are_named_and_not_paid(town: Town) -> None:
    """Of two lines of one settlement the honest one is paid; once certified, the other too."""
    await register(town)
    for pod in ("IT001", "IT002"):
        terms = {"pod": pod, "aggregatorId": "ACEAE", "customerSharePpm": 800_000}
        path = "/api/contracts/agreements"
        async with asyncio.timeout(10):
            while (await town.ask("ACEAE", "POST", path, terms)).status_code >= 300:
                await town.market.tick(town.clock.now())
    outcome = (await trade(town, {"IT001": 90.0, "IT002": 81.0}))["marketOutcome"]

    await town.call("MDA", "POST", "/api/contracts/nodes", {"device": METER.address})
    honest = record("reading-1", signed(reading("IT001", DELIVERY, 22_500)))
    await town.call("MDA", "POST", "/api/certification", {"records": [honest]})
    measured = [
        MEASUREMENT | {"energyWh": 22_500},
        MEASUREMENT | {"podId": "IT002", "energyWh": 20_250, "certificationId": "reading-2"},
    ]
    town.clock.move_to(DELIVERY + timedelta(minutes=30))  # nothing is measured before it is over
    await town.call("MDA", "POST", "/api/scd/measurements", {"measurements": measured})
    town.clock.move_to(WINDOW_ENDS)
    await town.until(lambda: town.sent("api/aggregator/settlement"))

    async def states() -> dict[str, str]:
        told = await town.call("ACEAE", "GET", f"/api/settlement/{outcome}")
        return {part["pod"]: part["power"][0]["status"] for part in told["flexibility"]}

    assert await states() == {"IT001": "settled", "IT002": "notPaid"}
    receipt = await town.call("MO", "GET", f"/api/contracts/settlements/{outcome}.1")
    problems = {each["lineId"].split(".")[1]: each["problem"] for each in receipt["lines"]}
    assert problems == {
        "IT001": None,
        "IT002": "the measurement does not hold: record reading-2: "
        "no reading is certified under it",
    }
    late = record("reading-2", signed(reading("IT002", DELIVERY, 20_250)))
    await town.call("MDA", "POST", "/api/certification", {"records": [late]})
    session = (await town.call("MO", "GET", "/api/marketSession?from=2021-06-22T22:00:00Z"))[
        "sessions"
    ][0]
    await town.call("MO", "POST", f"/api/marketSession/{session['id']}/settlement")
    assert await states() == {"IT001": "settled", "IT002": "settled"}
