"""A server is killed among offers that come together: none that was answered is lost."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from platone.bootstrap import spawn_server
from platone.demo.connection import CallRefused, Connection, DayFailed, Party, wait_for

START = datetime(2021, 6, 22, 22, tzinfo=UTC)
OPEN = datetime(2021, 6, 22, 9, 30, tzinfo=UTC)
PODS = [f"POD{number:03d}" for number in range(400)]
BEFORE_KILL = 40
"""Offers that are answered before the server is killed: others are on their way then."""


def _offer(pod: str) -> dict[str, Any]:
    power = [{"index": index, "p": 90.0, "pPrice": 0.05} for index in range(96)]
    return {
        "playerId": "ACEAE",
        "serviceType": "offer",
        "playerServiceId": f"offer-{pod}",
        "marketType": "dayAhead",
        "startTime": START.isoformat(),
        "flexibility": [{"pod": [pod], "power": power}],
    }


async def _prepare(party: Party) -> None:
    """Register the points of delivery, and wait until the market takes an offer of the last one."""
    pods = [{"podId": pod, "aggregatorId": "ACEAE"} for pod in PODS]
    await party.post("/api/scd/pods", {"pods": pods})
    series = [
        {"podId": pod, "startTime": START.isoformat(), "values": [100.0] * 96} for pod in PODS
    ]
    await party.put("/api/scd/baselines", {"series": series})

    async def known() -> bool | None:
        try:
            await party.post("/api/flexibilityService", _offer(PODS[-1]))
        except CallRefused:
            return None
        return True

    await wait_for("the registrations", known, 120)


async def _killed_among(folder: Path) -> list[str]:
    """Send offers, kill the server among them, and return those that were answered."""
    server = spawn_server(folder, clock=OPEN)
    answered: list[str] = []
    try:
        async with Connection([folder / "credentials.json"], patience_s=60) as at:
            await _prepare(at.party("ACEAE"))
        async with Connection([folder / "credentials.json"], patience_s=0) as at:

            async def send(pod: str) -> None:
                try:
                    await at.party("ACEAE").post("/api/flexibilityService", _offer(pod))
                except DayFailed:
                    return
                answered.append(pod)
                if len(answered) == BEFORE_KILL:
                    server.kill()

            await asyncio.gather(*map(send, PODS[:-1]))
    finally:
        server.kill()
    return answered


async def test_no_offer_that_was_answered_is_lost(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    answered = await _killed_among(folder)
    assert BEFORE_KILL <= len(answered) < len(PODS) - 1, "it was to be killed among them"
    server = spawn_server(folder)
    try:
        async with Connection([folder / "credentials.json"], server.credentials.base_url) as at:
            for pod in answered:
                told = await at.party("ACEAE").post("/api/flexibilityService", _offer(pod))
                assert told["status"] == "alreadySubmitted", pod
    finally:
        server.stop()
