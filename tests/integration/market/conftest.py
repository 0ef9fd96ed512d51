"""The market behind its REST interface, and other parties' systems as recording ASGI apps."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from tests.records import RecordsAt, ask

from platone.infra.db import sqlite_url
from platone.infra.http.client import PartyClient
from platone.infra.http.problem import install_problems
from platone.infra.http.security import AUDIENCE, AuditAccess, TokenVerifier
from platone.kernel.clock import SimulatedClock
from platone.market.context import Market
from platone.market.domain.rules import MarketRules

_WAITING = "SELECT 1 FROM outbox WHERE state = 'waiting' UNION ALL SELECT 1 FROM certificate"
ISSUER = "https://issuer.test"
KEY = ECKey.generate_key("P-256")
SESSION_START = datetime(2021, 6, 22, 22, tzinfo=UTC)
ROLES = {
    "MO": "MarketOperator",
    "DSO": "SystemOperator",
    "TSO": "SystemOperator",
    "ACEAE": "FlexibilityServiceProvider",
    "ACEAE_2": "FlexibilityServiceProvider",
    "MDA": "MeteredDataAdministrator",
    "CUSTOMER-1": "Customer",
    "AUDITOR": "Auditor",
}


AGREEMENT = {
    "aggregatorId": "ACEAE",
    "customerSharePpm": 800_000,
    "penaltyPrice": 20_000,
    "agreementId": "0x" + "66" * 32,
    "wallet": "0x" + "11" * 20,
    "address": "0x" + "22" * 20,
    "owner": "0x" + "33" * 20,
    "active": True,
    "transactionHash": "0x" + "12" * 32,
}


def token(party: str, life_s: int = 3600) -> str:
    now = int(datetime.now(UTC).timestamp())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": f"client-{party}",
        "exp": now + life_s,
        "party": party,
        "scope": "platone",
        "roles": [ROLES[party]],
    }
    return jwt.encode({"alg": "ES256", "typ": "at+jwt"}, claims, KEY)


class AuditTrail(list[AuditAccess]):
    """The accesses of auditors, as they are told to identity."""

    async def record(self, access: AuditAccess) -> None:
        self.append(access)


class OtherParties:
    """Customer database, ledger, DSO and aggregators as they look from outside."""

    def __init__(self) -> None:
        self.received: list[tuple[str, Any]] = []
        self.baselines: dict[str, list[float]] = {}
        self.baselines_asked: list[list[str]] = []
        self.readings: list[dict[str, Any]] = []
        self.spans_read: list[tuple[datetime, datetime]] = []
        self.settlements: dict[str, tuple[bytes, bytes]] = {}
        self.nets: dict[str, int] = {}
        self.agreed: set[str] | None = None
        self.agreements: dict[str, tuple[datetime, datetime | None]] = {}
        self.ledger_is_down = False
        self.forget_ledger_answers = 0
        self.away: set[str] = set()
        self.after_reading: Callable[[], Awaitable[object]] | None = None
        self.app = FastAPI()
        self._routes()

    def bodies(self, call: str) -> list[Any]:
        return [body for name, body in self.received if name == call]

    def distinct(self, call: str) -> set[str]:
        """What was sent, once each: the outbox may deliver a message again after a crash."""
        return {json.dumps(body) for body in self.bodies(call)}

    def certified(self) -> dict[str, dict[str, Any]]:
        records: dict[str, dict[str, Any]] = {}
        for batch in self.bodies("POST /api/certification"):
            for record in batch["records"]:
                before = records.get(record["id"], record)
                assert before == record, "certified again, with other content or salt"
                records[record["id"]] = record
        return records

    def read(self, pod: str, start: datetime, energy_wh: int, **more: object) -> None:
        self.readings.append(
            {
                "podId": pod,
                "startTime": start.isoformat(),
                "durationMinutes": 15,
                "energyWh": energy_wh,
                "quality": "simulated",
                "device": "0x" + "ab" * 20,
                "sequence": len(self.readings),
                "certificationId": f"reading-{len(self.readings)}",
                "certificationHash": "0" * 64,
                "receivedAt": (start + timedelta(minutes=16)).isoformat(),
            }
            | more
        )

    def _routes(self) -> None:
        @self.app.post("/oauth2/token")
        async def issue() -> dict[str, Any]:
            return {
                "access_token": token("MO"),
                "token_type": "Bearer",
                "expires_in": 3600,
                "scope": "",
            }

        @self.app.get("/api/scd/baselines")
        async def baselines(request: Request) -> dict[str, Any]:
            wanted = request.query_params.getlist("podId")
            self.baselines_asked.append(wanted)
            start = request.query_params["from"]
            return {
                "series": [
                    {"podId": pod, "startTime": start, "values": self.baselines[pod]}
                    for pod in wanted
                    if pod in self.baselines
                ]
            }

        @self.app.get("/api/scd/measurements")
        async def measurements(request: Request) -> dict[str, Any]:
            wanted = set(request.query_params.getlist("podId"))
            first = datetime.fromisoformat(request.query_params["from"])
            end = datetime.fromisoformat(request.query_params["to"])
            self.spans_read.append((first, end))
            found = [
                reading
                for reading in self.readings
                if reading["podId"] in wanted
                and first <= datetime.fromisoformat(reading["startTime"]) < end
            ]
            if self.after_reading is not None:
                await self.after_reading()
            return {"measurements": found}

        self._ledger_routes()

        @self.app.api_route("/{path:path}", methods=["POST", "PUT"])
        async def record(path: str, request: Request) -> Any:
            if f"/{path}" in self.away:
                return Response(status_code=503)
            self.received.append((f"{request.method} /{path}", await request.json()))
            return {"status": "accepted"}

    def _ledger_routes(self) -> None:
        @self.app.get("/api/contracts/agreements")
        async def agreements(request: Request) -> Any:
            """Those of ACEAE that are in force at an instant."""
            if self.ledger_is_down:
                return Response(status_code=503)
            at = datetime.fromisoformat(request.query_params["asOf"])
            return {
                "agreements": [
                    AGREEMENT | {"pod": pod, "since": since.isoformat()}
                    for pod in request.query_params.getlist("podId")
                    for since, ended in [self.agreements.get(pod, (at + timedelta(1), None))]
                    if since <= at and (ended is None or at < ended)
                ]
            }

        @self.app.post("/api/contracts/settlements")
        async def settle(request: Request) -> Response:
            if self.ledger_is_down:
                return Response(status_code=503)
            raw = await request.body()
            order = json.loads(raw)
            name = order["settlementId"]
            if name not in self.settlements:
                self.settlements[name] = (raw, self._pay(order))
            ordered, answer = self.settlements[name]
            assert ordered == raw, "the same settlement was ordered with other content"
            if self.forget_ledger_answers:
                self.forget_ledger_answers -= 1
                return Response(status_code=502)
            return Response(answer, media_type="application/json")

    def _pay(self, order: dict[str, Any]) -> bytes:
        """UFTP's rule with penalty 0.02 EUR/kWh, four fifths to the customer."""
        lines = []
        for line in order["lines"]:
            if self.agreed is not None and line["pod"] not in self.agreed:
                lines.append({"lineId": line["lineId"], "problem": "no agreement"})
                continue
            sign = -1 if line["ordered"] > 0 else 1
            change = sign * (line["baseline"] - line["measured"])
            delivered = min(max(change, 0), abs(line["ordered"]))
            deficiency = max(abs(line["ordered"]) - change, 0)
            paid, penalty = line["price"] * delivered, 20_000 * deficiency
            before = self.nets.get(line.get("corrects"), 0)
            net = self.nets[line["lineId"]] = paid - penalty
            earned, due = max(net, 0) - max(before, 0), max(-net, 0) - max(-before, 0)
            lines.append(
                {
                    "lineId": line["lineId"],
                    "delivered": delivered,
                    "paid": paid * 10**6,
                    "penalty": penalty * 10**6,
                    "customerTokens": max(earned, 0) * 800_000,
                    "aggregatorTokens": max(earned, 0) * 200_000,
                    "owed": (max(-earned, 0) + max(due, 0)) * 10**6,
                    "relieved": max(-due, 0) * 10**6,
                    "customerSharePpm": 800_000,
                    "penaltyPrice": 20_000,
                }
            )
        return json.dumps(
            {
                "settlementId": order["settlementId"],
                "transactionHashes": ["0x" + "12" * 32],
                "lines": lines,
            }
        ).encode()


