"""Readings get their receipts while calculations run and wait."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.e2e.test_bad_input_field import Device

NOW = datetime(2021, 10, 30, 11, 5, tzinfo=UTC)
BUSES = 2000
JOBS = 8
READINGS = 12


def feeder() -> dict[str, Any]:
    """A network in our own form: one long feeder of medium voltage with a load at each bus."""
    place = range(1, BUSES)
    line = {
        "lengthKm": 0.01,
        "resistanceOhmPerKm": 0.1,
        "reactanceOhmPerKm": 0.1,
        "capacitanceNfPerKm": 200.0,
        "limitA": 400.0,
    }
    return {
        "format": "platone-network/1",
        "id": "feeder",
        "name": "a long feeder",
        "version": "1",
        "buses": [{"id": f"b{each}", "nominalKv": 20.0} for each in range(BUSES)],
        "sources": [{"id": "grid", "bus": "b0", "voltagePu": 1.0}],
        "lines": [{"id": f"l{e}", "from": f"b{e - 1}", "to": f"b{e}"} | line for e in place],
        "loads": [{"id": f"c{e}", "bus": f"b{e}", "pKw": 1.0, "qKvar": 0.2} for e in place],
    }


async def test_readings_get_receipts_while_calculations_run_and_wait(
    server_at: Callable[[datetime], Any], tmp_path: Path
) -> None:
    server = server_at(NOW)
    server.furnish()
    stored = server.call(
        "DSO",
        "PUT",
        "/api/dso/networks/feeder",
        feeder(),
        headers={"Prefer": "wait=60"},
        timeout=90,
    )
    assert stored.status_code == 201, stored.text
    question = {"startTime": "2021-10-30T10:00:00Z"}
    asked = {"Prefer": "respond-async"}
    jobs = []
    for _ in range(JOBS):
        answer = server.call("DSO", "POST", "/api/dso/powerFlow", question, headers=asked)
        assert answer.status_code == 202, answer.text
        jobs.append(answer.headers["location"])
    device = Device(server, "IT001E00000002", tmp_path / "device")
    messages = [device.envelope(device.payload()) for _ in range(READINGS)]
    receipts = await device.send(*messages)
    assert [each["status"] for each in receipts] == ["stored"] * READINGS
    states = [server.get("DSO", job)["state"] for job in jobs]
    assert "queued" in states, states  # all of it was under load
    health = server.http.get("/health")
    assert health.status_code == 200, health.text
    assert health.json()["loops"]["calculation.worker1"]["state"] == "running"
    for job in jobs:
        assert server.call("DSO", "DELETE", job).status_code == 204
