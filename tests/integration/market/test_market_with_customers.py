"""The market beside the real customer database, each with its own records and clients."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request
from joserfc.jwk import ECKey, KeySet

from platone.customers.adapters.push import Push
from platone.customers.context import Customers
from platone.infra.db import sqlite_url
from platone.infra.http.client import PartyClient
from platone.infra.http.outward import OutwardCalls
from platone.infra.http.problem import install_problems
from platone.infra.http.security import TokenVerifier
from platone.kernel.clock import SimulatedClock
from platone.market.context import Market

START = "2021-06-22T22:00:00Z"
DELIVERY = datetime(2021, 6, 23, 10, 30, tzinfo=UTC)


class Town:
    """Both platforms in one application; what others are sent is noted.

    The ledger is one of these others, unless there is a real one.
    """

    def __init__(
        self,
        folder: Path,
        key: ECKey,
        tokens: Any,
        ledger: APIRouter | None = None,
        clock: SimulatedClock | None = None,
    ) -> None:
        self.clock = clock or SimulatedClock(datetime(2021, 6, 22, 10, tzinfo=UTC), speed=0)
        self.folder = folder
        self.noted: list[tuple[str, Any]] = []
        self._tokens = tokens
        app = FastAPI()
        app.state.token_verifier = TokenVerifier("https://issuer.test", lambda: KeySet([key]))
        install_problems(app)
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="https://town.test"
        )
        self.market = Market(
            sqlite_url(folder / "market.db"), PartyClient(self.http, "MO", "-"), self.clock
        )
        self.customers = Customers(
            sqlite_url(folder / "customers.db"),
            PartyClient(self.http, "MDA", "-"),
            self.clock,
            Push(folder / "push-key", "https://town.test", OutwardCalls()),
        )
        self._token_route(app)
        app.include_router(self.market.router)
        app.include_router(self.customers.router)
        if ledger is not None:
            app.include_router(ledger)
        self._noting_route(app)

    def _token_route(self, app: FastAPI) -> None:
        @app.post("/oauth2/token")
        async def issue(request: Request) -> dict[str, Any]:
            secret = request.headers["Authorization"].removeprefix("Basic ")
            party = httpx.BasicAuth("MO", "-")._auth_header.removeprefix("Basic ")
            name = "MO" if secret == party else "MDA"
            return {
                "access_token": self._tokens(name),
                "token_type": "Bearer",
                "expires_in": 3600,
                "scope": "",
            }

    def _noting_route(self, app: FastAPI) -> None:
        @app.api_route("/{path:path}", methods=["POST", "PUT"])
        async def note(path: str, request: Request) -> dict[str, Any]:
            body = await request.json()
            self.noted.append((path, body))
            lines = [
                {"lineId": line["lineId"], "paid": 10**18, "customerTokens": 10**18}
                for line in body.get("lines", [])
            ]
            return {
                "settlementId": body.get("settlementId", "-"),
                "transactionHashes": [],
                "lines": lines,
            }

    async def ask(self, party: str, method: str, path: str, body: object = None) -> httpx.Response:
        return await self.http.request(
            method,
            path,
            content=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self._tokens(party)}"},
        )

    async def call(self, party: str, method: str, path: str, body: object = None) -> Any:
        answer = await self.ask(party, method, path, body)
        assert answer.status_code < 300, answer.text
        return answer.json()

    async def until(self, condition: Any) -> None:
        async with asyncio.timeout(10):
            while not condition():
                await self.market.tick(self.clock.now())
                await asyncio.sleep(0.02)

    def sent(self, path: str) -> list[Any]:
        return [body for to, body in self.noted if to == path]


@pytest.fixture
async def town(tmp_path: Path, issuer_key: ECKey, party_token: Any) -> AsyncIterator[Town]:
    made = Town(tmp_path, issuer_key, party_token)
    await made.market.start()
    await made.customers.start()
    await made.market.tick(made.clock.now())
    yield made
    await made.market.stop()
    await made.customers.stop()


def service(player: str, kind: str, entry: dict[str, Any], total_kw: float) -> dict[str, Any]:
    power = [{"index": 50, "p": total_kw, "pPrice": 0.1}]
    return {
        "marketType": "dayAhead",
        "startTime": START,
        "playerId": player,
        "serviceType": kind,
        "playerServiceId": f"{player}-{total_kw}",
        "flexibility": [entry | {"power": power}],
    }


MEASUREMENT = {
    "podId": "IT001",
    "startTime": DELIVERY.isoformat(),
    "durationMinutes": 15,
    "energyWh": 17_500,
    "quality": "simulated",
    "device": "0x" + "ab" * 20,
    "sequence": 1,
    "certificationId": "reading-1",
    "certificationHash": "0" * 64,
    "receivedAt": (DELIVERY + timedelta(minutes=16)).isoformat(),
}


async def register(town: Town) -> None:
    """Two points of delivery, with baselines of 100 and 101 kW."""
    for pod in ("IT001", "IT002"):
        room = {"maxFlexibility": {"upperP": 50, "downP": 50}}
        await town.call(
            "ACEAE", "POST", "/api/scd/pods", {"podId": pod, "aggregatorId": "ACEAE"} | room
        )
    series = [
        {"podId": pod, "startTime": START, "values": [100.0 + number] * 96}
        for number, pod in enumerate(("IT001", "IT002"))
    ]
    await town.call("ACEAE", "POST", "/api/scd/baselines", {"series": series})
    known = "/api/flexibilityService"  # the market learns of them a moment later
    probe = service("DSO", "DSO_request", {"pod": ["IT001", "IT002"]}, 171.0)
    async with asyncio.timeout(10):
        while (await town.ask("DSO", "POST", known, probe)).status_code >= 300:
            await town.market.tick(town.clock.now())


async def trade(town: Town, offers: dict[str, float]) -> dict[str, Any]:
    """The group shall use 30 kW less than its 201 kW: offers are totals, kW, by PoD."""
    path = "/api/flexibilityService"
    for pod, total_kw in offers.items():
        await town.call("ACEAE", "POST", path, service("ACEAE", "offer", {"pod": [pod]}, total_kw))
    town.clock.move_to(datetime(2021, 6, 22, 13, 30, tzinfo=UTC))
    await town.until(lambda: town.sent("api/dso/marketOutcome"))
    outcome: dict[str, Any] = town.sent("api/dso/marketOutcome")[0]
    accepted = [
        {"pod": part["pod"], "power": [{"index": 50, "acceptedPValue": each["acceptedPValue"]}]}
        for part in outcome["flexibility"]
        for each in part["power"]
    ]
    technical = {
        key: outcome[key]
        for key in ("marketType", "duration", "interval", "startTime", "marketOutcome")
    } | {"flexibility": accepted}
    await town.call("DSO", "POST", "/api/technicalOutcome", technical)
    return outcome


async def test_from_registration_to_settlement_with_the_customer_database(town: Town) -> None:
    await register(town)
    wallets = {"api/contracts/wallets/IT001", "api/contracts/wallets/IT002"}
    await town.until(lambda: wallets <= {path for path, _ in town.noted})
    outcome = await trade(town, {"IT001": 60.0})
    assert outcome["flexibility"][0]["power"][0]["acceptedPValue"] == 70.0  # 201 - 171 = 30 kW

    # nothing is measured before it is over
    town.clock.move_to(datetime(2021, 6, 23, 11, tzinfo=UTC))
    await town.call("MDA", "POST", "/api/scd/measurements", {"measurements": [MEASUREMENT]})
    town.clock.move_to(datetime(2021, 6, 23, 14, tzinfo=UTC))
    await town.until(lambda: town.sent("api/aggregator/settlement"))

    (order,) = town.sent("api/contracts/settlements")
    (line,) = order["lines"]
    assert (line["baseline"], line["ordered"], line["measured"]) == (
        25_000_000,
        -7_500_000,
        17_500_000,
    )
    assert datetime.fromisoformat(line["startTime"]) == DELIVERY
    assert line["readings"] == ["reading-1"]
    shared = await town.call("ACEAE", "GET", "/api/scd/outcomes?podId=IT001")
    assert shared[0]["marketOutcome"] == outcome["marketOutcome"]


async def test_a_pod_that_the_database_does_not_know_stops_no_other(town: Town) -> None:
    for pod in ("IT001", "IT002", "IT003"):
        registration = {"podId": pod, "aggregatorId": "ACEAE"}
        await town.call("ACEAE", "POST", "/api/scd/pods", registration)
    await town.until(lambda: len(town.noted) >= 3)
    stranger = {"podId": "IT999", "aggregatorId": "ACEAE", "powerBaselineCurves": [5.0] * 96}
    await town.call("MDA", "POST", "/api/podRegistry", {"pods": [stranger]})
    series = [
        {"podId": pod, "startTime": START, "values": [100.0] * 96}
        for pod in ("IT001", "IT002", "IT003")
    ]
    await town.call("ACEAE", "POST", "/api/scd/baselines", {"series": series})

    answer = await town.call(
        "DSO",
        "POST",
        "/api/flexibilityService",
        {
            "marketType": "dayAhead",
            "playerId": "DSO",
            "serviceType": "DSO_request",
            "playerServiceId": "request",
            "flexibility": [
                {
                    "pod": ["IT001", "IT002", "IT999", "IT003"],
                    "power": [{"index": 0, "p": 300.0, "pPrice": 0.1}],
                }
            ],
        },
    )

    assert answer["status"] == "accepted"