class SlippingClock:
    """A machine's clock as it may be: it is set by hand, also back."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def move_to(self, now: datetime) -> None:
        self._now = now


class Desk:
    """The market and calls to it."""

    def __init__(
        self,
        folder: Path,
        others: OtherParties,
        now: datetime,
        rules: MarketRules | None = None,
        clock: SlippingClock | None = None,
        records_at: RecordsAt = sqlite_url,
        *,
        is_shared: bool = False,
    ) -> None:
        self.is_shared = is_shared
        self.folder = folder
        self.url = records_at(folder / "market.db")
        self.others = others
        self.clock = clock or SimulatedClock(now, speed=0)
        self.rules = rules or MarketRules()
        self.market = self._assemble()

    def _assemble(self) -> Market:
        transport = httpx.ASGITransport(app=self.others.app)
        outgoing = httpx.AsyncClient(transport=transport, base_url="https://others.test")
        client = PartyClient(outgoing, "market", "secret")
        market = Market(self.url, client, self.clock, self.rules, is_shared=self.is_shared)
        app = FastAPI()
        app.state.access_log = AuditTrail()
        app.state.token_verifier = TokenVerifier(ISSUER, lambda: KeySet([KEY]))
        install_problems(app)
        app.include_router(market.router)
        self.app = app
        self._http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="https://market.test"
        )
        return market

    async def restart(self) -> None:
        """As after a kill: only what is in the records is left."""
        await self.market.stop()
        self.market = self._assemble()
        await self.market.start()

    async def call(
        self, party: str, method: str, path: str, body: object = None, **headers: str
    ) -> httpx.Response:
        headers |= {"Authorization": f"Bearer {token(party)}", "Audit-Case": "2021-7"}
        content = None if body is None else json.dumps(body).encode()
        return await self._http.request(method, path, content=content, headers=headers)

    async def get(self, party: str, path: str) -> Any:
        answer = await self.call(party, "GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def close(self, session_id: str) -> httpx.Response:
        """The operator closes a session before its time."""
        order = {"action": "close", "reason": "To see."}
        return await self.call("MO", "POST", f"/api/marketSession/{session_id}/override", order)

    async def tick(self, now: datetime | None = None) -> None:
        if now is not None:
            self.clock.move_to(now)
        await self.market.tick(self.clock.now())

    async def deliver(self) -> None:
        """Let the outbox do its work, until nothing waits."""
        async with asyncio.timeout(10):
            await self.tick()
            while self.records(_WAITING):
                await self.tick()
                await asyncio.sleep(0.01)
        assert self.records("SELECT destination, answer FROM outbox WHERE state = 'refused'") == []

    async def deliver_after(self, death: type[BaseException]) -> None:
        """As deliver; if the market dies of it, once more after a restart."""
        try:
            await self.deliver()
        except death:
            await self.restart()
            await self.deliver()

    def erase(self, table: str) -> None:
        """Forget a table's rows and what the market keeps in memory of them."""
        ask(self.url, f"DELETE FROM {table}")  # noqa: S608 - our own names
        self.market._run.look_again()

    def records(self, query: str) -> list[tuple[Any, ...]]:
        return ask(self.url, query)


