"""The health of the whole platform: what works, what does not, and that it goes on afterwards."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from platone.bootstrap.platform import Platform
from platone.settings import Settings

URL = "https://platone.test"
START = datetime(2021, 6, 22, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("health") / "data"


@pytest.fixture
async def http(data: Path) -> AsyncIterator[httpx.AsyncClient]:
    platform = await Platform.open(
        Settings(data=data, clock=START, speed=60.0, calculation_processes=1), URL
    )
    transport = httpx.ASGITransport(platform.app)
    async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
        yield client
    await platform.close()


async def settled(http: httpx.AsyncClient, status: int) -> dict[str, Any]:
    async with asyncio.timeout(30):
        while (answer := await http.get("/health")).status_code != status:
            await asyncio.sleep(0.1)
    found: dict[str, Any] = answer.json()
    return found


def block(path: Path) -> Path:
    """Put a folder where a file is to be written; a thread may just be writing it."""
    while True:
        path.unlink(missing_ok=True)
        try:
            path.mkdir()
        except FileExistsError:
            continue
        return path


async def test_each_loop_of_each_party_is_told(http: httpx.AsyncClient) -> None:
    told = await settled(http, 200)
    assert told["status"] == "ready"
    assert {
        "server.clock",
        "server.disk",
        "server.machineClock",
        "server.certificates",
        "broker.arrivals",
        "ledger.books",
        "ledger.chainWriter",
        "customers.outbox",
        "customers.erasures",
        "customers.notices",
        "market.outbox",
        "market.tick",
        "market.webhooks",
        "dso.outbox",
        "dso.link",
        "dso.setpoints",
        "dso.association",
        "dso.acknowledgements",
        "dso.bridge",
        "dso.phasors",
        "dso.phasorStore",
        "aggregator.deliveries",
        "aggregator.outbox",
        "access.outbox",
        "access.link",
        "access.ingest",
        "access.tick",
        "calculation.worker1",
    } == told["loops"].keys()
    for loop in told["loops"].values():
        assert (loop["state"], loop["failures"]) == ("running", 0)
        assert loop["ageS"] >= 0
    turned = [loop["lastTurnAt"] for loop in told["loops"].values() if loop["lastTurnAt"]]
    assert turned
    assert all(datetime.fromisoformat(at).utcoffset() == timedelta(0) for at in turned)
    assert (await http.get("/health/live")).json() == {"status": "alive"}


async def test_a_clock_that_cannot_be_kept_is_told_and_kept_afterwards(
    http: httpx.AsyncClient, data: Path
) -> None:
    await settled(http, 200)
    obstacle = block(data / "clock.new")
    told = await settled(http, 503)
    assert told["status"] == "notReady"
    stuck = told["loops"]["server.clock"]
    assert stuck["state"] == "failing"
    assert stuck["failures"] > 0
    async with asyncio.timeout(30):  # nothing of it ends well, and it grows older
        while later := (await http.get("/health")).json()["loops"]["server.clock"]:
            assert later["lastTurnAt"] == stuck["lastTurnAt"]
            if later["ageS"] > stuck["ageS"]:
                break
            await asyncio.sleep(0.1)
    assert told["loops"]["market.tick"]["state"] == "running"
    assert (await http.get("/health/live")).status_code == 200
    obstacle.rmdir()
    kept = (data / "clock").read_text()
    await settled(http, 200)
    assert datetime.fromisoformat((data / "clock").read_text()) > datetime.fromisoformat(kept)


async def test_a_disk_that_takes_nothing_is_told(http: httpx.AsyncClient, data: Path) -> None:
    await settled(http, 200)
    obstacle = block(data / "disk-probe.new")
    told = await settled(http, 503)
    assert told["loops"]["server.disk"]["state"] == "failing"
    obstacle.rmdir()
    await settled(http, 200)


async def test_an_acknowledged_move_of_the_clock_is_durable(
    http: httpx.AsyncClient, data: Path
) -> None:
    """Whoever kills the server right after the answer finds the clock where it was moved to."""
    clients = json.loads((data / "credentials.json").read_text())["clients"]
    secret = next(each["clientSecret"] for each in clients if each["clientId"] == "MO")
    form = {"grant_type": "client_credentials"}
    token = (await http.post("/oauth2/token", data=form, auth=("MO", secret))).json()
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    for hours in range(1, 6):
        now = datetime.fromisoformat((await http.get("/api/clock", headers=headers)).json()["now"])
        wanted = now + timedelta(hours=hours)
        move = {"now": wanted.isoformat()}
        assert (await http.put("/api/clock", json=move, headers=headers)).status_code == 200
        assert datetime.fromisoformat((data / "clock").read_text()) >= wanted
