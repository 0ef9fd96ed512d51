"""A server removes what is older than its limits, and tells beforehand and afterwards how much."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import insert
from tests.records import ask
from typer.testing import CliRunner

from platone.access.records.table import metadata, outbox
from platone.bootstrap.platform import Platform
from platone.bootstrap.records_place import records_url
from platone.bootstrap.retention import look_at_retention
from platone.cli import app
from platone.infra.db import Database
from platone.infra.retention import KeptDays
from platone.settings import Settings

URL = "https://platone.test"
NUMBER = 1_500
LOOP = "server.retention"


async def fill(data: Path) -> None:
    """Have an outbox hold deliveries of a month and more ago, one of today, and one that waits."""
    old = f"{datetime.now(UTC) - timedelta(days=31):%Y-%m-%dT%H:%M:%S+00:00}"
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S+00:00}"
    rows = [
        {"destination": "POST /api/x", "body": b"", "state": "delivered", "answer": each}
        for each in (*[old] * NUMBER, now)
    ]
    refused = {"destination": "x", "body": b"", "state": "refused", "answer": "no"}
    database = Database(records_url(data, "access"), metadata)
    async with database.transaction() as connection:
        await connection.execute(insert(outbox.table), [*rows, refused])
    await database.close()


async def test_what_is_old_goes_while_the_server_runs(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = tmp_path / "data"
    settings = Settings(data=data, metrics="loopback", calculation_processes=1)
    first = await Platform.open(settings, URL)
    transport = httpx.ASGITransport(first.app)
    async with httpx.AsyncClient(transport=transport, base_url=URL) as http:
        assert LOOP not in (await http.get("/health")).json()["loops"]
    await first.close()
    await fill(data)
    limited = Settings(
        data=data,
        metrics="loopback",
        calculation_processes=1,
        retention=KeptDays(deliveries=30, readings=400),
    )
    told = await asyncio.to_thread(look_at_retention, limited)
    assert {(it.context, it.kind): (it.days, it.number) for it in told} == {
        ("access", "deliveries"): (30, NUMBER),
        ("access", "refused_messages"): (None, 0),
        ("access", "signed_messages"): (None, 0),
        ("customers", "deliveries"): (30, 0),
        ("customers", "readings"): (400, 0),
        ("market", "deliveries"): (30, 0),
        ("dso", "deliveries"): (30, 0),
        ("aggregator", "deliveries"): (30, 0),
    }
    file = tmp_path / "limits.toml"
    file.write_text("[retention]\ndeliveries = 30\n", "utf-8")
    command = ["retention", "--data", str(data), "--config", str(file)]
    shown = await asyncio.to_thread(CliRunner().invoke, app, command)
    assert f"access deliveries: kept 30 days; {NUMBER} go now" in shown.output.splitlines()
    assert "customers readings: kept for ever" in shown.output.splitlines()
    caplog.set_level(logging.INFO, "platone.bootstrap.retention")
    second = await Platform.open(limited, URL)
    transport = httpx.ASGITransport(second.app, client=("127.0.0.1", 4711))
    async with httpx.AsyncClient(transport=transport, base_url=URL) as http, asyncio.timeout(60):
        wanted = f'platone_retention_removed_total{{kind="deliveries"}} {NUMBER}.0'
        while wanted not in (await http.get("/metrics")).text:
            await asyncio.sleep(0.1)
        assert (await http.get("/health")).json()["loops"][LOOP]["state"] == "running"
    await second.close()
    left = "SELECT state, count(*) FROM outbox GROUP BY state ORDER BY state"
    assert ask(records_url(data, "access"), left) == [("delivered", 1), ("refused", 1)]
    assert f"access: {NUMBER} deliveries older than 30 days were removed" in caplog.messages