def registered(
    pod: str, aggregator: str = "ACEAE", *, up: float = 0, down: float = 0, **more: object
) -> dict[str, object]:
    return {
        "podId": pod,
        "aggregatorId": aggregator,
        "poMId": "CP-IRLANDESE",
        "maxFlexibility": {"upperP": up, "downP": down},
    } | more


ITALIAN_PODS = [
    (registered("IT002E61899978", down=2000), 2278.545),
    (registered("IT002E60976796", "ACEAE_2", up=100, down=100), 312.145),
    (registered("IT002E60974469", up=1000, down=2400), 4557.09),
    (registered("IT002E60499620", "ACEAE_2", up=200), 10.092),
    (registered("IT002E60550189", up=500), 70.38),
]


def service(player: str, kind: str, name: str, entries: object, **more: object) -> dict[str, Any]:
    return {
        "marketType": "dayAhead",
        "duration": 24,
        "interval": 15,
        "playerId": player,
        "serviceType": kind,
        "playerServiceId": name,
        "flexibility": entries,
    } | more


def entry(total_kw: float, price: float, *pods: str, index: int = 50) -> dict[str, object]:
    target: dict[str, object] = {"pod": list(pods)} if pods else {"pom": "CP-IRLANDESE"}
    return target | {"power": [{"index": index, "p": total_kw, "pPrice": price}]}


ITALIAN_SERVICES = [
    service(
        "DSO",
        "DSO_request",
        "DSO:::dayAhead:::2021-06-23T12:30:00.000Z",
        [entry(5771.039299061133, 0.1, "IT002E61899978", "IT002E60974469", "IT002E60976796")],
    ),
    service("TSO", "TSO_request", "TSO:::dayAhead", [entry(7500, 0.1)]),
    service("ACEAE", "offer", "ACEAE/IT002E61899978", [entry(1278.545, 0.01, "IT002E61899978")]),
    service("ACEAE", "offer", "ACEAE/IT002E60974469", [entry(4057.09, 0.03, "IT002E60974469")]),
    service("ACEAE", "offer", "ACEAE/IT002E60550189", [entry(570.38, 0.07, "IT002E60550189")]),
]


@pytest.fixture
def others() -> OtherParties:
    return OtherParties()


@pytest.fixture
async def desk(tmp_path: Path, others: OtherParties, records_at: RecordsAt) -> AsyncIterator[Desk]:
    """A market at noon (local) of the day before the Italian day, its PoDs registered."""
    made = Desk(tmp_path, others, datetime(2021, 6, 22, 10, tzinfo=UTC), records_at=records_at)
    await made.market.start()
    await made.tick()
    pods = [pod for pod, _ in ITALIAN_PODS]
    answer = await made.call("MDA", "POST", "/api/podRegistry", {"pods": pods})
    assert answer.status_code == 201, answer.text
    for pod, kw in ITALIAN_PODS:
        others.baselines[str(pod["podId"])] = [kw] * 96
    yield made
    await made.market.stop()


@pytest.fixture
def italian_services() -> list[dict[str, Any]]:
    return ITALIAN_SERVICES


@pytest.fixture
def register(desk: Desk) -> Callable[..., Awaitable[httpx.Response]]:
    """Registers one more PoD of ACEAE."""

    async def post(pod: str, **more: Any) -> httpx.Response:
        body = {"pods": [registered(pod, **more)]}
        return await desk.call("MDA", "POST", "/api/podRegistry", body)

    return post


@pytest.fixture
def party_token() -> Callable[..., str]:
    return token


@pytest.fixture
def issuer_key() -> ECKey:
    return KEY
